"""What must hold in a table, counted by its checks.sql in one query."""

from collections.abc import Iterable
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


_COUNTS = {
    "game_date": "DATE",
    "stored_rows": "INT64",
    "generation": "TIMESTAMP",
    "games": "INT64",
    "open_rows": "INT64",
    "expected_rows": "INT64",
}
_NO_COUNTS = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _COUNTS.items())


def inspect(
    warehouse: Warehouse, spec: TableSpec, from_date: date, to_date: date, counting: str, **values: Any
) -> Inspected:
    """Checks and counts a table's dates in one query.

    Args:
        counting: a query of the columns _COUNTS, with parameters `values`.
    """
    checks = spec.checks()
    parts = [
        f"SELECT {number} AS number, c.violations, {_NO_COUNTS} FROM (\n{check.sql}\n) AS c"
        for number, check in enumerate(checks)
    ]
    counted = ", ".join(f"c.{name}" for name in _COUNTS)
    parts.append(f"SELECT -1 AS number, 0 AS violations, {counted} FROM (\n{counting}\n) AS c")
    rows = warehouse.rows("\nUNION ALL\n".join(parts), from_date=from_date, to_date=to_date, **values)
    return Inspected(
        [
            Violation(checks[row["number"]].name, checks[row["number"]].level, row["violations"])
            for row in rows
            if row["number"] >= 0 and row["violations"]
        ],
        [row for row in rows if row["number"] < 0],
    )


def violations(warehouse: Warehouse, spec: TableSpec, from_date: date, to_date: date) -> list[Violation]:
    """The checks of a table that do not hold between two dates."""
    checks = spec.checks()
    if not checks:
        return []
    parts = [
        f"SELECT {number} AS number, c.violations FROM (\n{check.sql}\n) AS c"
        for number, check in enumerate(checks)
    ]
    rows = warehouse.rows("\nUNION ALL\n".join(parts), from_date=from_date, to_date=to_date)
    counts = {row["number"]: row["violations"] for row in rows}
    return [
        Violation(check.name, check.level, counts[number])
        for number, check in enumerate(checks)
        if counts[number]
    ]


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
