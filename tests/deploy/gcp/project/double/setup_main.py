"""The gcloud of the tests that set a project up: a process whose project is a JSON file.

NBA_PROPS_DOUBLE names the file. What it was asked is kept in `calls`; `fail_at` is the number of the change
that fails, `dies_after` of the one that is made and not reported; with
`deaf` changes are reported and not made.
"""

from __future__ import annotations

import json
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

from calls import GcloudFailure, parse
from cloud import HANDLERS as CLOUD
from monitoring import HANDLERS as MONITORING
from setup import HANDLERS as SETUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HANDLERS = {**SETUP, **CLOUD, **MONITORING}
# What a command needs; without it gcloud ends as it does for a project in which nothing was enabled.
_API = {
    "iam": "iam",
    "secrets": "secretmanager",
    "pubsub": "pubsub",
    "scheduler": "cloudscheduler",
    "run": "run",
    "logging": "logging",
    "monitoring": "monitoring",
}
_READS = ("list", "describe", "get-iam-policy", "access")


def main(argv: list[str]) -> int:
    path = os.environ["NBA_PROPS_DOUBLE"]
    with open(path) as file:
        state: dict[str, Any] = json.load(file)
    state.setdefault("calls", []).append(argv)
    try:
        answer = _answer(state, argv)
    except GcloudFailure as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    finally:
        with open(path, "w") as file:
            json.dump(state, file)
    sys.stdout.write(json.dumps(answer))
    return 0


def _answer(state: dict[str, Any], argv: list[str]) -> Any:
    call = parse(argv, sys.stdin.buffer.read())
    if call.flag("project") != state["project"] or "quiet" not in call.flags:
        raise GcloudFailure(f"ERROR: not --project={state['project']} --quiet: {argv}")
    path = next((p for p in HANDLERS if call.words[: len(p.split())] == p.split()), None)
    if path is None:
        raise GcloudFailure(f"ERROR: the double does not know {' '.join(call.words)}")
    api = next((f"{_API[word]}.googleapis.com" for word in path.split() if word in _API), None)
    if state.get("strict") and api and api not in state["apis"]:
        told = "has not been used in project 123456789012 before or it is disabled. reason: SERVICE_DISABLED"
        raise GcloudFailure(f"ERROR: (gcloud) PERMISSION_DENIED: {api} {told}")
    if any(word in _READS for word in path.split()):
        return HANDLERS[path](state, call)
    state["changes"] = state.get("changes", 0) + 1
    if state["changes"] == state.get("fail_at"):
        raise GcloudFailure("ERROR: (gcloud) INTERNAL: an internal error occurred")
    answer = None if state.get("deaf") else HANDLERS[path](state, call)
    if state["changes"] == state.get("dies_after"):
        raise GcloudFailure("ERROR: gcloud crashed (ConnectionError): the connection was reset")
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
