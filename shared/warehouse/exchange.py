"""One script that exchanges rows of tables: each table in a transaction of its own, all in one job.

A transaction first updates the table's guard row, so that two concurrent ones conflict and the loser is
TRANSIENT; stops when it finds a newer generation in its scope; counts keys before it commits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

from shared.outcomes import PermanentError
from shared.warehouse.specs import TableSpec
from shared.warehouse.warehouse import Warehouse

_SCRIPT = Template("""\
$declarations
$exchanges
$results;
""")
_DECLARATION = Template("""\
DECLARE script_newer_$n INT64 DEFAULT 0;
DECLARE script_duplicate_keys_$n INT64 DEFAULT 0;
DECLARE script_stored_$n INT64 DEFAULT 0;""")
_EXCHANGE = Template("""\
BEGIN TRANSACTION;
UPDATE $guard SET touched_by = @run_id, touched_at = CURRENT_TIMESTAMP() WHERE TRUE;
SET script_newer_$n = (SELECT COUNT(*) FROM $table AS t WHERE $scope AND $is_newer);
IF script_newer_$n = 0 THEN
  DELETE FROM $table AS t WHERE $scope;
  INSERT INTO $table ($columns)
  $rows;
  SET script_duplicate_keys_$n = (
    SELECT COUNT(*) FROM (
      SELECT 1 AS one FROM $table AS t WHERE t.$partition BETWEEN @from_date AND @to_date
      GROUP BY $key HAVING COUNT(*) > 1));
  SET script_stored_$n = (SELECT COUNT(*) FROM $table AS t WHERE $scope);
  $keeping
END IF;
IF script_duplicate_keys_$n > 0 THEN
  ROLLBACK TRANSACTION;
ELSE
  COMMIT TRANSACTION;
END IF;""")
_RESULT = Template("""\
SELECT
  $n AS exchange, script_newer_$n AS newer, script_duplicate_keys_$n AS duplicate_keys,
  script_stored_$n AS stored$seeing""")
# What is kept of the new rows in another table, whose rows of the same `replace_by` go.
_KEEPING = Template("""UPDATE $guard SET touched_by = @run_id, touched_at = CURRENT_TIMESTAMP() WHERE TRUE;
  DELETE FROM $table AS t WHERE t.$partition BETWEEN @from_date AND @to_date
    AND EXISTS (SELECT 1 FROM $source AS s WHERE $same);
  INSERT INTO $table ($columns) SELECT $columns FROM $source AS s;""")


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


@dataclass(frozen=True)
class Exchange:
    """A table's part of a script, in SQL: which rows go, what makes them newer, and what comes."""

    spec: TableSpec
    scope: str
    is_newer: str
    columns: Iterable[str]
    rows: str
    seeing: str = ""
    keeping: tuple[TableSpec, str] | None = None


def run_exchanges(warehouse: Warehouse, exchanges: Sequence[Exchange], **values: Any) -> list[Replaced]:
    """What came of each exchange.

    Raises:
        PermanentError: one of them found a key twice.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    for row in warehouse.rows(_script(exchanges), **values):
        found.setdefault(row["exchange"], []).append(row)
    for number, exchange in enumerate(exchanges):
        if twice := found[number][0]["duplicate_keys"]:
            raise PermanentError(f"{exchange.spec.table}: {twice} keys occur twice; nothing was written")
    parts = (found[number] for number in range(len(exchanges)))
    return [Replaced(rows[0]["stored"], superseded=rows[0]["newer"] > 0, seen=rows) for rows in parts]


def _script(exchanges: Sequence[Exchange]) -> str:
    numbered = list(enumerate(exchanges))
    return _SCRIPT.substitute(
        declarations="\n".join(_DECLARATION.substitute(n=number) for number, _ in numbered),
        exchanges="\n".join(_exchange(number, each) for number, each in numbered),
        results="\nUNION ALL\n".join(
            _RESULT.substitute(n=number, seeing=_seeing(each.seeing)) for number, each in numbered
        ),
    )


def _exchange(number: int, exchange: Exchange) -> str:
    return _EXCHANGE.substitute(
        _names(exchange.spec),
        n=number,
        scope=exchange.scope,
        is_newer=exchange.is_newer,
        columns=", ".join(exchange.columns),
        rows=exchange.rows,
        keeping=_keeping(*exchange.keeping) if exchange.keeping else "",
    )


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
