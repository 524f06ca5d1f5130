"""How much memory the processes of a service hold (Linux)."""

from pathlib import Path

from deploy.local.stack import Stack

_PROC = Path("/proc")


def resident_megabytes(stack: Stack, service: str) -> float:
    """Resident memory of a service's processes together, in MB; shared pages count in each."""
    return sum(map(_resident, family(int(stack.supervisor.processes()[service]["pid"])))) / 1024


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = dict(filter(None, map(_parent, _PROC.glob("[0-9]*"))))
    found, fresh = [pid], [pid]
    while fresh:
        fresh = [child for child, parent in parents.items() if parent in fresh]
        found += fresh
    return found


def _parent(folder: Path) -> tuple[int, int] | None:
    try:
        # The name before it is in brackets and may contain anything.
        return int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _resident(pid: int) -> int:
    """Kilobytes; 0 for a process that has ended."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
