"""What the double answers about services that are deployed: as the test has put them into the state."""

from __future__ import annotations

from calls import Call, get

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    State = dict[str, Any]


def _revisions(state: State, call: Call) -> Any:
    label = "serving.knative.dev/service"
    rows = state["revisions"].values()
    return [row for row in rows if row["metadata"]["labels"][label] == call.flag("service")]


def _policy(state: State, call: Call) -> Any:
    return get(state["services"], call.words[3]).get("policy", {})


HANDLERS: dict[str, Callable[[State, Call], Any]] = {
    "run services list": lambda state, call: list(state["services"].values()),
    "run services describe": lambda state, call: get(state["services"], call.words[3]),
    "run services get-iam-policy": _policy,
    "run revisions list": _revisions,
}
