"""stats.nba.com: the schedule, the box scores and the player index."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from deploy.local.upstream.archive import Archive
from deploy.local.upstream.bodies import encode, joined, json_response
from deploy.local.upstream.boxscore import box_score
from deploy.local.upstream.clock import SimulatedClock
from deploy.local.upstream.player_index import player_index, players_of
from deploy.local.upstream.rosters import Rosters
from deploy.local.upstream.schedule import FINAL, ScheduleBook, game_status

_SEASON = re.compile(r"\d{4}-\d{2}")
_GAME_ID = re.compile(r"\d{10}")


def nba_blueprint(archive: Archive, clock: SimulatedClock) -> Blueprint:
    """Routes below /stats.nba.com/stats."""
    blueprint = Blueprint("nba", __name__, url_prefix="/stats.nba.com/stats")
    book, rosters = ScheduleBook(archive), Rosters(archive)

    @blueprint.get("/scheduleleaguev2int")
    def schedule() -> Response:
        season = request.args.get("Season", "")
        if not _SEASON.fullmatch(season):
            return _bad_parameter("Season", r"^\d{4}-\d{2}$", season)
        meta = _meta(clock, f"league/00/{season}/scheduleleaguev2")
        return json_response(joined(meta, "leagueSchedule", book.league_schedule(season, clock.now)))

    @blueprint.get("/boxscoretraditionalv3")
    def boxscoretraditionalv3() -> Response:
        game_id = request.args.get("GameID", "")
        if not _GAME_ID.fullmatch(game_id):
            return _bad_parameter("GameID", r"^\d{10}$", game_id)
        game = archive.game_by_id.get(game_id)
        if game is None:
            return json_response({"Message": f"No game with GameID {game_id}."}, 404)
        body = box_score(archive, game, final=game_status(game, clock.now) == FINAL)
        meta = _meta(clock, f"games/{game_id}/boxscoretraditional")
        return json_response(joined(meta, "boxScoreTraditional", encode(body)))

    @blueprint.get("/playerindex")
    def playerindex() -> Response:
        season = request.args.get("Season", "")
        if not _SEASON.fullmatch(season):
            return _bad_parameter("Season", r"^\d{4}-\d{2}$", season)
        return json_response(player_index(season, players_of(rosters, season, clock.now)))

    return blueprint


def _meta(clock: SimulatedClock, resource: str) -> bytes:
    request_url = f"http://nba.cloud/{resource}?Format=json"
    return encode({"version": 1, "request": request_url, "time": clock.stamp()})


def _bad_parameter(name: str, pattern: str, value: str) -> Response:
    fault = f"must match the regular expression '{pattern}'" if value else "is required"
    return Response(f"The {name} property {fault}.; ", 400, content_type="text/plain; charset=utf-8")
