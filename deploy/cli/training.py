"""`nba-props backtest`: how good predictions of past dates would have been."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from deploy.replay.archive import ReplayArchive
from deploy.replay.store import computed_archive
from predictions.systems.contract import load_contract
from predictions.systems.learned import FORM
from predictions.training.frame import read_games
from predictions.training.measure import table
from predictions.training.walk import HEADS, walk, weekly

Say = Callable[[str], None]
LEADS = {"tip": 60, "morning": 540}
_SHOWN = {
    "population": "population",
    "system": "system",
    "n": "rows",
    "mae": "MAE",
    "minus_line": "minus line",
    "minus_ewma": "minus EWMA",
    "crps": "CRPS",
    "coverage_80": "80 %",
    "bias": "bias",
}


@dataclass(frozen=True)
class Backtest:
    """What to walk through.

    Args:
        retrain: "weekly" or "none" (one model, fitted on what lies before the first date).
    """

    first: date
    last: date
    retrain: str
    lines: bool
    availability: bool
    as_of: str


def run_backtest(archive: ReplayArchive, asked: Backtest, say: Say) -> list[dict[str, Any]]:
    """measure.table of a span of dates, each predicted by models fitted on earlier games only."""
    contract, until = load_contract(), np.datetime64(asked.last) + np.timedelta64(1, "D")
    with computed_archive(
        archive,
        say,
        lead_minutes=LEADS[asked.as_of],
        lines=asked.lines,
        availability=asked.availability,
    ) as storage:
        say("reading the features")
        rows = read_games(storage, contract, archive.dates[0], asked.last)
    predicted = walk(
        rows,
        contract,
        weekly(np.datetime64(asked.first), np.datetime64(asked.last)),
        until,
        retrain=asked.retrain == "weekly",
        heads=HEADS if asked.availability else (FORM,),
        say=lambda step: say(f"predicted until {step.until}, weight against the line {step.weight:.2f}"),
    )
    return table(rows, predicted)


def figures(found: list[dict[str, Any]], title: str) -> Table:
    """A table to look at."""
    shown = Table(title=title)
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


def as_html(found: list[dict[str, Any]], title: str) -> str:
    """The same as a page, with the error by band of the line drawn."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row, name))}</td>" for name in _SHOWN) + "</tr>" for row in found
    )
    head = "".join(f"<th>{escape(name)}</th>" for name in _SHOWN.values())
    return (
        f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><h1>{escape(title)}</h1>"
        f"<h2>Mean absolute error by band of the line</h2>{_bars(found)}"
        f"<table border=1 cellpadding=4><tr>{head}</tr>{rows}</table>"
    )


def _bars(found: list[dict[str, Any]]) -> str:
    """One bar a system and band."""
    frame = pd.DataFrame(found)
    bands = frame[frame["population"].str.startswith("line ")]
    drawn, top = [], 0
    for population, group in bands.groupby("population", sort=False):
        drawn.append(f'<text x="0" y="{top + 14}" font-weight="bold">{escape(str(population))}</text>')
        for row in group.itertuples():
            top += 18
            label = f"{escape(str(row.system))} {row.mae:.2f} (n = {row.n})"
            drawn.append(
                f'<rect x="150" y="{top + 2}" width="{40 * row.mae:.1f}" height="12" fill="#6baed6"/>'
            )
            drawn.append(f'<text x="{160 + 40 * row.mae:.0f}" y="{top + 13}">{label}</text>')
        top += 26
    size = f'width="900" height="{top}" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(drawn)}</svg>'


def write(path: Path | None, text: str) -> None:
    """Writes a file that was asked for."""
    if path:
        path.write_text(text)
