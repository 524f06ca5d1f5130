"""What must hold in a table, counted by its checks.sql in one query."""

from datetime import date
from typing import NamedTuple

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
    failed = [v.told for v in found if v.level == "fail"]
    if failed:
        raise PermanentError(f"{spec.table}: {'; '.join(failed)}")
    return found
