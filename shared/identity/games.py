"""Games and seasons: game_id is `YYYYMMDD_AWAY_HOME` (Eastern date) everywhere."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from shared.identity.teams import TRICODES

_GAME_ID = re.compile(r"(\d{8})_([A-Z]{3})_([A-Z]{3})")
SEASON_TYPES = {
    "1": "preseason",
    "2": "regular",
    "3": "all_star",
    "4": "playoffs",
    "5": "play_in",
    "6": "cup",
}


@dataclass(frozen=True)
class GameKey:
    """What a game_id says."""

    game_date: date
    away_team: str
    home_team: str

    @property
    def game_id(self) -> str:
        return f"{self.game_date:%Y%m%d}_{self.away_team}_{self.home_team}"


def parse_game_id(game_id: str) -> GameKey:
    """The date and teams of a game_id.

    Raises:
        ValueError: not `YYYYMMDD_AWAY_HOME` with two different known teams.
    """
    match = _GAME_ID.fullmatch(game_id)
    if not match:
        raise ValueError(f"game_id must look like 20241203_MEM_DAL, not {game_id!r}")
    day, away, home = match.groups()
    if not {away, home} <= TRICODES or away == home:
        raise ValueError(f"game_id needs two different NBA teams: {game_id!r}")
    return GameKey(datetime.strptime(day, "%Y%m%d").date(), away, home)  # noqa: DTZ007  a date has no zone


def season_year(game_date: date) -> int:
    """The starting year of the season of a date: seasons turn over in August."""
    return game_date.year if game_date.month >= 8 else game_date.year - 1


def season_label(year: int) -> str:
    """2024 -> '2024-25', the form that the providers use."""
    return f"{year}-{(year + 1) % 100:02d}"


def season_type(nba_game_id: str) -> str:
    """The kind of game that the third character of an NBA game id encodes."""
    return SEASON_TYPES.get(nba_game_id[2:3], "other")
