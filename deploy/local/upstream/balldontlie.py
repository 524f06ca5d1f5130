"""api.balldontlie.io/v1: the box scores of a date, a page of games at a time."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.bodies import json_response
from deploy.local.upstream.clock import SimulatedClock, iso_z
from deploy.local.upstream.names import split_name
from deploy.local.upstream.provider_ids import balldontlie_player_id
from deploy.local.upstream.schedule import FINAL, LIVE, game_status
from deploy.local.upstream.teams import TEAMS

MOST_PER_PAGE = 100
_FIRST_TEAM = 1610612736
_SHOTS = (("fg", "fgm", "fga"), ("fg3", "fg3m", "fg3a"), ("ft", "ftm", "fta"))
_COUNTS = {"ast": "ast", "stl": "stl", "blk": "blk", "turnover": "turnovers", "pf": "pf", "pts": "points"}


class BalldontlieError(Exception):
    """A refusal."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def balldontlie_blueprint(archive: Archive, clock: SimulatedClock, api_key: str | None) -> Blueprint:
    """Routes below /api.balldontlie.io/v1. `api_key` None accepts any key that is not empty."""
    blueprint = Blueprint("balldontlie", __name__, url_prefix="/api.balldontlie.io/v1")

    @blueprint.before_request
    def admit() -> None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not key or (api_key and not secrets.compare_digest(key.encode(), api_key.encode())):
            raise BalldontlieError(401, "Unauthorized")

    @blueprint.errorhandler(BalldontlieError)
    def refuse(error: BalldontlieError) -> Response:
        return json_response({"error": error.message}, error.status)

    @blueprint.get("/box_scores")
    def box_scores() -> Response:
        day = _day()
        games = [game for game in archive.games if game.game_date == day]
        start = _number("cursor", 0)
        stop = start + min(max(_number("per_page", 25), 1), MOST_PER_PAGE)
        body: dict[str, Any] = {
            "data": [_game(archive, game, game_status(game, clock.now)) for game in games[start:stop]]
        }
        if stop < len(games):
            body["meta"] = {"next_cursor": stop, "per_page": stop - start}
        return json_response(body)

    return blueprint


def _day() -> date:
    try:
        return date.fromisoformat(request.args.get("date", ""))
    except ValueError as error:
        raise BalldontlieError(400, "date: use YYYY-MM-DD") from error


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit()):
        raise BalldontlieError(400, f"{name}: use a number")
    return int(text)


def _game(archive: Archive, game: Game, status: int) -> dict[str, Any]:
    rows = archive.player_box[game.game_id] if status == FINAL else []
    return {
        "date": game.game_date.isoformat(),
        "season": int(game.season[:4]),
        "status": {FINAL: "Final", LIVE: "1st Qtr"}.get(status, iso_z(game.tipoff)),
        "period": 4 if status == FINAL else int(status == LIVE),
        "time": "Final" if status == FINAL else None,
        "postseason": game.season_type == "Playoffs",
        "home_team_score": game.home_points if status == FINAL else 0,
        "visitor_team_score": game.away_points if status == FINAL else 0,
        "home_team": _team(game.home_team, [row for row in rows if row["is_home"]]),
        "visitor_team": _team(game.away_team, [row for row in rows if not row["is_home"]]),
    }


def _team(tricode: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """balldontlie's keys but for conference and division, which an archive does not need."""
    team = TEAMS[tricode]
    return {
        "id": team.nba_id - _FIRST_TEAM,
        "city": team.city,
        "name": team.nickname,
        "full_name": f"{team.city} {team.nickname}",
        "abbreviation": tricode,
        "players": [_line(row) for row in rows],
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    first, family = split_name(row["player_name"])
    line: dict[str, Any] = {"min": f"{int(row['minutes'] or 0):02d}"}
    for name, made_column, tried_column in _SHOTS:
        made, tried = row[made_column] or 0, row[tried_column] or 0
        line |= {f"{name}m": made, f"{name}a": tried, f"{name}_pct": round(made / tried, 7) if tried else 0}
    offensive, defensive = row["oreb"] or 0, row["dreb"] or 0
    line |= {"oreb": offensive, "dreb": defensive, "reb": offensive + defensive}
    line |= {name: row[column] or 0 for name, column in _COUNTS.items()}
    position = row["position"] or ""
    player = {"id": balldontlie_player_id(row["player_id"]), "first_name": first, "last_name": family}
    return {**line, "player": player | {"position": position}}
