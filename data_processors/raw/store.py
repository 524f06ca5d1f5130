"""Rows into a raw table: one replacement a message, the newest body of each replaced group winning."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from string import Template
from typing import Any, NamedTuple

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import season_bounds
from data_processors.raw.table import RawTable, Row
from shared.messages import DateSpan
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.checks import Violation, checking, inspected, violations
from shared.warehouse.exchange import Replaced
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import TableSpec, spec_of
from shared.warehouse.warehouse import Warehouse

Group = tuple[Any, ...]
_NAMES, _NAME = "unresolved_names", ["game_date", "player_name", "game_id"]
_NEWEST = Template(
    "SELECT $groups, MAX(generation) AS generation FROM $table "
    "WHERE $partition BETWEEN @first AND @last GROUP BY $groups"
)


class Checked(NamedTuple):
    """What the checks found: warnings, and for each date that breaks a `#fail` check the reason."""

    warnings: list[Violation]
    broken: dict[date, str]


def newest_rows(parsed: Iterable[tuple[LandedBody, Sequence[Row]]], spec: TableSpec) -> list[Row]:
    """The rows of all bodies with their generation; where two bodies fill one group, the newer one's."""
    groups: dict[Group, list[Row]] = {}
    for body, rows in sorted(parsed, key=lambda pair: (pair[0].fetched_at, pair[0].request_key)):
        mine: dict[Group, list[Row]] = {}
        for row in rows:
            mine.setdefault(_group(row, spec), []).append({**row, "generation": body.generation})
        groups |= mine
    return [row for rows in groups.values() for row in rows]


def store(warehouse: Warehouse, table: RawTable, rows: list[Row], span: DateSpan, run_id: str) -> Checked:
    """Replaces and checks. Groups that have a newer generation stay as they are.

    Raises:
        PermanentError: keys occur twice, or a `#fail` check breaks on no single date.
        TransientError: a newer generation arrives at this very moment.
    """
    spec = spec_of(table.name)
    if not rows:
        return Checked([], {})
    bounds = _bounds(spec, rows, span)
    replaced = replace_rows(warehouse, spec, rows, run_id, bounds, checking(spec))
    if replaced.superseded:
        _store_not_newer(warehouse, spec, rows, run_id, bounds)
        return check_dates(warehouse, spec, *bounds)
    return check_dates(warehouse, spec, *bounds, inspected(spec, replaced.seen).violations)


def check_dates(
    warehouse: Warehouse, spec: TableSpec, first: date, last: date, found: list[Violation] | None = None
) -> Checked:
    """Checks all dates together, and halves them only to find those that break a `#fail` check.

    Args:
        found: what does not hold, if that has been looked up.

    Raises:
        PermanentError: a `#fail` check breaks on no single date.
    """
    if found is None:
        found = violations(warehouse, spec, first, last)
    failed = "; ".join(v.told for v in found if v.level == "fail")
    if not failed:
        return Checked(found, {})
    reason = f"{spec.table}: {failed}"
    if first == last:
        return Checked([v for v in found if v.level != "fail"], {first: reason})
    middle = first + timedelta(days=(last - first).days // 2)
    halves = (
        check_dates(warehouse, spec, first, middle),
        check_dates(warehouse, spec, middle + timedelta(days=1), last),
    )
    broken = halves[0].broken | halves[1].broken
    if not broken:
        raise PermanentError(reason)
    return Checked(halves[0].warnings + halves[1].warnings, broken)


def _store_not_newer(
    warehouse: Warehouse, spec: TableSpec, rows: list[Row], run_id: str, bounds: tuple[date, date]
) -> None:
    newest = _newest(warehouse, spec, bounds)
    left = [row for row in rows if row["generation"] >= newest.get(_group(row, spec), row["generation"])]
    outcome = replace_rows(warehouse, spec, left, run_id, bounds) if left else Replaced(0)
    if outcome.superseded:
        raise TransientError(f"{spec.table}: a newer generation is being written")


def _bounds(spec: TableSpec, rows: list[Row], span: DateSpan) -> tuple[date, date]:
    """Where old rows may lie: anywhere in the season when what is replaced may move to another date.

    A season may leave its usual dates, as the one of 2019-20 did.
    """
    days = [row["game_date"] for row in rows]
    moves = spec.partition not in spec.replace_by
    first, last = season_bounds(span) if moves else (min(days), max(days))
    return min(first, *days), max(last, *days)


def _newest(warehouse: Warehouse, spec: TableSpec, bounds: tuple[date, date]) -> Mapping[Group, datetime]:
    sql = _NEWEST.substitute(groups=", ".join(spec.replace_by), table=spec.table, partition=spec.partition)
    rows = warehouse.rows(sql, first=bounds[0], last=bounds[1])
    return {_group(row, spec): row["generation"] for row in rows}


def _group(row: Row, spec: TableSpec) -> Group:
    return tuple(row[name] for name in spec.replace_by)


def stored_units(warehouse: Warehouse, table: RawTable, span: DateSpan) -> dict[date, dict[str, int]]:
    """Rows that a table has now, by date and what it counts by."""
    rows = warehouse.read(table.name, ["game_date", table.unit], span.from_date, span.to_date)
    counted = rows.group_by(["game_date", table.unit]).aggregate([([], "count_all")])
    found: dict[date, dict[str, int]] = {}
    for row in counted.to_pylist():
        found.setdefault(row["game_date"], {})[row[table.unit]] = row["count_all"]
    return found


def new_names(warehouse: Warehouse, source: str, names: Sequence[Row]) -> list[Row]:
    """The names of the dates of which others are kept: a source says most of them again all day."""
    if not names:
        return []
    days = [row["game_date"] for row in names]
    kept = warehouse.read(_NAMES, _NAME, min(days), max(days), source=source).to_pylist()
    changed = {row["game_date"] for row in _differing(names, kept)}
    return [row for row in names if row["game_date"] in changed]


def _differing(names: Sequence[Row], kept: Sequence[Row]) -> list[Row]:
    """The rows that only one of the two has."""
    mine, theirs = ({tuple(row[name] for name in _NAME): row for row in rows} for rows in (names, kept))
    both = mine | theirs
    return [both[key] for key in mine.keys() ^ theirs.keys()]
