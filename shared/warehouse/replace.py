"""Exchanging a table's rows for a scope, atomically: the only way in which derived rows are written.

One transaction that first updates the table's guard row, so that two concurrent ones conflict and the
loser is TRANSIENT; stops when it finds a newer generation in its scope; counts keys before it commits.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from string import Template
from typing import Any

import pyarrow as pa
from google.cloud import bigquery

from shared.clock import utc_now, wall_clock
from shared.messages import AsOf
from shared.outcomes import PermanentError
from shared.warehouse.parameters import nullable, struct_rows
from shared.warehouse.specs import Column, TableSpec
from shared.warehouse.warehouse import Warehouse, as_arrow

STAGING_DATASET = "nba_staging"
_STAGING_LIFE = timedelta(hours=6)
_SCRIPT = Template("""\
DECLARE script_newer INT64 DEFAULT 0;
DECLARE script_duplicate_keys INT64 DEFAULT 0;
DECLARE script_stored INT64 DEFAULT 0;
BEGIN TRANSACTION;
UPDATE $guard SET touched_by = @run_id, touched_at = CURRENT_TIMESTAMP() WHERE TRUE;
SET script_newer = (SELECT COUNT(*) FROM $table AS t WHERE $scope AND $is_newer);
IF script_newer = 0 THEN
  DELETE FROM $table AS t WHERE $scope;
  INSERT INTO $table ($columns)
  $rows;
  SET script_duplicate_keys = (
    SELECT COUNT(*) FROM (
      SELECT 1 AS one FROM $table AS t WHERE t.$partition BETWEEN @from_date AND @to_date
      GROUP BY $key HAVING COUNT(*) > 1));
  SET script_stored = (SELECT COUNT(*) FROM $table AS t WHERE $scope);
  $keeping
END IF;
IF script_duplicate_keys > 0 THEN
  ROLLBACK TRANSACTION;
ELSE
  COMMIT TRANSACTION;
