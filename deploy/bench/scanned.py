"""Logical bytes of a statement, where the warehouse reports none: rows in the partitions that it names.

BigQuery leaves out the partitions that constant bounds exclude and charges the columns that are named. Here
all columns count, so the bytes are an upper bound, and a table without a constant bound counts whole. What is
only written is not read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from shared.warehouse.specs import TableSpec, all_specs

_REFERENCE = re.compile(
    r"\b(?:FROM|JOIN)\s+`?(nba_[a-z]+\.[a-z_]+)`?(?:\s+(?:AS\s+)?(?!(?:WHERE|ON|SET|GROUP|LEFT|JOIN|CROSS)\b)"
    r"([a-z_]+))?",
    re.IGNORECASE,
)
_DAY = r"(?:@from_date|@first|@day|@game_date|DATE_SUB\(@(?:from_date|day|game_date), INTERVAL (\d+) DAY\))"


class Scan(NamedTuple):
    """A table in a statement, and how many days before its dates it reads; None: all there are."""

    table: str
    days: int | None


@dataclass(frozen=True)
class Statistics:
    """Of a table: rows of each partition, and the bytes of a row."""

    rows: Mapping[date, int]
    row_bytes: float

    def bytes_of(self, first: date | None, last: date) -> float:
        """Logical bytes of the partitions between two dates; of all without a first one."""
        if first is None:
            return self.row_bytes * sum(self.rows.values())
        return self.row_bytes * sum(rows for day, rows in self.rows.items() if first <= day <= last)


def scans(sql: str) -> Iterator[Scan]:
    """Every partitioned table that a statement reads, each time that it does; of a view, those behind it."""
    known = {spec.table: spec for spec in all_specs().values()}
    for found in _REFERENCE.finditer(sql):
        spec = known.get(found[1].lower())
        if spec is None:
            continue
        rest, alias = _rest_of_select(sql, found.end()), found[2]
        for name in spec.reads if spec.kind == "view" else [spec.name]:
            stored = all_specs()[name]
            if stored.partition:
                yield Scan(stored.table, _days(rest, stored, alias))


def _rest_of_select(sql: str, place: int) -> str:
    """From a place on, as far as the parentheses around it."""
    depth = 0
    for end, letter in enumerate(sql[place:], start=place):
        depth += (letter == "(") - (letter == ")")
        if depth < 0 or letter == ";":
            return sql[place:end]
    return sql[place:]


def _days(rest: str, spec: TableSpec, alias: str | None) -> int | None:
    column = rf"(?:\b{alias}\.)" if alias else r"(?<!\.)\b"
    bound = re.compile(rf"{column}{spec.partition} (?:BETWEEN|>=|=) {_DAY}", re.IGNORECASE)
    found = bound.search(rest)
    if not found:
        return None
    return int(found[1] or 0)


def scanned_bytes(sql: str, day: date, tables: Mapping[str, Statistics]) -> float:
    """Logical bytes that a statement about a date reads."""
    return sum(
        tables[scan.table].bytes_of(None if scan.days is None else day - timedelta(days=scan.days), day)
        for scan in scans(sql)
        if scan.table in tables
    )
