"""`nba-props backtest`: past dates predicted from earlier games only, held against what happened."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from rich.table import Table

from deploy.cli.figures import figures, listed
from deploy.replay.archive import ArchiveError, ReplayArchive
from deploy.replay.day import AsOfMode
from deploy.replay.store import computed_archive
from predictions.systems.contract import load_contract
from predictions.training.backtest import measured
from predictions.training.frame import read_games
from predictions.training.quotes import read_quotes
from predictions.training.walk import Step, walk, weekly

Say = Callable[[str], None]
CHANCES = {
    "population": "lines",
    "system": "system",
    "chance": "P(over)",
    "n": "n",
    "brier": "Brier",
    "brier_minus_half": "minus 0.5's",
    "brier_minus_market": "minus market's",
    "log_loss": "log loss",
    "ece": "ECE",
}
BETS = {
    "system": "system",
    "band": "bets",
    "bets": "n",
    "hit_rate": "hit rate",
    "break_even": "break-even",
    "roi": "ROI",
    "clv_points": "CLV, points",
    "clv_probability": "CLV, probability",
}
MEMBERS = {
    "population": "population",
    "member": "system",
    "n": "n",
    "crps_minus_member": "ensemble's CRPS minus the system's",
}
NOTES = (
    "A difference within two standard errors means nothing; all are clustered by date.",
    "Availability assumed known is read off box scores: nobody had it in this form before the tip.",
    "By book, the anchored system and the ensemble know the median line of all books, as in production.",
    "A constant 0.5 has the best-looking ECE there is: judge chances by Brier score and log loss.",
)


@dataclass(frozen=True)
class Backtest:
    """What to walk through.

    Args:
        retrain: "weekly" or "none" (one model, fitted on what lies before the first date).
        lines, availability: with the archive's lines; with its derived absences as if reported.
    """

    first: date
    last: date
    retrain: str
    lines: bool
    availability: bool
    as_of: AsOfMode

    @property
    def title(self) -> str:
        """What was asked for, in a line."""
        availability = "assumed known" if self.availability else "as reported"
        lines = "" if self.lines else ", without lines"
        return (
            f"{self.first} to {self.last}, retrain {self.retrain}, availability {availability}, "
            f"as of {self.as_of}{lines}"
        )


def run_backtest(archive: ReplayArchive, asked: Backtest, say: Say) -> dict[str, Any]:
    """All figures (training.backtest.measured) of a span of dates, each predicted from earlier games only.

    Raises:
        ArchiveError: nobody played in the span.
        TooFewGamesError: too little lies before it to learn from.
    """
    contract = load_contract()
    if not any(asked.first <= day <= asked.last for day in archive.dates):
        archive.check_date(asked.first)
    with computed_archive(
        archive, say, mode=asked.as_of, lines=asked.lines, availability=asked.availability
    ) as computed:
        say("reading features and lines")
        rows = read_games(computed.storage, contract, archive.dates[0], asked.last)
        quotes = read_quotes(computed.storage, computed.warehouse, rows, asked.first, asked.last)
    first, last = np.datetime64(asked.first), np.datetime64(asked.last)
    steps: list[Step] = []

    def done(step: Step) -> None:
        steps.append(step)
        say(f"predicted until {step.until}, weight against the line {step.worth.line_weight:.2f}")

    retrain, until = asked.retrain == "weekly", last + np.timedelta64(1, "D")
    systems = walk(rows, contract, weekly(first, last), until, retrain=retrain, say=done)
    if not systems:
        raise ArchiveError(f"nobody with features played from {asked.first} to {asked.last}")
    say("measuring")
    return {
        "title": asked.title,
        "asked": asdict(asked),
        "notes": list(NOTES),
        "weights": [{"until": str(step.until), **asdict(step.worth)} for step in steps],
        **measured(rows, systems, quotes),
    }


def as_json(found: Mapping[str, Any]) -> str:
    """Everything, dates as text."""
    return json.dumps(found, indent=1, default=str)


def tables(found: Mapping[str, Any]) -> list[Table | str]:
    """What is printed: errors, chances, bets, and how to read them."""
    lines = found["lines"]
    shown: list[Table | str] = [figures(found["errors"], found["title"])]
    if found["ensemble"]:
        shown.append(listed(found["ensemble"], MEMBERS, "The ensemble beside its members, on the same rows"))
    if found["probabilities"]:
        shown.append(listed(found["probabilities"], CHANCES, "P(over) at the books' main lines"))
    if found["betting"]:
        shown.append(listed(found["betting"], BETS, "Bets of one unit at the books' prices"))
        shown.append(found["betting_note"])
    return [*shown, lines_note(lines), *found["notes"]]


def lines_note(lines: Mapping[str, Any]) -> str:
    """How many lines there were, and why there is no market where there is none."""
    if lines["no_market"] == "no lines":
        return "No lines: nothing is said about P(over), the market or bets."
    counted = f"{lines['played']:,} main lines of players who played, {lines['void']:,} voids."
    if lines["no_market"] is None:
        return f"{counted} {lines['with_market']:,} had two prices that say something."
    books = ", ".join(lines["constant_books"])
    where = f" at {books}" if books else ""
    return (
        f"{counted} Market, pooled P(over), ROI and closing-line value: {lines['no_market']}{where}. "
        "Such prices give no market probability, so none of these is shown."
    )
