"""site.api.espn.com: a team and its roster."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from deploy.local.upstream.absences import Absence, Absences
from deploy.local.upstream.archive import Archive
from deploy.local.upstream.bodies import json_response
from deploy.local.upstream.clock import SimulatedClock
from deploy.local.upstream.espn_injuries import injury
from deploy.local.upstream.names import initial_name, split_name
from deploy.local.upstream.provider_ids import espn_athlete_id, guid_of
from deploy.local.upstream.rosters import RosterPlayer, Rosters
from deploy.local.upstream.spelling import ascii_name, name_slug
from deploy.local.upstream.teams import TEAMS, Team

# fmt: off
TEAM_IDS = {
    "ATL": 1, "BOS": 2, "NOP": 3, "CHI": 4, "CLE": 5, "DAL": 6, "DEN": 7, "DET": 8, "GSW": 9, "HOU": 10,
    "IND": 11, "LAC": 12, "LAL": 13, "MIA": 14, "MIL": 15, "MIN": 16, "BKN": 17, "NYK": 18, "ORL": 19,
    "PHI": 20, "PHX": 21, "POR": 22, "SAC": 23, "SAS": 24, "OKC": 25, "UTA": 26, "WAS": 27, "TOR": 28,
    "MEM": 29, "CHA": 30,
}
# fmt: on
"""ESPN's, by NBA tricode."""
ABBREVIATIONS = {"GSW": "GS", "NOP": "NO", "NYK": "NY", "SAS": "SA", "UTA": "UTAH", "WAS": "WSH"}
"""ESPN's where they are not NBA's."""

_TRICODES = {str(number): tricode for tricode, number in TEAM_IDS.items()}
_POSITIONS = {
    "G": {"id": "3", "name": "Guard", "displayName": "Guard", "abbreviation": "G", "leaf": False},
    "F": {"id": "7", "name": "Forward", "displayName": "Forward", "abbreviation": "F", "leaf": False},
    "C": {"id": "9", "name": "Center", "displayName": "Center", "abbreviation": "C", "leaf": False},
}
_ACTIVE = {"id": "1", "name": "Active", "type": "active", "abbreviation": "Active"}


def espn_blueprint(archive: Archive, clock: SimulatedClock) -> Blueprint:
    """Routes below /site.api.espn.com/apis/site/v2/sports/basketball/nba."""
    prefix = "/site.api.espn.com/apis/site/v2/sports/basketball/nba"
    blueprint = Blueprint("espn", __name__, url_prefix=prefix)
    rosters, absences = Rosters(archive), Absences(archive)

    @blueprint.get("/teams/<team_id>")
    def team(team_id: str) -> Response:
        tricode = _TRICODES.get(team_id)
        if tricode is None:
            return json_response({"code": 404, "message": f"No team found for id {team_id}"}, 404)
        body = _team(TEAMS[tricode])
        if "roster" in request.args.get("enable", "").split(","):
            body["athletes"] = _athletes(rosters, absences, tricode, clock)
        return json_response({"team": body})

    return blueprint


def _team(team: Team) -> dict[str, Any]:
    number = TEAM_IDS[team.tricode]
    # the Clippers are "LA Clippers" to ESPN as to NBA
    name = f"{team.city} {team.nickname}"
    return {
        "id": str(number),
        "uid": f"s:40~l:46~t:{number}",
        "slug": name_slug(name),
        "location": team.city,
        "name": team.nickname,
        "abbreviation": ABBREVIATIONS.get(team.tricode, team.tricode),
        "displayName": name,
        "shortDisplayName": team.nickname,
        "isActive": True,
    }


def _athletes(
    rosters: Rosters, absences: Absences, tricode: str, clock: SimulatedClock
) -> list[dict[str, Any]]:
    now = clock.now
    game = rosters.next_game(tricode, now)
    reported = {row.player_id: row for row in absences.of(game.game_id, now)} if game else {}
    return [_athlete(player, reported.get(player.player_id)) for player in rosters.roster(tricode, now)]


def _athlete(player: RosterPlayer, absence: Absence | None) -> dict[str, Any]:
    """ESPN's keys but for those that an archive cannot fill: height, weight, age, jersey, contract."""
    name, number = ascii_name(player.name), espn_athlete_id(player.player_id)
    first, family = split_name(name)
    position = _POSITIONS.get((player.position or "")[:1])
    return {
        "id": str(number),
        "uid": f"s:40~l:46~a:{number}",
        "guid": guid_of("espn", player.player_id),
        "type": "basketball",
        "alternateIds": {"sdr": str(number)},
        "firstName": first,
        "lastName": family,
        "fullName": name,
        "displayName": name,
        "shortName": initial_name(name),
        "slug": name_slug(name),
        **({"position": position} if position else {}),
        "injuries": [injury(absence, name)] if absence else [],
        "linked": True,
        "active": True,
        "status": _ACTIVE,
    }
