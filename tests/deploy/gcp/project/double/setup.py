"""What the double answers to the commands that set a project up: state in, answer out, no network."""

from __future__ import annotations

import base64
import os

from calls import Call, GcloudFailure, bind, create, get, not_found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    State = dict[str, Any]
    Handler = Callable[[State, Call], Any]
_AGENTS = {"pubsub.googleapis.com": "gcp-sa-pubsub", "cloudscheduler.googleapis.com": "gcp-sa-cloudscheduler"}


def _rows(table: dict[str, Any]) -> list[Any]:
    return [{k: v for k, v in row.items() if k != "policy"} for row in table.values()]


def _enable(state: State, call: Call) -> None:
    for name in call.words[2:]:
        state["apis"][name] = {"config": {"name": name}}


def _identity(state: State, call: Call) -> None:
    api = call.flag("service")
    state["agents"][f"service-{state['number']}@{_AGENTS[api]}.iam.gserviceaccount.com"] = {}


def _account(state: State, call: Call) -> None:
    name = call.words[3]
    email = f"{name}@{state['project']}.iam.gserviceaccount.com"
    create(state["accounts"], email, {"email": email, "displayName": call.find("display-name"), "policy": {}})


def _account_enabled(state: State, call: Call) -> None:
    get(state["accounts"], call.words[3]).pop("disabled", None)


def _secret(state: State, call: Call) -> None:
    if call.flag("replication-policy") == "user-managed" and not call.find("locations"):
        raise GcloudFailure("ERROR: --locations is required with a user-managed replication policy")
    name = call.words[2]
    row = {"name": f"projects/{state['number']}/secrets/{name}", "policy": {}, "versions": []}
    create(state["secrets"], name, row)


def _secret_rows(state: State, call: Call) -> Any:
    return [{"name": row["name"]} for row in state["secrets"].values()]


def _version_added(state: State, call: Call) -> None:
    row = get(state["secrets"], call.words[3])
    if call.flag("data-file") != "-":
        raise GcloudFailure("ERROR: the double takes secrets from stdin alone")
    row["versions"].append(
        {
            "name": f"{row['name']}/versions/{len(row['versions']) + 1}",
            "state": "ENABLED",
            "data": base64.urlsafe_b64encode(call.stdin).decode(),
        }
    )


def _versions(state: State, call: Call) -> Any:
    rows = get(state["secrets"], call.words[3])["versions"]
    return [{k: v for k, v in row.items() if k != "data"} for row in reversed(rows)]


def _version(state: State, call: Call, secret: str, number: str) -> Any:
    rows = get(state["secrets"], secret)["versions"]
    index = len(rows) if number == "latest" else int(number)
    if not 1 <= index <= len(rows):
        raise not_found(f"{secret}/versions/{number}")
    return rows[index - 1]


def _accessed(state: State, call: Call) -> Any:
    if call.find("format") != "json[private]" or not os.environ.get("CLOUDSDK_CORE_DISABLE_FILE_LOGGING"):
        raise GcloudFailure("ERROR: the double: gcloud would copy this secret to its log file")
    row = _version(state, call, call.flag("secret"), call.words[3])
    if row["state"] != "ENABLED":
        raise GcloudFailure(f"ERROR: FAILED_PRECONDITION: {row['name']} is in {row['state']} state.")
    return {"name": row["name"], "payload": {"data": row["data"]}}


def _version_disabled(state: State, call: Call) -> None:
    _version(state, call, call.flag("secret"), call.words[3])["state"] = "DISABLED"


def _topic(state: State, call: Call) -> None:
    for name in call.words[3:]:
        create(state["topics"], name, {"name": f"projects/{state['project']}/topics/{name}", "policy": {}})


def _subscription(state: State, call: Call) -> None:
    topic = call.flag("topic")
    get(state["topics"], topic)
    name = call.words[3]
    row = {
        "name": f"projects/{state['project']}/subscriptions/{name}",
        "topic": f"projects/{state['project']}/topics/{topic}",
        "policy": {},
        "expirationPolicy": {"ttl": "2678400s"},
    }
    create(state["subscriptions"], name, row)
    _subscribed(state, call, row)


def _subscription_updated(state: State, call: Call) -> None:
    _subscribed(state, call, get(state["subscriptions"], call.words[3]))


