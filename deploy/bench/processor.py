"""Processor time of processes (Linux), which says what work costs whatever else the machine does."""

import os
from pathlib import Path

from deploy.bench.memory import family

_TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the name: own and waited-for children's user and system time.
_FIELDS = slice(11, 15)


def processor_seconds(pid: int) -> float:
    """User and system time of a process and all that descend from it, so far."""
    return sum(map(_seconds, family(pid)))


def _seconds(pid: int) -> float:
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[_FIELDS])) / _TICKS