END IF;
SELECT script_newer AS newer, script_duplicate_keys AS duplicate_keys, script_stored AS stored$seeing;
""")
# What is kept of the new rows in another table, whose rows of the same `replace_by` go.
_KEEPING = Template("""UPDATE $guard SET touched_by = @run_id, touched_at = CURRENT_TIMESTAMP() WHERE TRUE;
  DELETE FROM $table AS t WHERE t.$partition BETWEEN @from_date AND @to_date
    AND EXISTS (SELECT 1 FROM $source AS s WHERE $same);
  INSERT INTO $table ($columns) SELECT $columns FROM $source AS s;""")
_GAMES = "SELECT g.game_id FROM nba_raw.nba_schedule AS g WHERE g.game_date BETWEEN @from_date AND @to_date"
# A tip-off may be moved: what has begun by the stored or the new time stays, unless the game is called off. A
# game that the schedule lacks is not called off: the schedule may be incomplete.
_NOT_FROZEN = (
    "(@lead_minutes IS NOT NULL"
    f" OR t.game_id IN ({_GAMES} AND g.status = 'POSTPONED')"
    f" OR (t.tip_at > @as_of AND t.game_id NOT IN ({_GAMES} AND g.tip_at <= @as_of)))"
)
# Of a game whose rows stay, or that has begun unseen, no others are made.
_ONLY_OPEN_GAMES = Template(
    "\nWHERE @lead_minutes IS NOT NULL"
    f" OR (q.game_id NOT IN ({_GAMES} AND g.tip_at <= @as_of AND g.status != 'POSTPONED')"
    " AND q.game_id NOT IN"
    " (SELECT k.game_id FROM $table AS k WHERE k.game_date BETWEEN @from_date AND @to_date))"
)
_SCOPE_COLUMNS = [
    Column(name="game_date", type="DATE", description="A date to replace"),
    Column(name="generation", type="TIMESTAMP", description="Its newest changed input"),
]


@dataclass(frozen=True)
class Replaced:
    """What a replacement did.

    Args:
        superseded: a newer generation was there, nothing was written.
        seen: the rows of the query that was asked for with it.
    """

    stored: int
    superseded: bool = False
    seen: list[dict[str, Any]] = field(default_factory=list, compare=False)


def replace_dates(
    warehouse: Warehouse,
    spec: TableSpec,
    generations: Mapping[date, datetime],
    knowledge: AsOf,
    run_id: str,
    *,
    latest_hour: int | None = None,
    seeing: str = "",
    keeping: tuple[TableSpec, str] | None = None,
    **values: Any,
) -> Replaced:
    """Recomputes a table's rows for some dates with its query.sql.

    Args:
        generations: date -> newest changed input that the date's rows rest on.
        knowledge: the cutoff; the rows of games that have tipped off by then are frozen.
        latest_hour: 0 to 23, Eastern, of each game's date: no cutoff is later, whatever `knowledge` says.
            With a lead it makes a season known as of its mornings in one statement.
        seeing: a query about the dates between @from_date and @to_date, answered in the same job, after it.
        keeping: another table, and a table expression with all of its columns: those rows are exchanged there
            in the same transaction, after it. They are as new and as unique as the rows that they are of.
        values: further query parameters.
    """
    only_open = _ONLY_OPEN_GAMES.substitute(table=spec.table) if spec.frozen_at_tip else ""
    own = [name for name in spec.column_names() if name not in ("generation", "run_id", "written_at")]
    script = _SCRIPT.substitute(
        _names(spec),
        **_scope_of_dates(spec),
        seeing=_seeing(seeing),
        keeping=_keeping(*keeping) if keeping else "",
        rows=(
            f"SELECT {', '.join(f'q.{name}' for name in own)}, s.generation, @run_id, CURRENT_TIMESTAMP()\n"
            f"FROM (\n{spec.sql()}\n) AS q\n"
            f"JOIN UNNEST(@scope) AS s ON s.game_date = q.{spec.partition}{only_open}"
        ),
        columns=", ".join([*own, "generation", "run_id", "written_at"]),
    )
    values["latest_hour"] = nullable(latest_hour, "INT64")
    return _run(warehouse, spec, script, **_scope_values(generations, knowledge, run_id), **values)


def remove_dates(
    warehouse: Warehouse,
    spec: TableSpec,
    generations: Mapping[date, datetime],
    knowledge: AsOf,
    run_id: str,
) -> Replaced:
    """Replaces a table's rows for some dates by nothing, as replace_dates would by its query's rows."""
    columns = ", ".join(spec.column_names())
    script = _SCRIPT.substitute(
        _names(spec),
        **_scope_of_dates(spec),
        seeing="",
        keeping="",
        rows=f"SELECT {columns} FROM {spec.table} WHERE FALSE",
        columns=columns,
    )
    return _run(warehouse, spec, script, **_scope_values(generations, knowledge, run_id))


def _scope_of_dates(spec: TableSpec) -> dict[str, str]:
    """Which rows of the dates in @scope are exchanged, and which are newer than their successors."""
    frozen = f" AND {_NOT_FROZEN}" if spec.frozen_at_tip else ""
    return {
        "scope": (
            f"t.{spec.partition} BETWEEN @from_date AND @to_date AND t.{spec.partition} IN "
            f"(SELECT s.game_date FROM UNNEST(@scope) AS s){frozen}"
        ),
        "is_newer": (
            "t.generation > "
            f"(SELECT MAX(s.generation) FROM UNNEST(@scope) AS s WHERE s.game_date = t.{spec.partition})"
        ),
    }


def _scope_values(generations: Mapping[date, datetime], knowledge: AsOf, run_id: str) -> dict[str, Any]:
    scope = struct_rows(
        _SCOPE_COLUMNS, ({"game_date": day, "generation": made} for day, made in generations.items())
    )
    return {
        "scope": scope,
        "from_date": min(generations),
        "to_date": max(generations),
        "run_id": run_id,
        "as_of": knowledge.as_of or utc_now(),
        "lead_minutes": nullable(knowledge.lead_minutes, "INT64"),
    }


def replace_rows(
    warehouse: Warehouse,
    spec: TableSpec,
    rows: Iterable[Mapping[str, Any]] | pa.Table,
    run_id: str,
    bounds: tuple[date, date] | None = None,
    seeing: str = "",
) -> Replaced:
    """Exchanges the rows that share their `replace_by` values with the given ones, which carry `generation`.

    Args:
        rows: mappings, or an arrow table that has the writing columns already.
        bounds: first and last partition that the old rows may lie in; those of the new rows when omitted.
        seeing: as of replace_dates, about the dates of `bounds`.
    """
    staged = rows if isinstance(rows, pa.Table) else _stamped(spec, rows, run_id)
    if not staged.num_rows:
        return Replaced(0)
    partition = str(spec.partition)
    first, last = bounds or (_date_bounds(staged.column(partition)))
    staging = _stage(warehouse, spec, staged)
    try:
        result = _replace_from_staging(warehouse, spec, staging, run_id, first, last, seeing)
    finally:
        warehouse.discard_table(staging)
    if not result.superseded and result.stored != staged.num_rows:
        raise PermanentError(f"{spec.table}: staged {staged.num_rows} rows but stored {result.stored}")
    return result


def _stamped(spec: TableSpec, rows: Iterable[Mapping[str, Any]], run_id: str) -> pa.Table:
    written_at = utc_now()
    stamped = ({**row, "run_id": run_id, "written_at": written_at} for row in rows)
    return as_arrow(spec.arrow_schema(), stamped)


def _replace_from_staging(
    warehouse: Warehouse,
    spec: TableSpec,
    staging: str,
    run_id: str,
    first: date,
    last: date,
    seeing: str = "",
) -> Replaced:
    same = " AND ".join(f"s.{name} = t.{name}" for name in spec.replace_by)
    columns = ", ".join(spec.column_names())
    script = _SCRIPT.substitute(
        _names(spec),
        scope=(
            f"t.{spec.partition} BETWEEN @from_date AND @to_date "
            f"AND EXISTS (SELECT 1 FROM {staging} AS s WHERE {same})"
        ),
        is_newer=f"t.generation > (SELECT MAX(s.generation) FROM {staging} AS s WHERE {same})",
        rows=f"SELECT {columns} FROM {staging} AS s",
        seeing=_seeing(seeing),
        keeping="",
        columns=columns,
    )
    return _run(warehouse, spec, script, run_id=run_id, from_date=first, to_date=last)


def _stage(warehouse: Warehouse, spec: TableSpec, staged: pa.Table) -> str:
    name = f"{STAGING_DATASET}.{spec.name}_{uuid.uuid4().hex}"
    table = bigquery.Table(f"{warehouse.client.project}.{name}", schema=spec.bigquery_schema())
    table.expires = wall_clock() + _STAGING_LIFE
    warehouse.create_table(table)
    warehouse.load_into(name, spec.bigquery_schema(), staged)
    return name


def _keeping(spec: TableSpec, source: str) -> str:
    return _KEEPING.substitute(
        _names(spec),
        source=source,
        same=" AND ".join(f"s.{name} = t.{name}" for name in spec.replace_by),
        columns=", ".join(spec.column_names()),
    )


def _names(spec: TableSpec) -> dict[str, str]:
    return {
        "guard": spec.guard,
        "table": spec.table,
        "partition": str(spec.partition),
        "key": ", ".join(f"t.{name}" for name in spec.key),
    }


def _seeing(query: str) -> str:
    """Further columns of a script's answer: the rows of a query, or one row of NULLs when it has none."""
    return f", i.* FROM (SELECT 1 AS one) AS o LEFT JOIN (\n{query}\n) AS i ON TRUE" if query else ""


def _run(warehouse: Warehouse, spec: TableSpec, script: str, **values: Any) -> Replaced:
    rows = warehouse.rows(script, **values)
    result = rows[0]
    if result["duplicate_keys"]:
        raise PermanentError(
            f"{spec.table}: {result['duplicate_keys']} keys occur twice; nothing was written"
        )
    return Replaced(result["stored"], superseded=result["newer"] > 0, seen=rows)


def _date_bounds(column: pa.ChunkedArray) -> tuple[date, date]:
    days: Sequence[date] = column.to_pylist()
    return min(days), max(days)
