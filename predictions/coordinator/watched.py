"""What the monitors look at: rows as they are, read without a job and put together here, as there are few."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.warehouse.warehouse import Warehouse

_GAME = ["game_id", "game_date", "status", "tip_at"]
_LETTER = ["dead_letter_id", "origin", "reason", "occurred_at"]
_RUN = ["source", "status", "reason", "started_at", "quota_used", "quota_remaining"]


@dataclass(frozen=True)
class Letters:
    """The dead letters of one origin that nobody has decided about."""

    origin: str
    count: int
    since: datetime
    example: str


@dataclass(frozen=True)
class SourceRuns:
    """The runs of one source.

    Args:
        newest_good: when the newest that did not fail began. failure: why one failed, if one did.
        failing: the newest has failed.
        quota: requests that its provider had counted and had left, by the newest run that knows.
    """

    newest_good: datetime | None
    failure: str | None
    quota: tuple[int, int] | None
    failing: bool


def read_gaps(warehouse: Warehouse, first: date, last: date, over_before: datetime) -> dict[date, list[str]]:
    """The finished games between two dates that have no box score, by date.

    Args:
        over_before: a game that began later may still be on its way.
    """
    games = warehouse.read("nba_schedule", _GAME, first, last).to_pylist()
    boxed = set(warehouse.read("nba_player_boxscores", ["game_id"], first, last)["game_id"].to_pylist())
    found: defaultdict[date, list[str]] = defaultdict(list)
    for game in sorted(games, key=lambda game: (game["game_date"], game["game_id"])):
        over = game["status"] == "FINAL" and game["tip_at"] < over_before
        if over and game["game_id"] not in boxed:
            found[game["game_date"]].append(game["game_id"])
    return dict(found)


def undecided_letters(warehouse: Warehouse, since: datetime) -> list[Letters]:
    """The dead letters since a moment that nobody has decided about, by origin."""
    letters = warehouse.read("dead_letters", _LETTER, since).to_pylist()
    # All of them: an operator makes few.
    decisions = warehouse.read("dead_letter_decisions", ["dead_letter_id"])
    decided = set(decisions["dead_letter_id"].to_pylist())
    open_: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for letter in letters:
        if letter["dead_letter_id"] not in decided:
            open_[letter["origin"]].append((letter["occurred_at"], letter["reason"]))
    return [
        Letters(origin, len(found), min(at for at, _ in found), max(why for _, why in found))
        for origin, found in sorted(open_.items())
    ]


def read_runs(warehouse: Warehouse, since: datetime) -> dict[str, SourceRuns]:
    """How the runs since a moment ended, by source."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in warehouse.read("scrape_runs", _RUN, since).to_pylist():
        found[run["source"]].append(run)
    return {source: _summed(runs) for source, runs in found.items()}


def _summed(runs: list[dict[str, Any]]) -> SourceRuns:
    good = (run["started_at"] for run in runs if run["status"] != "failed")
    failures = (run["reason"] for run in runs if run["status"] == "failed" and run["reason"])
    counted = [run for run in runs if run["quota_used"] is not None and run["quota_remaining"] is not None]
    newest = max(counted, key=lambda run: run["started_at"], default=None)
    quota = (newest["quota_used"], newest["quota_remaining"]) if newest else None
    failing = max(runs, key=lambda run: run["started_at"])["status"] == "failed"
    return SourceRuns(max(good, default=None), max(failures, default=None), quota, failing)
