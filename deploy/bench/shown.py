"""What the benchmarks saved as rows of text, for the terminal's tables and docs/performance.md alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from rich.table import Table

from deploy.bench.growth import FIGURES, cell

Found = Mapping[str, Any]
Row = tuple[str, ...]
STARTS = (
    *("service", "starts", "/health median", "slowest", "/ready median", "slowest"),
    *("processor median", "in time"),
)
ROUTES = ("route", "requests", "p50 s", "p95 s", "slowest s", "errors and timeouts")
POINTS = ("seasons", "games", "players", "rows of history", *FIGURES)
_MEASURED = ("health", "ready", "processor")
_QUANTILES = ("p50", "p95", "slowest")


def shown(title: str, header: Iterable[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table for the terminal: the first column's text to the left, all figures to the right."""
    table = Table(title=title)
    for number, name in enumerate(header):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def start_rows(found: Found) -> Iterator[Row]:
    """A row a service of what `bench cold-start` saved."""
    for name, starts in found["services"].items():
        health, ready, used = ([each[figure] for each in starts] for figure in _MEASURED)
        seconds = (median(health), max(health), median(ready), max(ready), median(used))
        in_time = "yes" if median(ready) <= found["limit"] else "NO"
        yield name, str(len(starts)), *(f"{each:.2f}" for each in seconds), in_time


def batch_header(batches: Sequence[Found]) -> Row:
    """A column a batch of what `bench load` saved."""
    return "figure", *(f"{batch['size']['players']:,} players" for batch in batches)


def batch_rows(batches: Sequence[Found]) -> Iterator[Row]:
    """A row a figure, with a cell a batch."""
    yield "games", *(f"{b['games']}" for b in batches)
    yield "books x lines", *(f"{b['size']['books']} x {b['size']['lines']}" for b in batches)
    yield "predictions stored", *(f"{b['rows']:,}" for b in batches)
    yield "seconds", *(f"{b['seconds']:.1f}" for b in batches)
    yield "predictions a second", *(f"{b['rows'] / b['seconds']:,.0f}" for b in batches)
    yield "answer to /start, s", *(f"{b['start_seconds']:.2f}" for b in batches)
    yield "BigQuery jobs", *(f"{sum(b['jobs'].values())}" for b in batches)
    failed = (sum(route["failed"] for route in b["routes"].values()) for b in batches)
    yield "errors and timeouts", *map(str, failed)
    yield "chunks delivered again", *(f"{b['redelivered']}" for b in batches)
    for name in batches[0]["megabytes"]:
        yield f"memory of {name}, MB", *(change(b["megabytes"][name]) for b in batches)
    for name in dict.fromkeys(name for b in batches for name in b["routes"]):
        routes = (b["routes"].get(name) for b in batches)
        yield (
            f"{name}: p50, p95, slowest, s",
            *(", ".join(_seconds(route)) if route else "-" for route in routes),
        )


def reader_rows(readers: Found) -> Iterator[Row]:
    """A row a route that readers asked for."""
    for name, route in sorted(readers["routes"].items()):
        yield name, str(route["calls"]), *_seconds(route), str(route["failed"])


def reader_title(readers: Found) -> str:
    """Who read what, and how long it took."""
    return (
        f"{readers['readers']} readers at once of the date with {readers['players']:,} players, "
        f"{readers['requests']} requests in {readers['seconds']:.1f} s; the coordinator's memory "
        f"went from {change(readers['megabytes'])} MB"
    )


def point_rows(points: Iterable[Found]) -> Iterator[Row]:
    """A row a point of what `bench cost` saved: the whole slate."""
    for point in points:
        sizes = (point[name] for name in ("seasons", "games", "players", "history_rows"))
        whole = point["phases"]["slate"]
        yield *(f"{size:,}" for size in sizes), *(cell(whole[figure]) for figure in FIGURES)


def change(megabytes: Sequence[float]) -> str:
    """Memory before and after."""
    before, after = megabytes
    return f"{before:.0f} to {after:.0f}"


def _seconds(route: Found) -> Row:
    return tuple(f"{route[figure]:.2f}" for figure in _QUANTILES)
