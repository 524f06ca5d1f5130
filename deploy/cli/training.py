"""Figures of predictions as a table on the console: what `train` and `backtest` print of errors."""

from typing import Any

from rich import box
from rich.table import Table

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
    """A table to look at."""
    shown = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for name in _SHOWN.values():
        shown.add_column(name, justify="left" if name in ("population", "system") else "right")
    before = None
    for row in found:
        if before not in (None, row["population"]):
            shown.add_section()
        before = row["population"]
        shown.add_row(*(_cell(row, name) for name in _SHOWN))
    return shown


def _cell(row: dict[str, Any], name: str) -> str:
    value, se = row.get(name), row.get(f"{name}_se")
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" + (f" ± {se:.4f}" if se is not None else "")
    return str(value)
