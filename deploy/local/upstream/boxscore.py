"""The body of stats.nba.com's boxscoretraditionalv3."""

from __future__ import annotations

from typing import Any

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.names import initial_name, player_slug, split_name
from deploy.local.upstream.teams import TEAMS

Row = dict[str, Any]

REGULATION_MINUTES = 240
OVERTIME_MINUTES = 25

# F F C G G, as upstream lists a team's starters
_STARTER_ORDER = {"F": 0, "C": 1, "G": 2}
_SHOTS = (("fieldGoals", "fgm", "fga"), ("threePointers", "fg3m", "fg3a"), ("freeThrows", "ftm", "fta"))
_COUNTS = (
    ("assists", "ast"),
    ("steals", "stl"),
    ("blocks", "blk"),
    ("turnovers", "turnovers"),
    ("foulsPersonal", "pf"),
    ("points", "points"),
)


def box_score(archive: Archive, game: Game, *, final: bool) -> dict[str, Any]:
    """The value of `boxScoreTraditional`. Before the end: both teams, no players, null statistics."""
    rows = archive.player_box[game.game_id] if final else []
    home = [row for row in rows if row["is_home"]]
    away = [row for row in rows if not row["is_home"]]
    margin = game.home_points - game.away_points
    return {
        "gameId": game.game_id,
        "awayTeamId": TEAMS[game.away_team].nba_id,
        "homeTeamId": TEAMS[game.home_team].nba_id,
        "homeTeam": _team(game.home_team, home, margin),
        "awayTeam": _team(game.away_team, away, -margin),
    }


def _team(tricode: str, rows: list[Row], margin: int) -> dict[str, Any]:
    team = TEAMS[tricode]
    return {
        "teamId": team.nba_id,
        "teamCity": team.city,
        "teamName": team.nickname,
        "teamTricode": team.tricode,
        "teamSlug": team.slug,
        "players": [_player(row) for row in sorted(rows, key=_place)],
        "statistics": _team_totals(rows, margin) if rows else None,
        **_groups(rows),
    }


def _groups(rows: list[Row]) -> dict[str, Any]:
    """Totals of starters and bench; null, as upstream has them, where the starters are not known."""
    if not rows or any(row["starter"] is None for row in rows):
        return {"starters": None, "bench": None}
    starters = [row for row in rows if row["starter"]]
    bench = [row for row in rows if not row["starter"]]
    return {"starters": _group_totals(starters), "bench": _group_totals(bench)}


def _group_totals(rows: list[Row]) -> dict[str, Any]:
    return {"minutes": clock_text(sum(seconds_of(row) for row in rows)), **counting(sums(rows))}


def _team_totals(rows: list[Row], margin: int) -> dict[str, Any]:
    minutes = team_minutes(sum(seconds_of(row) for row in rows) / 60)
    return {"minutes": f"{minutes}:00", **counting(sums(rows)), "plusMinusPoints": float(margin)}


def team_minutes(played: float) -> int:
    """240, 265, 290, ...: the only totals there are; whole player minutes miss them by a few."""
    overtimes = max(0, round((played - REGULATION_MINUTES) / OVERTIME_MINUTES))
    return REGULATION_MINUTES + OVERTIME_MINUTES * overtimes


def _place(row: Row) -> tuple[int, int]:
    """Starters by position, then who came off the bench, then who did not play."""
    if row["starter"]:
        return 0, _STARTER_ORDER.get(_position(row), 0)
    return (1, 0) if row["status"] == "PLAYED" else (2, 0)


def _position(row: Row) -> str:
    return (row["position"] or "F") if row["starter"] else ""


def _player(row: Row) -> dict[str, Any]:
    first, family = split_name(row["player_name"])
    return {
        "personId": row["player_id"],
        "firstName": first,
        "familyName": family,
        "nameI": initial_name(row["player_name"]),
        "playerSlug": player_slug(row["player_name"]),
        "position": _position(row),
        "comment": row["comment"] or "",
        "jerseyNum": "",
        "statistics": _player_line(row),
    }


def _player_line(row: Row) -> dict[str, Any]:
    minutes = clock_text(seconds_of(row)) if row["status"] == "PLAYED" else ""
    return {"minutes": minutes, **counting(row), "plusMinusPoints": float(row["plus_minus"] or 0)}


def clock_text(seconds: int) -> str:
    """ "6:30", "112:55": upstream does not pad the minutes."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def seconds_of(row: Row) -> int:
    """Time on the court."""
    return round((row["minutes"] or 0) * 60)


def sums(rows: list[Row]) -> Row:
    """The counted columns of some rows, added up."""
    columns = [column for _, *pair in _SHOTS for column in pair] + [column for _, column in _COUNTS]
    return {column: sum(row[column] or 0 for row in rows) for column in (*columns, "oreb", "dreb")}


def counting(row: Row) -> dict[str, Any]:
    """The counted columns in NBA.com's words."""
    line: dict[str, Any] = {}
    for name, made_column, tried_column in _SHOTS:
        made, tried = row[made_column] or 0, row[tried_column] or 0
        line[f"{name}Made"], line[f"{name}Attempted"] = made, tried
        line[f"{name}Percentage"] = round(made / tried, 3) if tried else 0.0
    offensive, defensive = row["oreb"] or 0, row["dreb"] or 0
    rebounds = {"Offensive": offensive, "Defensive": defensive, "Total": offensive + defensive}
    line.update({f"rebounds{kind}": count for kind, count in rebounds.items()})
    line.update({name: row[column] or 0 for name, column in _COUNTS})
    return line
