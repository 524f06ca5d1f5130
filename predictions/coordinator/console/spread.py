"""A predictive distribution as a small drawing: the middle 80 and 50 %, the median, and the line across."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# Points at the right edge; few lines and fewer quantiles lie beyond.
_RIGHT = 50.0
WIDTH = 120.0


@dataclass(frozen=True)
class Spread:
    """Places in the drawing, from 0 to WIDTH.

    Args:
        line: None without one.
        label: what it shows, for those who do not see it.
    """

    p10: float
    p25: float
    median: float
    p75: float
    p90: float
    line: float | None
    label: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self | None:
        """Of a prediction; None of a row without one."""
        names = ("p10_points", "p25_points", "predicted_points", "p75_points", "p90_points")
        if any(row[name] is None for name in names):
            return None
        p10, p25, median, p75, p90 = (row[name] for name in names)
        line = row["line"]
        half = f"half between {p25:.1f} and {p75:.1f}"
        label = f"median {median:g}, {half}, four fifths between {p10:.1f} and {p90:.1f}"
        return cls(
            p10=_place(p10),
            p25=_place(p25),
            median=_place(median),
            p75=_place(p75),
            p90=_place(p90),
            line=None if line is None else _place(line),
            label=label if line is None else f"{label}, line {line:g}",
        )


def _place(points: float) -> float:
    return round(min(points, _RIGHT) / _RIGHT * WIDTH, 1)
