"""Which services a command is for, and how long something may take."""

import re
from collections.abc import Sequence

import typer

from deploy.registry import Service, services

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def chosen(names: Sequence[str] | None, *, every: bool) -> list[Service]:
    """The services that a command is for, upstream to downstream whatever the order they are named in.

    Raises:
        typer.BadParameter: none, an unknown one, or both some and all.
    """
    if bool(names) == every:
        raise typer.BadParameter(f"name services ({', '.join(services())}) or give --all")
    if unknown := sorted(set(names or ()) - set(services())):
        raise typer.BadParameter(f"{', '.join(unknown)}: no such service; there are {', '.join(services())}")
    return [service for name, service in services().items() if every or name in (names or ())]


def seconds(option: str, text: str) -> float:
    """A duration such as 30s, 5m, 1h or 7d, in seconds. Raises typer.BadParameter."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise typer.BadParameter(f"{option} {text!r}: write 30s, 5m, 1h or 7d")
    return float(found[1]) * _UNITS[found[2]]
