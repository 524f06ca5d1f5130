"""What the tables of box scores share: the finished game of either endpoint, checked, and its two sides."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from data_processors.raw.landed import LandedBody
from data_processors.raw.table import Row
from scrapers.bodies import BodyError, kept, rejected
from scrapers.nba_live.box_score import FINAL, as_box_score, read_live_box_score
from scrapers.nba_stats.bodies import BoxScore, BoxTeam, Line, read_box_score
from shared.identity.games import GameKey, season_type
from shared.identity.teams import TRICODES

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)")
_FEWEST_PLAYERS = 5
_REGULATION_MINUTES, _OVERTIME_MINUTES = 240, 25
# The fifties of the last century are the earliest that an id can mean.
_CENTURY_TURNS = 46


class Side(NamedTuple):
    """A team of a game with its opponent, and what is the same for each of its rows."""

    team: BoxTeam
    other: BoxTeam
    shared: Row


def final_game(landed: LandedBody) -> BoxScore | None:
    """The game of a body of either form; None while it is not finished.

    Raises:
        BodyError: the game is finished but its figures do not hold together.
    """
    game = _game(landed)
    if game is None:
        return None
    for team in (game.home_team, game.away_team):
        _check_team(team)
    return game


def sides(landed: LandedBody, game: BoxScore) -> Iterator[Side]:
    """Home, then away: the body says which is which."""
    home, away = game.home_team, game.away_team
    of_game = {
        "game_id": GameKey(landed.game_date, away.team_tricode, home.team_tricode).game_id,
        "nba_game_id": game.game_id,
        "game_date": landed.game_date,
        "season_year": season_year_of(game.game_id),
        "season_type": season_type(game.game_id),
    }
    for team, other in ((home, away), (away, home)):
        of_team = {
            "team_abbr": team.team_tricode,
            "opponent_team_abbr": other.team_tricode,
            "is_home": team is home,
        }
        yield Side(team, other, of_game | of_team)


def counted(line: Line) -> Row:
    """The columns that players and teams have in common."""
    return {
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
    }


def is_final(game: BoxScore) -> bool:
    """boxscoretraditionalv3 does not say so: whole periods were played and one team is ahead."""
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


def _game(landed: LandedBody) -> BoxScore | None:
    if landed.kind == "box_score_live":
        live = read_live_box_score(landed.body, str(landed.nba_game_id)).game
        return as_box_score(live) if live.game_status == FINAL else None
    game = read_box_score(landed.body, str(landed.nba_game_id)).box_score_traditional
    return game if is_final(game) else None


def _check_team(team: BoxTeam) -> None:
    """With a player whose line nobody can read the points cannot add up; the others are stored."""
    if team.team_tricode not in TRICODES:
        raise BodyError(f"{team.team_tricode}: not an NBA team")
    players = kept(team.players)
    played = sum(seconds_of(player.statistics.minutes) > 0 for player in players)
    if played < _FEWEST_PLAYERS:
        raise BodyError(f"{team.team_tricode}: only {played} players played")
    scored = sum(player.statistics.points for player in players)
    total = team.statistics and team.statistics.points
    if scored != total and not rejected(team.players):
        raise BodyError(f"{team.team_tricode}: players' points add up to {scored}, not to {total}")