def _subscribed(state: State, call: Call, row: State) -> None:
    token = {
        "serviceAccountEmail": call.flag("push-auth-service-account"),
        "audience": call.flag("push-auth-token-audience"),
    }
    get(state["accounts"], token["serviceAccountEmail"])
    row["pushConfig"] = {"pushEndpoint": call.flag("push-endpoint"), "oidcToken": token}
    seconds = int(call.flag("ack-deadline"))
    if not 10 <= seconds <= 600:
        raise GcloudFailure("ERROR: INVALID_ARGUMENT: ack deadline must be between 10 and 600")
    row["ackDeadlineSeconds"] = seconds
    row["messageRetentionDuration"] = call.flag("message-retention-duration")
    if call.find("expiration-period") == "never":
        row["expirationPolicy"] = {}
    row["retryPolicy"] = {
        "minimumBackoff": call.flag("min-retry-delay"),
        "maximumBackoff": call.flag("max-retry-delay"),
    }
    if dead := call.find("dead-letter-topic"):
        get(state["topics"], dead)
        row["deadLetterPolicy"] = {
            "deadLetterTopic": f"projects/{state['project']}/topics/{dead}",
            "maxDeliveryAttempts": int(call.flag("max-delivery-attempts")),
        }


def _job(state: State, call: Call) -> None:
    name = call.words[4]
    row = {
        "name": f"projects/{state['project']}/locations/{call.flag('location')}/jobs/{name}",
        "state": "ENABLED",
        "httpTarget": {"headers": {"User-Agent": "Google-Cloud-Scheduler"}},
    }
    create(state["jobs"], name, row)
    _scheduled(state, call, row, call.find("headers"))


def _job_updated(state: State, call: Call) -> None:
    _scheduled(state, call, get(state["jobs"], call.words[4]), call.find("update-headers"))


def _scheduled(state: State, call: Call, row: State, headers: str | None) -> None:
    target = row["httpTarget"]
    email = call.flag("oidc-service-account-email")
    get(state["accounts"], email)
    target["oidcToken"] = {"serviceAccountEmail": email, "audience": call.flag("oidc-token-audience")}
    target["uri"] = call.flag("uri")
    target["httpMethod"] = call.flag("http-method").upper()
    target["body"] = base64.b64encode(call.flag("message-body").encode()).decode()
    if headers:
        name, _, value = headers.partition("=")
        target["headers"][name] = value
    row["schedule"], row["timeZone"] = call.flag("schedule"), call.flag("time-zone")
    row["attemptDeadline"], row["description"] = call.flag("attempt-deadline"), call.flag("description")


def _job_resumed(state: State, call: Call) -> None:
    get(state["jobs"], call.words[3])["state"] = "ENABLED"


def _policy(table: str, position: int, create_missing: bool = False) -> Handler:
    return lambda state, call: get(state[table], call.words[position])["policy"]


def _binding(table: str, position: int) -> Handler:
    return lambda state, call: bind(state, get(state[table], call.words[position])["policy"], call)


def _project_policy(state: State, call: Call) -> Any:
    return state["policy"]


HANDLERS: dict[str, Handler] = {
    "services list": lambda state, call: _rows(state["apis"]),
    "services enable": _enable,
    "beta services identity create": _identity,
    "projects describe": lambda state, call: {
        "projectId": state["project"],
        "projectNumber": state["number"],
    },
    "projects get-iam-policy": _project_policy,
    "projects add-iam-policy-binding": lambda state, call: bind(state, state["policy"], call),
    "iam service-accounts list": lambda state, call: _rows(state["accounts"]),
    "iam service-accounts create": _account,
    "iam service-accounts enable": _account_enabled,
    "iam service-accounts get-iam-policy": _policy("accounts", 3),
    "iam service-accounts add-iam-policy-binding": _binding("accounts", 3),
    "secrets list": _secret_rows,
    "secrets create": _secret,
    "secrets get-iam-policy": _policy("secrets", 2),
    "secrets add-iam-policy-binding": _binding("secrets", 2),
    "secrets versions add": _version_added,
    "secrets versions list": _versions,
    "secrets versions access": _accessed,
    "secrets versions disable": _version_disabled,
    "pubsub topics list": lambda state, call: _rows(state["topics"]),
    "pubsub topics create": _topic,
    "pubsub topics get-iam-policy": _policy("topics", 3),
    "pubsub topics add-iam-policy-binding": _binding("topics", 3),
    "pubsub subscriptions list": lambda state, call: _rows(state["subscriptions"]),
    "pubsub subscriptions create": _subscription,
    "pubsub subscriptions update": _subscription_updated,
    "pubsub subscriptions get-iam-policy": _policy("subscriptions", 3),
    "pubsub subscriptions add-iam-policy-binding": _binding("subscriptions", 3),
    "scheduler jobs list": lambda state, call: _rows(state["jobs"]),
    "scheduler jobs create http": _job,
    "scheduler jobs update http": _job_updated,
    "scheduler jobs resume": _job_resumed,
}
