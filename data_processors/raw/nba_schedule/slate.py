"""The games that nba_schedule has on some dates, and which dates it knows about at all."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.messages import DateSpan
from shared.warehouse.warehouse import Warehouse

_POSTPONED = "POSTPONED"
_COLUMNS = [
    "game_id",
    "nba_game_id",
    "game_date",
    "tip_at",
    "home_team",
    "away_team",
    "status",
    "season_year",
]


@dataclass(frozen=True)
class Game:
    """A scheduled game."""

    game_id: str
    nba_game_id: str
    game_date: date
    tip_at: datetime
    home_team: str
    away_team: str
    status: str

    @property
    def postponed(self) -> bool:
        return self.status == _POSTPONED


@dataclass(frozen=True)
class Slate:
    """Games by tip-off, and the seasons that are loaded, each from its August to its last game."""

    games: tuple[Game, ...] = ()
    seasons: tuple[tuple[date, date], ...] = ()

    def covers(self, day: date) -> bool:
        """Whether no game on `day` means that there is none: a schedule is published as a whole."""
        return any(first <= day <= last for first, last in self.seasons)

    def on(self, day: date) -> list[Game]:
        """The games of a date that are to be played, postponed ones excluded."""
        return [game for game in self.games if game.game_date == day and not game.postponed]


def season_bounds(span: DateSpan) -> tuple[date, date]:
    """First August 1 and last July 31 of the seasons that a span touches."""
    first, last = span.from_date, span.to_date
    return (
        date(first.year if first.month >= 8 else first.year - 1, 8, 1),
        date(last.year + 1 if last.month >= 8 else last.year, 7, 31),
    )


def read_slate(warehouse: Warehouse, span: DateSpan) -> Slate:
    """The slate of a span."""
    first, last = season_bounds(span)
    games = warehouse.read("nba_schedule", _COLUMNS, first, last).to_pylist()
    ends: dict[int, date] = {}
    for game in games:
        year = game.pop("season_year")
        ends[year] = max(ends.get(year, game["game_date"]), game["game_date"])
    asked = [Game(**game) for game in games if span.from_date <= game["game_date"] <= span.to_date]
    return Slate(
        tuple(sorted(asked, key=lambda game: (game.tip_at, game.game_id))),
        tuple(sorted((date(year, 8, 1), end) for year, end in ends.items())),
    )
