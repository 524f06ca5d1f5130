"""Values as the pages write them: nothing is a dash, moments are those of New York."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from shared.clock import EASTERN

NOTHING = "–"


def number(value: float | None, digits: int = 1) -> str:
    """With a fixed number of decimals."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share of 1 in percent."""
    return NOTHING if value is None else f"{100 * value:.{digits}f} %"


def signed(value: float | None, digits: int = 2) -> str:
    """With its sign."""
    return NOTHING if value is None else f"{value:+,.{digits}f}"


def american(value: int | None) -> str:
    """American odds."""
    return NOTHING if value is None else f"{value:+d}"


def text(value: Any) -> str:
    """Whatever it is; nothing is a dash."""
    return NOTHING if value is None or value == "" else str(value)


def moment(value: datetime | str | None) -> str:
    """A moment by the clocks of New York."""
    if value is None:
        return NOTHING
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{read.astimezone(EASTERN):%Y-%m-%d %H:%M} ET"


def age(seconds: float | None) -> str:
    """How long ago, in the largest unit of which there are two."""
    if seconds is None:
        return NOTHING
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


FILTERS: Mapping[str, Callable[..., str]] = {
    "number": number,
    "percent": percent,
    "signed": signed,
    "american": american,
    "text": text,
    "moment": moment,
    "age": age,
}
