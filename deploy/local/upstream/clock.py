"""The simulated "now" that decides what the providers already know."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant as UTC. ValueError when it is no instant or has no zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no zone: add Z or an offset, as in 2024-12-03T18:00:00Z")
    return instant.astimezone(UTC)


def iso_z(instant: datetime) -> str:
    """UTC to the second, as both providers write it: 2024-12-04T00:10:00Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class SimulatedClock:
    """Stands still until it is set.

    Args:
        now: what it shows at first.
        memory: a file in which it keeps what it was set to, so that a server that was killed goes on where it
            was; where the file is there, it counts and not `now`.
    """

    def __init__(self, now: datetime, memory: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._memory = memory
        self._now = parse_instant(memory.read_text()) if memory and memory.exists() else now
        self._ticks = itertools.count(1)

    @property
    def now(self) -> datetime:
        with self._lock:
            return self._now

    def set(self, now: datetime) -> None:
        with self._lock:
            self._now = now
            if self._memory:
                draft = self._memory.with_suffix(".draft")
                draft.write_text(now.isoformat())
                draft.replace(self._memory)

    def stamp(self) -> str:
        """A `meta.time`: never the same twice while the clock stands, as upstream's never is."""
        instant = self.now + timedelta(microseconds=100 * next(self._ticks))
        return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 100:04d}Z"
