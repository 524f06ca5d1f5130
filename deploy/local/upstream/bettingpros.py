"""api.bettingpros.com/v3: events of a day and the offers on players' points."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.bettingpros_offers import POINTS_MARKET_ID, OfferBook
from deploy.local.upstream.bodies import json_response
from deploy.local.upstream.clock import SimulatedClock
from deploy.local.upstream.provider_ids import bettingpros_event_id, guid_of
from deploy.local.upstream.schedule import FINAL, LIVE, SCHEDULED, game_status
from deploy.local.upstream.spelling import name_slug
from deploy.local.upstream.teams import TEAMS, Team

TEAM_CODES = {"NOP": "NOR", "PHX": "PHO"}
"""BettingPros' where they are not NBA's."""
PAGE_LIMIT, MOST_PER_PAGE = 10, 100

_STATUSES = {SCHEDULED: "scheduled", LIVE: "inprogress", FINAL: "closed"}
_SEASON_TYPES = {"Regular Season": "REG", "Pre Season": "PRE", "Playoffs": "POST", "PlayIn": "PIT"}


class BettingProsError(Exception):
    """A refusal."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def bettingpros_blueprint(archive: Archive, clock: SimulatedClock, api_key: str | None) -> Blueprint:
    """Routes below /api.bettingpros.com/v3. `api_key` None accepts any key that is not empty."""
    blueprint = Blueprint("bettingpros", __name__, url_prefix="/api.bettingpros.com/v3")
    offers_of = OfferBook(archive, team_code)

    @blueprint.before_request
    def admit() -> None:
        key = request.headers.get("X-Api-Key", "")
        if not key or (api_key and not secrets.compare_digest(key.encode(), api_key.encode())):
            raise BettingProsError(401, "Unauthorized")
        if request.args.get("sport") != "NBA":
            raise BettingProsError(400, "sport: only NBA is served here")

    @blueprint.errorhandler(BettingProsError)
    def refuse(error: BettingProsError) -> Response:
        return json_response({"message": error.message}, error.status)

    @blueprint.get("/events")
    def events() -> Response:
        day, now = _day(), clock.now
        found = [_event(game, game_status(game, now)) for game in archive.games if game.game_date == day]
        body = {
            "_parameters": {"sport": "NBA", "date": day.isoformat()},
            "events": found,
            "ts": int(now.timestamp()),
            "utc": f"{now:%Y-%m-%d %H:%M:%S}",
        }
        return json_response(body)

    @blueprint.get("/offers")
    def offers() -> Response:
        ids = _event_ids()
        limit, page = min(_positive("limit", PAGE_LIMIT), MOST_PER_PAGE), _positive("page", 1)
        found = offers_of(ids, clock.now) if _market_id() == POINTS_MARKET_ID else []
        return json_response(_page(found, page, limit))

    return blueprint


def team_code(tricode: str) -> str:
    return TEAM_CODES.get(tricode, tricode)


def _day() -> date:
    try:
        return date.fromisoformat(request.args.get("date", ""))
    except ValueError as error:
        raise BettingProsError(400, "date: use YYYY-MM-DD") from error


def _event_ids() -> list[int]:
    parts = request.args.get("event_id", "").split(":")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise BettingProsError(400, "event_id: use the ids of /events, joined by colons")
    return [int(part) for part in parts]


def _market_id() -> int:
    return _positive("market_id", None)


def _positive(name: str, otherwise: int | None) -> int:
    text = request.args.get(name, "")
    if not text and otherwise is not None:
        return otherwise
    if not (text.isascii() and text.isdigit() and int(text)):
        raise BettingProsError(400, f"{name}: use a number from 1")
    return int(text)


def _page(offers: list[dict[str, Any]], page: int, limit: int) -> dict[str, Any]:
    pages = -(-len(offers) // limit)
    return {
        "offers": offers[(page - 1) * limit : page * limit],
        "markets": [{"id": POINTS_MARKET_ID, "sport": "NBA", "slug": "points"}],
        "_pagination": {
            "page": page,
            "limit": limit,
            "total_pages": pages,
            "total_items": len(offers),
        },
        "_parameters": dict(request.args.items()),
    }


def _event(game: Game, status: int) -> dict[str, Any]:
    home, away = TEAMS[game.home_team], TEAMS[game.away_team]
    matchup = f"{name_slug(home.full_name)}-vs-{name_slug(away.full_name)}"
    return {
        "id": bettingpros_event_id(game.game_id),
        "sr_id": guid_of("bettingpros", game.game_id),
        "sport": "NBA",
        "scheduled": f"{game.tipoff:%Y-%m-%d %H:%M:%S}",
        "season": int(game.season[:4]),
        "season_type": _SEASON_TYPES.get(game.season_type, "REG"),
        "event_name": None,
        "status": _STATUSES[status],
        "home": team_code(game.home_team),
        "visitor": team_code(game.away_team),
        "link": f"/nba/matchups/{matchup}/?date={game.game_date}",
        "series_summary": None,
        "lineups": None,
        "venue": {"name": None, "id": None, "city": None if game.neutral_site else home.city},
        "participants": [_participant(home), _participant(away)],
        "results": _results(game) if status == FINAL else None,
        "is_free": False,
    }


def _participant(team: Team) -> dict[str, Any]:
    slug, code = name_slug(team.full_name), team_code(team.tricode)
    return {
        "id": code,
        "name": team.nickname,
        "link": f"/nba/teams/{slug}/",
        "team": {"city": team.city, "abbreviation": code, "slug": slug},
    }


def _results(game: Game) -> dict[str, Any]:
    scores = {game.home_team: game.home_points, game.away_team: game.away_points}
    winner = max(scores, key=lambda team: scores[team])
    listed = [{"participant": team_code(team), "score": score} for team, score in scores.items()]
    return {"outcomes": [{"label": "event", "winner": team_code(winner), "scores": listed}]}
