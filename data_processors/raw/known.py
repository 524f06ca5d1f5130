"""What parsing looks up in the warehouse, read once a message and only when it is asked for."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from data_processors.raw.nba_schedule.slate import Slate, read_slate
from shared.identity.resolver import Player, Resolver
from shared.messages import MAX_SPAN_DAYS, DateSpan
from shared.warehouse.warehouse import Warehouse

_SEEN = ["player_id", "player_lookup", "player_name", "team_abbr", "game_date"]
_LOOKBACK = timedelta(days=MAX_SPAN_DAYS)


class Lookups:
    """The slate and the players of a span."""

    def __init__(self, warehouse: Warehouse, span: DateSpan) -> None:
        self._warehouse, self._span = warehouse, span

    @cached_property
    def slate(self) -> Slate:
        return read_slate(self._warehouse, self._span)

    @cached_property
    def resolver(self) -> Resolver:
        first, last = self._span.from_date - _LOOKBACK, self._span.to_date
        return Resolver(_players(self._warehouse, first, last), _aliases(self._warehouse))


def _players(warehouse: Warehouse, first: date, last: date) -> list[Player]:
    """Every spelling of everybody in a box score or player index between two dates, his own the last.

    His own is that of his latest box score, by which his history is joined; of the index when he has none.
    His team is that of whichever is the more recent.
    """
    seen: dict[tuple[int, str], dict[str, Any]] = {}
    teams: dict[int, tuple[date, str | None]] = {}
    for table in ("nba_player_boxscores", "nba_players"):
        for row in warehouse.read(table, _SEEN, first, last).to_pylist():
            day, key = row["game_date"], (row["player_id"], row["player_lookup"])
            spelling = seen.setdefault(key, {"name": (day, row["player_name"]), "played": False})
            spelling["name"] = max(spelling["name"], (day, row["player_name"]))
            spelling["played"] |= table == "nba_player_boxscores"
            if day >= teams.get(key[0], (day, None))[0]:
                teams[key[0]] = day, row["team_abbr"]
    in_order = sorted(seen, key=lambda key: (key[0], seen[key]["played"], seen[key]["name"][0], key[1]))
    return [Player(*key, seen[key]["name"][1], teams[key[0]][1]) for key in in_order]


def _aliases(warehouse: Warehouse) -> Mapping[str, int]:
    rows = warehouse.read("player_aliases", ["alias_lookup", "player_id"])
    return {row["alias_lookup"]: row["player_id"] for row in rows.to_pylist()}
