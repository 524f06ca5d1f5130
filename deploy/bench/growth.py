"""How a cost curve grows: its exponents and ratios over history and over games, as tables."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rich.table import Table

from deploy.bench.figures import exponent, ratio

FIGURES = ("seconds", "processor", "jobs", "megabytes")
Points = list[Mapping[str, Any]]


class Growth(NamedTuple):
    """How one figure of one phase grows along one axis.

    Args:
        times: last over first, of the largest slate or the longest history.
        exponent: None where it cannot be fitted.
    """

    phase: str
    figure: str
    times: float | None
    exponent: float | None


def growth(points: Points, along: str, fixed: str) -> Iterator[Growth]:
    """Along `seasons` or `games`, the other one held at its largest.

    Args:
        points: mappings with seasons, games and phases, as `cost.Curve` has them.
    """
    largest = max(point[fixed] for point in points)
    line = sorted((p for p in points if p[fixed] == largest), key=lambda p: p[along])
    sizes = [float(point[along]) for point in line]
    for phase in line[0]["phases"]:
        for figure in FIGURES:
            costs = [point["phases"][phase][figure] for point in line]
            if None not in costs:
                yield Growth(phase, figure, ratio(costs), exponent(sizes, costs))


def cell(value: float | None) -> str:
    """A figure as tables show it."""
    if value is None:
        return "-"
    # Plus zero: what is nearly nothing has no sign.
    return f"{value:,}" if isinstance(value, int) else f"{round(value, 2) + 0:,.2f}"


def growth_table(points: Points, along: str, fixed: str) -> Table:
    """A line a phase and figure."""
    sizes = sorted({point[along] for point in points})
    largest = max(point[fixed] for point in points)
    shown = Table(title=f"From {sizes[0]} to {sizes[-1]} {along}, with {largest} {fixed}")
    for name in ("phase", "figure", "times", "exponent"):
        shown.add_column(name, justify="right" if name in ("times", "exponent") else "left")
    for each in growth(points, along, fixed):
        shown.add_row(each.phase, each.figure, cell(each.times), cell(each.exponent))
    return shown
