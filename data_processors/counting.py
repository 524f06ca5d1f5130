"""What a table has for each date, and how to ask for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from string import Template
from typing import Any

from shared.warehouse.checks import inspection
from shared.warehouse.specs import TableSpec
from shared.warehouse.warehouse import Warehouse

_STORED = Template("""
SELECT s.game_date, s.stored_rows, s.generation, s.games, s.open_rows, e.expected_rows
FROM (
  SELECT
    game_date, COUNT(*) AS stored_rows, MAX(generation) AS generation,
    COUNT(DISTINCT IF($counts, game_id, NULL)) AS games, COUNTIF($counts) AS open_rows
  FROM $table
  LEFT JOIN (
    SELECT game_id AS open_game_id
    FROM nba_raw.nba_schedule
    WHERE game_date BETWEEN @from_date AND @to_date AND status != 'POSTPONED' AND tip_at > @moment
  ) AS o ON o.open_game_id = game_id
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date
) AS s
LEFT JOIN (
$expected
) AS e ON e.game_date = s.game_date
""")


@dataclass(frozen=True)
class Counted:
    """What a table has for a date. Of what is frozen at the tip, `games`, `open_rows` and `expected_rows` are
    of games that were open at the run's moment.

    Args:
        generation: the newest of its rows.
        expected_rows: what expected.sql says; None where no input says how many.
    """

    stored_rows: int
    generation: datetime
    games: int
    open_rows: int
    expected_rows: int | None


def stored(
    warehouse: Warehouse, spec: TableSpec, days: Iterable[date], moment: datetime
) -> dict[date, Counted]:
    """What a table has for each date that has any rows."""
    listed = list(days)
    sql = counting(spec)
    return by_date(warehouse.rows(sql, from_date=min(listed), to_date=max(listed), moment=moment))


def counting(spec: TableSpec) -> str:
    """The query that counts a table by date; its parameters are from_date, to_date and moment."""
    counts = "open_game_id IS NOT NULL" if spec.frozen_at_tip else "TRUE"
    return _STORED.substitute(table=spec.table, counts=counts, expected=spec.expected_sql())


def by_date(rows: Iterable[Mapping[str, Any]]) -> dict[date, Counted]:
    names = [field.name for field in fields(Counted)]
    return {row["game_date"]: Counted(*(row[name] for name in names)) for row in rows}


def looking(spec: TableSpec) -> str:
    """The query that a replacement is inspected by, in its own job."""
    return inspection(spec, counting(spec))
