"""How much memory the services of a local platform hold."""

import os
from pathlib import Path

from deploy.local.stack import Stack
from deploy.registry import services

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(stack: Stack) -> dict[str, int]:
    """Service -> bytes resident in all its processes (Linux)."""
    groups = {
        os.getpgid(row["pid"]): name for name, row in stack.supervisor.processes().items() if row["pid"]
    }
    held = dict.fromkeys(services(), 0)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (name := _name(entry, groups)) in held:
            held[name] += int((entry / "statm").read_text().split()[1]) * _PAGE
    return held


def _name(entry: Path, groups: dict[int, str]) -> str:
    try:
        return groups.get(os.getpgid(int(entry.name)), "")
    except ProcessLookupError:
        return ""
