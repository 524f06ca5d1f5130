"""cdn.nba.com: the season's schedule as a file, and the live feed's box scores and play-by-play."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.bodies import encode, joined, json_response
from deploy.local.upstream.clock import EASTERN, SimulatedClock
from deploy.local.upstream.live_box_score import live_box_score
from deploy.local.upstream.play_by_play import play_by_play
from deploy.local.upstream.schedule import FINAL, SCHEDULED, ScheduleBook, game_status

_ABSENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


def cdn_blueprint(archive: Archive, clock: SimulatedClock) -> Blueprint:
    """Routes below /cdn.nba.com/static/json."""
    blueprint = Blueprint("cdn", __name__, url_prefix="/cdn.nba.com/static/json")
    book = ScheduleBook(archive)

    @blueprint.get("/staticData/scheduleLeagueV2.json")
    @blueprint.get("/staticData/scheduleLeagueV2_1.json")
    def schedule() -> Response:
        season = _season(clock)
        meta = _meta(clock, f"league/00/{season}/scheduleleaguev2")
        return json_response(joined(meta, "leagueSchedule", book.league_schedule(season, clock.now)))

    @blueprint.get("/liveData/boxscore/boxscore_<game_id>.json")
    def box_score(game_id: str) -> Response:
        game, status = _begun(archive, game_id, clock)
        body = live_box_score(archive, game, status) if game else None
        return _live(body, clock, game_id, "boxscore")

    @blueprint.get("/liveData/playbyplay/playbyplay_<game_id>.json")
    def plays(game_id: str) -> Response:
        game, status = _begun(archive, game_id, clock)
        body = play_by_play(archive, game) if game and status == FINAL else None
        return _live(body, clock, game_id, "playbyplay")

    return blueprint


def _season(clock: SimulatedClock) -> str:
    """The season that the file is about: a new one from August."""
    today = clock.now.astimezone(EASTERN).date()
    year = today.year if today.month >= 8 else today.year - 1
    return f"{year}-{(year + 1) % 100:02d}"


def _begun(archive: Archive, game_id: str, clock: SimulatedClock) -> tuple[Game | None, int]:
    game = archive.game_by_id.get(game_id)
    status = game_status(game, clock.now) if game else SCHEDULED
    return (game if status != SCHEDULED else None), status


def _live(body: Any, clock: SimulatedClock, game_id: str, resource: str) -> Response:
    """A file of the live feed; what is not there may not be seen, as its bucket says."""
    if body is None:
        return Response(_ABSENT, 403, content_type="application/xml")
    meta = _meta(clock, f"games/{game_id}/{resource}")
    return json_response(joined(meta, "game", encode(body)))


def _meta(clock: SimulatedClock, resource: str) -> bytes:
    request_url = f"http://nba.cloud/{resource}?Format=json"
    return encode({"version": 1, "code": 200, "request": request_url, "time": clock.stamp()})
