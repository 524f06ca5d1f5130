"""The games that nba_schedule has on some dates, and which dates it knows about at all."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.messages import DateSpan
from shared.warehouse.warehouse import Warehouse

_POSTPONED = "POSTPONED"


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
    """The slate of a span, in one query."""
    first, last = season_bounds(span)
    rows = warehouse.rows(
        """
        WITH seasons AS (
          SELECT season_year, MAX(game_date) AS last_date
          FROM nba_raw.nba_schedule
          WHERE game_date BETWEEN @first AND @last
          GROUP BY season_year
        ),
        games AS (
          SELECT game_id, nba_game_id, game_date, tip_at, home_team, away_team, status, season_year
          FROM nba_raw.nba_schedule
          WHERE game_date BETWEEN @from_date AND @to_date
        )
        SELECT
          s.season_year, s.last_date,
          g.game_id, g.nba_game_id, g.game_date, g.tip_at, g.home_team, g.away_team, g.status
        FROM seasons AS s
        LEFT JOIN games AS g ON g.season_year = s.season_year
        ORDER BY g.tip_at, g.game_id
        """,
        first=first,
        last=last,
        from_date=span.from_date,
        to_date=span.to_date,
    )
    seasons = {(date(row.pop("season_year"), 8, 1), row.pop("last_date")) for row in rows}
    games = tuple(Game(**row) for row in rows if row["game_id"])
    return Slate(games, tuple(sorted(seasons)))
