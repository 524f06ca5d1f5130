"""boxscoretraditionalv3 -> nba_player_boxscores."""

import re
from collections.abc import Iterator

from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Known, Parsed, Row
from scrapers.bodies import BodyError
from scrapers.nba_stats.bodies import BoxPlayer, BoxScore, BoxTeam, Line, read_box_score
from shared.identity.games import GameKey, season_type
from shared.identity.names import player_lookup
from shared.identity.teams import TRICODES

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)")
_ABSENCES = ("DNP", "DND", "NWT")
_FEWEST_PLAYERS = 5
_REGULATION_MINUTES, _OVERTIME_MINUTES = 240, 25
# The fifties of the last century are the earliest that an id can mean.
_CENTURY_TURNS = 46


def parse(landed: LandedBody, _known: Known) -> Parsed:
    """Every player of a finished game; nothing while it is not finished.

    Raises:
        BodyError: the game is finished but its figures do not hold together.
    """
    game = read_box_score(landed.body, str(landed.nba_game_id)).box_score_traditional
    if not is_final(game):
        return Parsed()
    for team in (game.home_team, game.away_team):
        _check_team(team)
    return Parsed(rows=list(_rows(landed, game)))


def is_final(game: BoxScore) -> bool:
    """The body does not say so: whole periods were played and one team is ahead."""
    home, away = game.home_team.statistics, game.away_team.statistics
    if home is None or away is None or home.points == away.points:
        return False
    extra = seconds_of(home.minutes) - _REGULATION_MINUTES * 60
    return extra >= 0 and extra % (_OVERTIME_MINUTES * 60) == 0


def seconds_of(minutes: str | None) -> int:
    """'36:47' -> 2207; empty -> 0.

    Raises:
        BodyError: another form.
    """
    if not minutes:
        return 0
    match = _CLOCK.fullmatch(minutes)
    if not match:
        raise BodyError(f"minutes: not MM:SS: {minutes!r}")
    return int(match[1]) * 60 + int(match[2])


def season_year_of(nba_game_id: str) -> int:
    """The starting year of the season, digits four and five of the id."""
    year = int(nba_game_id[3:5])
    return year + (1900 if year >= _CENTURY_TURNS else 2000)


def _check_team(team: BoxTeam) -> None:
    if team.team_tricode not in TRICODES:
        raise BodyError(f"{team.team_tricode}: not an NBA team")
    played = sum(seconds_of(player.statistics.minutes) > 0 for player in team.players)
    if played < _FEWEST_PLAYERS:
        raise BodyError(f"{team.team_tricode}: only {played} players played")
    scored = sum(player.statistics.points for player in team.players)
    if team.statistics is None or scored != team.statistics.points:
        total = team.statistics and team.statistics.points
        raise BodyError(f"{team.team_tricode}: players' points add up to {scored}, not to {total}")


def _rows(landed: LandedBody, game: BoxScore) -> Iterator[Row]:
    home, away = game.home_team, game.away_team
    shared = {
        "game_id": GameKey(landed.game_date, away.team_tricode, home.team_tricode).game_id,
        "nba_game_id": game.game_id,
        "game_date": landed.game_date,
        "season_year": season_year_of(game.game_id),
        "season_type": season_type(game.game_id),
    }
    for team, other in ((home, away), (away, home)):
        side = {
            "team_abbr": team.team_tricode,
            "opponent_team_abbr": other.team_tricode,
            "is_home": team is home,
        }
        for player in team.players:
            yield {**shared, **side, **_player(player)}


def _player(player: BoxPlayer) -> Row:
    line, comment = player.statistics, (player.comment or "").strip()
    return {
        "player_id": player.person_id,
        "player_lookup": player_lookup(player.full_name),
        "player_name": player.full_name,
        "status": _status(line, comment),
        "comment": comment or None,
        "is_starter": bool(player.position),
        "position": player.position or None,
        "seconds_played": seconds_of(line.minutes),
        "points": line.points,
        "fg_makes": line.field_goals_made,
        "fg_attempts": line.field_goals_attempted,
        "three_pt_makes": line.three_pointers_made,
        "three_pt_attempts": line.three_pointers_attempted,
        "ft_makes": line.free_throws_made,
        "ft_attempts": line.free_throws_attempted,
        "offensive_rebounds": line.rebounds_offensive,
        "defensive_rebounds": line.rebounds_defensive,
        "assists": line.assists,
        "steals": line.steals,
        "blocks": line.blocks,
        "turnovers": line.turnovers,
        "personal_fouls": line.fouls_personal,
        "plus_minus": round(line.plus_minus_points),
    }


def _status(line: Line, comment: str) -> str:
    """Who was on the court played, whatever the comment says; else the comment's first word, else DNP."""
    if seconds_of(line.minutes) > 0:
        return "PLAYED"
    return comment[:3] if comment[:3] in _ABSENCES else "DNP"
