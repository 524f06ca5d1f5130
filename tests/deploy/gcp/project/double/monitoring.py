"""What the double answers to logging and monitoring: configurations as given, with names of its own."""

from __future__ import annotations

import json

from calls import Call, GcloudFailure, create, get

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    State = dict[str, Any]


def _rows(table: str) -> Callable[[State, Call], Any]:
    return lambda state, call: list(state[table].values())


def _config(call: Call, *flags: str) -> dict[str, Any]:
    for flag in flags:
        if given := call.find(flag):
            if not flag.endswith("file"):
                return json.loads(given)  # type: ignore[no-any-return]
            with open(given) as file:
                return json.load(file)  # type: ignore[no-any-return]
    raise GcloudFailure(f"ERROR: one of {flags} must be specified")


def _metric(state: State, call: Call) -> None:
    create(state["metrics"], call.words[3], _config(call, "config-from-file"))


def _metric_updated(state: State, call: Call) -> None:
    get(state["metrics"], call.words[3])
    state["metrics"][call.words[3]] = _config(call, "config-from-file")


def _channel(state: State, call: Call) -> None:
    name = f"projects/{state['project']}/notificationChannels/{len(state['channels']) + 1}"
    labels = dict([call.flag("channel-labels").split("=", 1)])
    user = dict([call.flag("user-labels").split("=", 1)])
    state["channels"][name] = {"name": name, "type": call.flag("type"), "labels": labels, "userLabels": user}


def _policy(state: State, call: Call) -> None:
    name = f"projects/{state['project']}/alertPolicies/{len(state['policies']) + 1}"
    state["policies"][name] = _checked(state, call, name, call.flag("notification-channels"))


def _policy_updated(state: State, call: Call) -> None:
    name = call.words[4]
    get(state["policies"], name)
    state["policies"][name] = _checked(state, call, name, call.flag("set-notification-channels"))


def _checked(state: State, call: Call, name: str, channels: str) -> dict[str, Any]:
    """A policy about a metric that was never made is refused, as Cloud Monitoring does."""
    body = _config(call, "policy-from-file")
    for condition in body["conditions"]:
        text = next(v["filter"] for v in condition.values() if isinstance(v, dict))
        metric = text.partition("logging.googleapis.com/user/")[2].partition('"')[0]
        if metric and metric not in state["metrics"]:
            raise GcloudFailure(f"ERROR: NOT_FOUND: Cannot find metric that matches type = {metric}")
    for channel in channels.split(","):
        get(state["channels"], channel)
    return {**body, "name": name, "notificationChannels": channels.split(",")}


def _dashboard(state: State, call: Call) -> None:
    name = f"projects/1/dashboards/{len(state['dashboards']) + 1}"
    state["dashboards"][name] = {**_config(call, "config-from-file"), "name": name, "etag": "1"}


def _dashboard_updated(state: State, call: Call) -> None:
    row = get(state["dashboards"], call.words[3])
    body = _config(call, "config", "config-from-file")
    if body.get("etag") != row["etag"]:
        raise GcloudFailure("ERROR: ABORTED: the etag is not that of the newest version")
    etag = str(int(row["etag"]) + 1)
    state["dashboards"][call.words[3]] = {**body, "name": row["name"], "etag": etag}


HANDLERS: dict[str, Callable[[State, Call], Any]] = {
    "logging metrics list": _rows("metrics"),
    "logging metrics create": _metric,
    "logging metrics update": _metric_updated,
    "beta monitoring channels list": _rows("channels"),
    "beta monitoring channels create": _channel,
    "alpha monitoring policies list": _rows("policies"),
    "alpha monitoring policies create": _policy,
    "alpha monitoring policies update": _policy_updated,
    "monitoring dashboards list": _rows("dashboards"),
    "monitoring dashboards create": _dashboard,
    "monitoring dashboards update": _dashboard_updated,
}
