"""The double's state: services, revisions, traffic, tags and secrets, in one file that processes share."""

import fcntl
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

STATE, CUES, REQUESTS, CALLS = "state.json", "cues.json", "requests.jsonl", "calls.jsonl"
LATEST = "LATEST"
State = dict[str, Any]
Flags = dict[str, str]


def refuse(text: str, status: int = 1) -> NoReturn:
    """Ends as gcloud does."""
    sys.stderr.write(f"ERROR: {text}\n")
    raise SystemExit(status)


def read(folder: Path) -> State:
    """The state as it is now."""
    return json.loads((folder / STATE).read_text())


@contextmanager
def changing(folder: Path) -> Iterator[State]:
    """The state, written back at the end unless the end is an exception; one process at a time."""
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = read(folder)
        yield state
        partial = folder / "state.partial"
        partial.write_text(json.dumps(state, indent=1))
        partial.replace(folder / STATE)


def append(folder: Path, name: str, row: dict[str, Any]) -> None:
    """Adds a line to a log."""
    with (folder / name).open("a") as file:
        file.write(json.dumps(row) + "\n")


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    """A log's lines."""
    path = folder / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def traffic(service: dict[str, Any]) -> dict[str, int]:
    """Revision -> percent; what is on LATEST is on the newest ready one."""
    found: dict[str, int] = {}
    for target in service["traffic"]:
        name = service["latest_ready"] if target["revision"] == LATEST else target["revision"]
        if target["percent"] and name:
            found[name] = found.get(name, 0) + target["percent"]
    return found


def revision(service: dict[str, Any], name: str) -> dict[str, Any]:
    """A revision by its name."""
    return next(each for each in service["revisions"] if each["name"] == name)
