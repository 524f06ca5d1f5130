"""Which games of a date its predictions cover, held against the schedule; read without a job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from predictions.coordinator.batch import OUTPUT
from shared.warehouse.warehouse import Warehouse

_NO_ROW = "nobody was asked for"


@dataclass(frozen=True)
class Coverage:
    """What a date's table has of the games in the schedule, without postponed ones.

    A game is covered by a row for each of its players, be it a skip with its reason. One with a FAILED row is
    not, whatever other rows it has: a chunk that fails leaves the skips of its game beside it.

    Args:
        rows: of the date, of every status.
        predicted: those that are PREDICTED.
        games: games of the schedule that are covered; of `games_expected`.
        missing: game_id -> why it is not covered; also of a game with FAILED rows that the schedule lacks.
    """

    rows: int
    predicted: int
    games: int
    games_expected: int
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, int]:
        """What an event tells of it beside the rows stored."""
        return {"games": self.games, "games_expected": self.games_expected}

    def told(self, *known: str) -> str | None:
        """What is missing as a sentence, without games whose reason is told already; None when nothing is."""
        untold = [f"{game}: {why}" for game, why in self.missing.items() if game not in known]
        if not untold:
            return None
        return f"{self.games} of {self.games_expected} games are covered: {'; '.join(untold)}"


def read_coverage(warehouse: Warehouse, day: date) -> Coverage:
    """What the stored predictions of a date cover.

    Raises:
        TransientError: the warehouse could not do it now.
    """
    scheduled = warehouse.read("nba_schedule", ["game_id", "status"], day, day).to_pylist()
    postponed = {game["game_id"] for game in scheduled if game["status"] == "POSTPONED"}
    expected = {game["game_id"] for game in scheduled} - postponed
    rows = warehouse.read(OUTPUT, ["game_id", "status", "reason"], day, day)
    # A slate can have millions of rows: only their kinds become objects.
    kinds = rows.group_by(["game_id", "status", "reason"]).aggregate([([], "count_all")]).to_pylist()
    failed = {kind["game_id"]: kind["reason"] for kind in kinds if kind["status"] == "FAILED"}
    without = (expected - {kind["game_id"] for kind in kinds}) | (failed.keys() - postponed)
    return Coverage(
        rows=rows.num_rows,
        predicted=sum(kind["count_all"] for kind in kinds if kind["status"] == "PREDICTED"),
        games=len(expected - without),
        games_expected=len(expected),
        missing={game: failed.get(game, _NO_ROW) for game in sorted(without)},
    )
