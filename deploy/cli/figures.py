"""Figures of predictions as a table, for the commands that print them."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

_TEXT = ("population", "lines", "system", "P(over)", "bets")
_SHOWN = {
    "population": "population",
    "system": "system",
    "n": "rows",
    "mae": "MAE",
    "rmse": "RMSE",
    "minus_line": "minus line",
    "minus_ewma": "minus EWMA",
    "crps": "CRPS",
    "coverage_80": "80 %",
    "bias": "bias",
}


def figures(found: list[dict[str, Any]], title: str) -> Table:
    """Errors by population and system."""
    return listed(found, _SHOWN, title)


def listed(found: list[dict[str, Any]], columns: Mapping[str, str], title: str) -> Table:
    """Some columns of rows of figures, each with its standard error."""
    shown, before = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False), None
    for name in columns.values():
        shown.add_column(name, justify="left" if name in _TEXT else "right")
    first = next(iter(columns))
    for row in found:
        if before not in (None, row[first]):
            shown.add_section()
        before = row[first]
        shown.add_row(*(cell(row, name) for name in columns))
    return shown


def cell(row: Mapping[str, Any], name: str) -> str:
    """A figure with its standard error as text."""
    value, se = row.get(name), row.get(f"{name}_se")
    if value is None:
        return str(row.get("market_note") or "-") if name.endswith("_minus_market") else "-"
    if isinstance(value, float):
        return f"{value:.4f}" + (f" ± {se:.4f}" if se is not None else "")
    return f"{value:,}" if isinstance(value, int) else str(value)
