"""What must hold in a table, counted by its checks.sql in one query."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from shared.outcomes import PermanentError
from shared.warehouse.specs import TableSpec
from shared.warehouse.warehouse import Warehouse


class Violation(NamedTuple):
    """A check that found offending rows."""

    check: str
    level: str
    violations: int

    @property
    def told(self) -> str:
        """A check is named by what must hold, so it takes more than its name to say that it does not."""
        return f"broken check: {self.check} ({self.violations})"


class Inspected(NamedTuple):
    """The checks that do not hold, and the table's counts by date."""

    violations: list[Violation]
    counts: list[dict[str, Any]]

    @property
    def holds(self) -> bool:
        """No `#fail` check is broken."""
        return all(violation.level == "warn" for violation in self.violations)


_COUNTS = {
    "game_date": "DATE",
    "stored_rows": "INT64",
    "generation": "TIMESTAMP",
    "games": "INT64",
    "open_rows": "INT64",
    "expected_rows": "INT64",
}
# The number of a row that counts, where one of a check has the check's.
_COUNTED = -1
_NO_COUNTS = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _COUNTS.items())


def inspection(spec: TableSpec, counting: str) -> str:
    """The query that checks and counts a table's dates; its parameters are from_date, to_date and counting's.

    Args:
        counting: a query of the columns _COUNTS.
    """
    parts = _parts(spec, f", {_NO_COUNTS}")
    counted = ", ".join(f"c.{name}" for name in _COUNTS)
    return "\nUNION ALL\n".join(
        [*parts, f"SELECT {_COUNTED} AS number, 0 AS violations, {counted} FROM (\n{counting}\n) AS c"]
    )


def inspected(spec: TableSpec, rows: Iterable[Mapping[str, Any]]) -> Inspected:
    """What the rows of an inspection, or of `checking`, say; rows of neither are none."""
    found = [row for row in rows if row.get("number") is not None]
    counts = [dict(row) for row in found if row["number"] == _COUNTED]
    return Inspected(_violated(spec, found), counts)


def inspect(
    warehouse: Warehouse, spec: TableSpec, from_date: date, to_date: date, counting: str, **values: Any
) -> Inspected:
    """Checks and counts a table's dates in one query, `inspection`, with these parameters."""
    sql = inspection(spec, counting)
    return inspected(spec, warehouse.rows(sql, from_date=from_date, to_date=to_date, **values))


def checking(spec: TableSpec) -> str:
    """The query of a table's checks alone; empty when it has none."""
    return "\nUNION ALL\n".join(_parts(spec))


def violations(warehouse: Warehouse, spec: TableSpec, from_date: date, to_date: date) -> list[Violation]:
    """The checks of a table that do not hold between two dates."""
    if not spec.checks():
        return []
    return _violated(spec, warehouse.rows(checking(spec), from_date=from_date, to_date=to_date))


def _parts(spec: TableSpec, more: str = "") -> list[str]:
    return [
        f"SELECT {number} AS number, c.violations{more} FROM (\n{check.sql}\n) AS c"
        for number, check in enumerate(spec.checks())
    ]


def _violated(spec: TableSpec, rows: Iterable[Mapping[str, Any]]) -> list[Violation]:
    """In the order of the checks."""
    checks = spec.checks()
    found = sorted((row["number"], row["violations"]) for row in rows if row["number"] != _COUNTED)
    return [Violation(checks[n].name, checks[n].level, count) for n, count in found if count]


def enforce(warehouse: Warehouse, spec: TableSpec, from_date: date, to_date: date) -> list[Violation]:
    """Runs the checks and returns the warnings.

    Raises:
        PermanentError: a `#fail` check does not hold.
    """
    found = violations(warehouse, spec, from_date, to_date)
    refuse_failed(spec, found)
    return found


def refuse_failed(spec: TableSpec, found: Iterable[Violation]) -> None:
    """Raises PermanentError, naming each, when a `#fail` check is among what does not hold."""
    if failed := [violation.told for violation in found if violation.level == "fail"]:
        raise PermanentError(f"{spec.table}: {'; '.join(failed)}")
