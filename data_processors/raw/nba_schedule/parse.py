"""scheduleleaguev2int -> nba_schedule."""

from datetime import datetime, time

from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Known, Parsed, Row
from scrapers.bodies import kept, rejected
from scrapers.nba_stats.bodies import ScheduledGame, read_schedule
from shared.clock import EASTERN, eastern_moment
from shared.identity.games import GameKey, season_type
from shared.identity.teams import TRICODES

COUNTED_TYPES = frozenset({"regular", "playoffs", "play_in", "cup"})
_STATUS = {1: "SCHEDULED", 2: "LIVE", 3: "FINAL"}
_POSTPONED = "POSTPONED"
_ASSUMED_TIP = time(19)


def parse(landed: LandedBody, _known: Known) -> Parsed:
    """The season's games that count and whose teams are known."""
    schedule = read_schedule(landed.body).league_schedule
    season_year = int(schedule.season_year[:4])
    games: dict[str, Row] = {}
    listed = [game for day in schedule.game_dates for game in day.games]
    for game in (game for game in kept(listed) if _counts(game)):
        row = _row(game, season_year)
        # A postponed game may stay listed beside the one that replaces it.
        if row["game_id"] not in games or row["status"] != _POSTPONED:
            games[row["game_id"]] = row
    return Parsed(rows=list(games.values()), rejected=rejected(listed))


def _counts(game: ScheduledGame) -> bool:
    teams = {game.home_team.team_tricode, game.away_team.team_tricode}
    return season_type(game.game_id) in COUNTED_TYPES and len(teams) == 2 and teams <= TRICODES


def _row(game: ScheduledGame, season_year: int) -> Row:
    game_date = game.game_date_est.date()
    home, away = str(game.home_team.team_tricode), str(game.away_team.team_tricode)
    tip_at, assumed = _tip(game)
    status = _status(game)
    final = status == "FINAL"
    return {
        "game_id": GameKey(game_date, away, home).game_id,
        "nba_game_id": game.game_id,
        "game_date": game_date,
        "season_year": season_year,
        "season_type": season_type(game.game_id),
        "tip_at": tip_at,
        "tip_assumed": assumed,
        "home_team": home,
        "away_team": away,
        "status": status,
        "home_points": game.home_team.score if final else None,
        "away_points": game.away_team.score if final else None,
        "neutral_site": game.is_neutral,
    }


def _tip(game: ScheduledGame) -> tuple[datetime, bool]:
    """The tip-off, and whether it is assumed: a time not set yet is sent as midnight Eastern."""
    if game.game_date_time_utc.astimezone(EASTERN).time() == time():
        return eastern_moment(game.game_date_est.date(), _ASSUMED_TIP), True
    return game.game_date_time_utc, game.assumed_time


def _status(game: ScheduledGame) -> str:
    postponed = game.postponed_status in ("P", "Y") or game.game_status_text.upper().startswith(
        ("PPD", "POSTPONED")
    )
    return _POSTPONED if postponed else _STATUS[game.game_status]
