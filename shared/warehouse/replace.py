"""Exchanging tables' rows for a scope, atomically: the only way in which derived rows are written.

How a table is exchanged is in exchange.py; here is which rows go and which come: of dates that a query.sql
computes again, of one table or several in one job, or of rows at hand, through a staging table.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from string import Template
from typing import Any

import pyarrow as pa
from google.cloud import bigquery

from shared.clock import utc_now, wall_clock
from shared.messages import AsOf
from shared.outcomes import PermanentError
from shared.warehouse.exchange import Exchange, Replaced, run_exchanges
from shared.warehouse.parameters import nullable, struct_rows
from shared.warehouse.specs import Column, TableSpec
from shared.warehouse.warehouse import Warehouse, as_arrow

STAGING_DATASET = "nba_staging"
_STAGING_LIFE = timedelta(hours=6)
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
class DatesOf:
    """A table's dates to compute again with its query.sql.

    Args:
        generations: date -> newest changed input that the date's rows rest on.
        seeing: a query about the dates between @from_date and @to_date, answered in the same job, after all.
        keeping: another table, and a table expression with all of its columns: those rows are exchanged there
            in the same transaction, after it. They are as new and as unique as the rows that they are of.
    """

    spec: TableSpec
    generations: Mapping[date, datetime]
    seeing: str = ""
    keeping: tuple[TableSpec, str] | None = None


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
    """Recomputes one table's rows for some dates; for the arguments see DatesOf and replace_together."""
    parts = [DatesOf(spec, generations, seeing, keeping)]
    (replaced,) = replace_together(warehouse, parts, knowledge, run_id, latest_hour=latest_hour, **values)
    return replaced


def replace_together(
    warehouse: Warehouse,
    parts: Sequence[DatesOf],
    knowledge: AsOf,
    run_id: str,
    *,
    latest_hour: int | None = None,
    **values: Any,
) -> list[Replaced]:
    """Recomputes several tables' rows for the same dates in one job, each in a transaction of its own.

    A table may rest on those before it. A statement that fails ends the job and leaves them exchanged; a
    table with a key twice stays as it was, and those after it are exchanged all the same.

    Args:
        knowledge: the cutoff; the rows of games that have tipped off by then are frozen.
        latest_hour: 0 to 23, Eastern, of each game's date: no cutoff is later, whatever `knowledge` says.
            With a lead it makes a season known as of its mornings in one statement.
        values: further query parameters.

    Raises:
        ValueError: the parts are of different dates.
    """
    days = set(parts[0].generations)
    if any(set(part.generations) != days for part in parts):
        raise ValueError("tables that are replaced together have the same dates")
    exchanges = [_recomputed(number, part) for number, part in enumerate(parts)]
    scopes = {f"scope_{number}": _scope_value(part.generations) for number, part in enumerate(parts)}
    values["latest_hour"] = nullable(latest_hour, "INT64")
    return run_exchanges(warehouse, exchanges, **scopes, **_span_values(days, knowledge, run_id), **values)


def remove_dates(
    warehouse: Warehouse,
    spec: TableSpec,
    generations: Mapping[date, datetime],
    knowledge: AsOf,
    run_id: str,
) -> Replaced:
    """Replaces a table's rows for some dates by nothing, as replace_dates would by its query's rows."""
    columns = spec.column_names()
    rows = f"SELECT {', '.join(columns)} FROM {spec.table} WHERE FALSE"
    exchange = Exchange(
        spec, scope=_dates(spec, 0), is_newer=_newer_than(spec, 0), columns=columns, rows=rows
    )
    values = _span_values(generations, knowledge, run_id)
    (replaced,) = run_exchanges(warehouse, [exchange], scope_0=_scope_value(generations), **values)
    return replaced


def _recomputed(number: int, part: DatesOf) -> Exchange:
    spec = part.spec
    only_open = _ONLY_OPEN_GAMES.substitute(table=spec.table) if spec.frozen_at_tip else ""
    own = [name for name in spec.column_names() if name not in ("generation", "run_id", "written_at")]
    rows = (
        f"SELECT {', '.join(f'q.{name}' for name in own)}, s.generation, @run_id, CURRENT_TIMESTAMP()\n"
        f"FROM (\n{spec.sql()}\n) AS q\n"
        f"JOIN UNNEST(@scope_{number}) AS s ON s.game_date = q.{spec.partition}{only_open}"
    )
    columns = [*own, "generation", "run_id", "written_at"]
    return Exchange(
        spec,
        scope=_dates(spec, number),
        is_newer=_newer_than(spec, number),
        columns=columns,
        rows=rows,
        seeing=part.seeing,
        keeping=part.keeping,
    )


def _dates(spec: TableSpec, number: int) -> str:
    """Which rows are exchanged: those of the dates in @scope_N that are not frozen."""
    frozen = f" AND {_NOT_FROZEN}" if spec.frozen_at_tip else ""
    return (
        f"t.{spec.partition} BETWEEN @from_date AND @to_date"
        f" AND t.{spec.partition} IN (SELECT s.game_date FROM UNNEST(@scope_{number}) AS s){frozen}"
    )


def _newer_than(spec: TableSpec, number: int) -> str:
    """Which of them are newer than their successors."""
    generation = f"SELECT MAX(s.generation) FROM UNNEST(@scope_{number}) AS s"
    return f"t.generation > ({generation} WHERE s.game_date = t.{spec.partition})"


def _scope_value(generations: Mapping[date, datetime]) -> Any:
    dates = ({"game_date": day, "generation": made} for day, made in generations.items())
    return struct_rows(_SCOPE_COLUMNS, dates)


def _span_values(days: Iterable[date], knowledge: AsOf, run_id: str) -> dict[str, Any]:
    listed = sorted(days)
    return {
        "from_date": listed[0],
        "to_date": listed[-1],
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
    columns = spec.column_names()
    exchange = Exchange(
        spec,
        scope=(
            f"t.{spec.partition} BETWEEN @from_date AND @to_date "
            f"AND EXISTS (SELECT 1 FROM {staging} AS s WHERE {same})"
        ),
        is_newer=f"t.generation > (SELECT MAX(s.generation) FROM {staging} AS s WHERE {same})",
        columns=columns,
        rows=f"SELECT {', '.join(columns)} FROM {staging} AS s",
        seeing=seeing,
    )
    (replaced,) = run_exchanges(warehouse, [exchange], run_id=run_id, from_date=first, to_date=last)
    return replaced


def _stage(warehouse: Warehouse, spec: TableSpec, staged: pa.Table) -> str:
    name = f"{STAGING_DATASET}.{spec.name}_{uuid.uuid4().hex}"
    table = bigquery.Table(f"{warehouse.client.project}.{name}", schema=spec.bigquery_schema())
    table.expires = wall_clock() + _STAGING_LIFE
    warehouse.create_table(table)
    warehouse.load_into(name, spec.bigquery_schema(), staged)
    return name


def _date_bounds(column: pa.ChunkedArray) -> tuple[date, date]:
    days: Sequence[date] = column.to_pylist()
    return min(days), max(days)
