"""A slate of any size in the real tables: players of a real one, copied into games of their own."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from orchestration.state import Event, PipelineState, State
from predictions.coordinator.slate import skip_reason
from shared.clock import utc_now
from shared.messages import Phase
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

PLAYERS_A_GAME = 30
_LETTERS = 26
_RUN = "bench-load"
_FIRST_ID = 90_000_000


def make(warehouse: Warehouse, like: date, day: date, players: int, books: int, lines: int) -> int:
    """Stores schedule, contexts and features of a date for so many players, each with every book's lines.

    Args:
        like: a date whose players they are copies of; those that would be skipped are left out.

    Returns:
        The number of games.

    Raises:
        ValueError: nobody on that date can be predicted.
    """
    features = _predictable(warehouse, like)
    contexts = warehouse.read(
        "upcoming_player_game_context", _columns("upcoming_player_game_context"), like, like
    )
    schedule = warehouse.read("nba_schedule", _columns("nba_schedule"), like, like).slice(0, 1).to_pylist()[0]
    known = {row["player_lookup"]: row for row in contexts.to_pylist()}
    copies = list(_copies(features, day, players))
    offered = [_context(known[was], own, books, lines) for was, own in copies]
    games = {row["game_id"]: row for _, row in copies}
    _store(warehouse, "nba_schedule", [_game(schedule, row, n) for n, row in enumerate(games.values())])
    _store(warehouse, "upcoming_player_game_context", offered)
    _store(warehouse, "ml_feature_store", [row for _, row in copies])
    made = Event(day, Phase.PRECOMPUTE, "ml_feature_store", State.COMPLETE, utc_now(), _RUN, players)
    PipelineState(warehouse).append([made])
    return len(games)


def _columns(table: str) -> list[str]:
    return spec_of(table).column_names()


def _predictable(warehouse: Warehouse, day: date) -> list[dict[str, Any]]:
    stored = warehouse.read("ml_feature_store", _columns("ml_feature_store"), day, day).to_pylist()
    rows = [row for row in stored if skip_reason(row) is None]
    if not rows:
        raise ValueError(f"nobody on {day} can be predicted")
    return rows


def _copies(rows: list[dict[str, Any]], day: date, players: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Who each was, and his row of the new date."""
    for number in range(players):
        row = rows[number % len(rows)]
        away, home = game_teams(number // PLAYERS_A_GAME)
        own = {
            "game_date": day,
            "game_id": f"{day:%Y%m%d}_{away}_{home}",
            "player_lookup": f"{row['player_lookup']}{number}",
            "player_id": _FIRST_ID + number,
            "team_abbr": (away, home)[number % 2],
            "opponent_team_abbr": (home, away)[number % 2],
        }
        yield row["player_lookup"], {**row, **own}


def game_teams(number: int) -> tuple[str, str]:
    """Away and home team of a made-up game: no two games have one in common."""
    away, home = (
        f"X{chr(65 + team // _LETTERS)}{chr(65 + team % _LETTERS)}" for team in (2 * number, 2 * number + 1)
    )
    return away, home


def _context(context: dict[str, Any], own: dict[str, Any], books: int, lines: int) -> dict[str, Any]:
    moved = ("game_date", "game_id", "player_lookup", "player_id", "team_abbr", "opponent_team_abbr")
    usual = round(own["points_avg_season"] or own["points_avg_last_10"] or 10)
    return {
        **context,
        **{name: own[name] for name in moved},
        "lines": list(offers(usual, own["cutoff"], books, lines)),
        "bookmaker_count": books,
    }


def offers(usual: int, seen: datetime, books: int, lines: int) -> Iterator[dict[str, Any]]:
    """Every book's lines around a player's usual points; the middle one is its main line."""
    middle = lines // 2
    for book in range(books):
        for place in range(lines):
            away = place - middle
            favoured, other = -(110 + 20 * abs(away) + book % 5), 100 + 15 * abs(away)
            yield {
                "bookmaker": f"book{book}",
                "line": max(usual, middle) + away + 0.5,
                "over_price": favoured if away <= 0 else other,
                "under_price": favoured if away >= 0 else other,
                "is_main": away == 0,
                "snapshot_at": seen,
                "provider": "odds_api",
            }


def _game(template: dict[str, Any], player: dict[str, Any], number: int) -> dict[str, Any]:
    _, away, home = player["game_id"].split("_")
    own = {"game_date": player["game_date"], "game_id": player["game_id"], "nba_game_id": f"bench{number}"}
    teams = {"away_team": away, "home_team": home}
    return {**template, **own, **teams, "tip_at": player["tip_at"]}


def _store(warehouse: Warehouse, table: str, rows: list[dict[str, Any]]) -> None:
    written = ("generation", "run_id", "written_at")
    now = utc_now()
    fresh = ({name: value for name, value in row.items() if name not in written} for row in rows)
    replace_rows(warehouse, spec_of(table), [{**row, "generation": now} for row in fresh], _RUN)
