"""stats.nba.com's playerindex: who belongs to the league in a season."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from deploy.local.upstream.names import player_slug, split_name
from deploy.local.upstream.rosters import RosterPlayer, Rosters
from deploy.local.upstream.teams import TEAMS, Team

# fmt: off
HEADERS = (
    "PERSON_ID", "PLAYER_LAST_NAME", "PLAYER_FIRST_NAME", "PLAYER_SLUG", "TEAM_ID", "TEAM_SLUG", "IS_DEFUNCT",
    "TEAM_CITY", "TEAM_NAME", "TEAM_ABBREVIATION", "JERSEY_NUMBER", "POSITION", "HEIGHT", "WEIGHT", "COLLEGE",
    "COUNTRY", "DRAFT_YEAR", "DRAFT_ROUND", "DRAFT_NUMBER", "ROSTER_STATUS", "FROM_YEAR", "TO_YEAR", "PTS",
    "REB", "AST", "STATS_TIMEFRAME",
)
_FILTERS = (
    "Country", "College", "DraftYear", "DraftPick", "PlayerPosition", "Height", "Weight", "Active", "AllStar",
)
# fmt: on


def player_index(season: str, players: dict[str, list[RosterPlayer]]) -> dict[str, Any]:
    """The body for a season, from each team's players. What an archive does not know is null."""
    rows = [_row(player, TEAMS[team], season) for team, found in players.items() for player in found]
    parameters = {"LeagueID": "00", "Season": season, "Historical": 0, "TeamID": 0}
    return {
        "resource": "playerindex",
        "parameters": parameters | dict.fromkeys(_FILTERS),
        "resultSets": [
            {
                "name": "PlayerIndex",
                "headers": list(HEADERS),
                "rowSet": sorted(rows, key=lambda row: (row[1], row[2], row[0])),
            }
        ],
    }


def players_of(rosters: Rosters, season: str, instant: datetime) -> dict[str, list[RosterPlayer]]:
    """Each team's players of the season as far as they are known by `instant`."""
    return {team: rosters.of_season(team, season, instant) for team in TEAMS}


def _row(player: RosterPlayer, team: Team, season: str) -> list[Any]:
    first, family = split_name(player.name)
    known = {
        "PERSON_ID": player.player_id,
        "PLAYER_LAST_NAME": family,
        "PLAYER_FIRST_NAME": first,
        "PLAYER_SLUG": player_slug(player.name),
        "TEAM_ID": team.nba_id,
        "TEAM_SLUG": team.slug,
        "IS_DEFUNCT": 0,
        "TEAM_CITY": team.city,
        "TEAM_NAME": team.nickname,
        "TEAM_ABBREVIATION": team.tricode,
        "POSITION": player.position,
        "COLLEGE": "",
        "ROSTER_STATUS": 1.0,
        "FROM_YEAR": None,
        "TO_YEAR": season[:4],
        "STATS_TIMEFRAME": "Season",
    }
    return [known.get(header) for header in HEADERS]
