"""The live feed's box score: the same figures as boxscoretraditionalv3, in the live feed's words."""

from __future__ import annotations

from typing import Any

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.boxscore import counting, seconds_of, sums, team_minutes
from deploy.local.upstream.names import initial_name, split_name
from deploy.local.upstream.schedule import FINAL, status_text, times
from deploy.local.upstream.teams import TEAMS

Row = dict[str, Any]
# What a box score's comment begins with, and what the live feed says of such a player.
_REASONS = {
    "DNP": ("ACTIVE", "DNP_COACH"),
    "DND": ("INACTIVE", "INACTIVE_INJURY"),
    "NWT": ("INACTIVE", "INACTIVE_NWT"),
}


def live_box_score(archive: Archive, game: Game, status: int) -> Row:
    """The value of `game`, from the tip-off on; before the end without players."""
    rows = archive.player_box[game.game_id] if status == FINAL else []
    moments = times(game)
    return {
        "gameId": game.game_id,
        "gameTimeUTC": moments["gameDateTimeUTC"],
        "gameEt": moments["gameDateTimeEst"],
        "gameCode": f"{game.game_date:%Y%m%d}/{game.away_team}{game.home_team}",
        "gameStatusText": status_text(game, status),
        "gameStatus": status,
        "regulationPeriods": 4,
        "gameClock": "PT00M00.00S",
        "homeTeam": _team(
            game.home_team, [row for row in rows if row["is_home"]], _score(game, True, status)
        ),
        "awayTeam": _team(
            game.away_team, [row for row in rows if not row["is_home"]], _score(game, False, status)
        ),
    }


def _score(game: Game, home: bool, status: int) -> int:
    if status != FINAL:
        return 0
    return game.home_points if home else game.away_points


def _team(tricode: str, rows: list[Row], score: int) -> Row:
    team = TEAMS[tricode]
    minutes = team_minutes(sum(seconds_of(row) for row in rows) / 60) if rows else 0
    totals = {"minutes": _duration(minutes * 60), **counting(sums(rows))}
    return {
        "teamId": team.nba_id,
        "teamName": team.nickname,
        "teamCity": team.city,
        "teamTricode": tricode,
        "score": score,
        "players": [_player(row, order) for order, row in enumerate(rows, start=1)],
        "statistics": totals,
    }


def _player(row: Row, order: int) -> Row:
    first, family = split_name(row["player_name"])
    played = row["status"] == "PLAYED"
    comment = row["comment"] or ""
    status, reason = ("ACTIVE", None) if played else _absence(comment)
    return {
        "status": status,
        "order": order,
        "personId": row["player_id"],
        "jerseyNum": "",
        **({"position": row["position"] or "F"} if row["starter"] else {}),
        "starter": "1" if row["starter"] else "0",
        "oncourt": "0",
        "played": "1" if played else "0",
        "statistics": {
            "minutes": _duration(seconds_of(row) if played else 0),
            **counting(row),
            "plusMinusPoints": float(row["plus_minus"] or 0),
        },
        "name": row["player_name"],
        "nameI": initial_name(row["player_name"]),
        "firstName": first,
        "familyName": family,
        **({"notPlayingReason": reason, "notPlayingDescription": _described(comment)} if reason else {}),
    }


def _absence(comment: str) -> tuple[str, str]:
    return _REASONS.get(comment[:3], _REASONS["DNP"])


def _described(comment: str) -> str:
    """What a comment says after DND, DNP or NWT, which the feed says in a field of its own."""
    return comment.partition(" - ")[2] or comment


def _duration(seconds: int) -> str:
    return f"PT{seconds // 60:02d}M{seconds % 60:02d}.00S"
