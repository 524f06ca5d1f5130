"""Where the time of the services went, by their logs: requests, and in them calls for data and messages.

At DEBUG a service logs each query, load, read, append and publication as it ends, with its seconds.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.bench.intervals import Interval
from deploy.registry import services

REQUEST = "request"
JOBS = ("query", "load")
CALLS = (*JOBS, "read", "append", "publish")
_METHODS = ("GET ", "POST ")
_NUMBERS = re.compile(r"\b(?=\w*\d)\w+\b")
_CHARACTERS = 300


@dataclass(frozen=True)
class Span:
    """One thing that a service did.

    Args:
        kind: `request`, or one of CALLS.
        began, ended: seconds since the epoch.
        about: the log line's other fields.
    """

    service: str
    kind: str
    began: float
    ended: float
    about: dict[str, Any] = field(default_factory=dict, compare=False)

    def interval(self, kind: str | None = None) -> Interval:
        """As an interval, of another kind when one is given."""
        return Interval(kind or self.kind, self.began, self.ended)


def spans(folder: Path, began: datetime, ended: datetime) -> list[Span]:
    """What the services of a platform did and ended between two moments, from the logs in its folder."""
    first, last = began.timestamp(), ended.timestamp()
    found = [
        span
        for name in services()
        for span in spans_of(name, (folder / f"{name}.log").read_text().splitlines())
    ]
    return [span for span in found if span.ended >= first and span.began <= last]


def errors(folder: Path, began: datetime, ended: datetime) -> dict[str, int]:
    """What services logged as errors between two moments, without numbers and ids, and how often."""
    found = Counter[str]()
    for name in services():
        for line in (folder / f"{name}.log").read_text().splitlines():
            told = _told(line)
            moment = told.get("severity") == "ERROR" and datetime.fromisoformat(told["time"])
            if moment and began <= moment <= ended:
                found[f"{name}: {_NUMBERS.sub('#', told['message'])[:_CHARACTERS]}"] += 1
    return dict(found)


def spans_of(service: str, lines: Iterable[str]) -> Iterator[Span]:
    """The spans that the lines of a service's log tell of; other lines are passed over."""
    for line in lines:
        told = _told(line)
        kind = _kind(told.get("message", ""))
        if kind and "seconds" in told:
            ended = datetime.fromisoformat(told["time"]).timestamp()
            yield Span(service, kind, ended - float(told["seconds"]), ended, told)


def _told(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return told


def _kind(message: str) -> str | None:
    if message.startswith(_METHODS):
        return REQUEST
    return message if message in CALLS else None
