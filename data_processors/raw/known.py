"""What parsing looks up in the warehouse, read once a message and only when it is asked for."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property

from data_processors.raw.nba_schedule.slate import Slate, read_slate
from shared.identity.resolver import Player, Resolver
from shared.messages import MAX_SPAN_DAYS, DateSpan
from shared.warehouse.warehouse import Warehouse

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
    rows = warehouse.rows(
        """
        WITH seen AS (
          SELECT player_id, player_lookup, player_name, team_abbr, game_date, TRUE AS played
          FROM nba_raw.nba_player_boxscores
          WHERE game_date BETWEEN @first AND @last
          UNION ALL
          SELECT player_id, player_lookup, player_name, team_abbr, game_date, FALSE AS played
          FROM nba_raw.nba_players
          WHERE game_date BETWEEN @first AND @last
        ),
        teams AS (
          SELECT player_id, MAX_BY(team_abbr, game_date) AS team
          FROM seen
          GROUP BY player_id
        ),
        spellings AS (
          SELECT
            player_id, player_lookup, MAX_BY(player_name, game_date) AS player_name,
            LOGICAL_OR(played) AS played, MAX(game_date) AS last_date
          FROM seen
          GROUP BY player_id, player_lookup
        )
        SELECT s.player_id, s.player_lookup, s.player_name, t.team
        FROM spellings AS s
        JOIN teams AS t ON t.player_id = s.player_id
        ORDER BY s.player_id, s.played, s.last_date, s.player_lookup
        """,
        first=first,
        last=last,
    )
    return [Player(**row) for row in rows]


def _aliases(warehouse: Warehouse) -> Mapping[str, int]:
    rows = warehouse.rows("SELECT alias_lookup, player_id FROM nba_reference.player_aliases")
    return {row["alias_lookup"]: row["player_id"] for row in rows}
