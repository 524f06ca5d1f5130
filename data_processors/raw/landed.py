"""Bodies read back from scrape_landing: those of a run, or all of a source for some dates."""

import zlib
from dataclasses import dataclass, fields
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from shared.messages import DateSpan
from shared.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class LandedBody:
    """One landed body; its `generation` is when its content was first fetched."""

    kind: str
    request_key: str
    game_date: date
    nba_game_id: str | None
    event_id: str | None
    http_status: int
    generation: datetime
    fetched_at: datetime
    served_at: datetime
    invalid_reason: str | None
    body: bytes

    @property
    def valid(self) -> bool:
        return self.invalid_reason is None

    @property
    def empty(self) -> bool:
        """The provider said, by its status, that it has nothing."""
        return self.http_status != HTTPStatus.OK


_LANDING = "scrape_landing"
_COLUMNS = [*(each.name for each in fields(LandedBody)), "valid", "content_hash", "landing_id"]


def read_landed(
    warehouse: Warehouse, source: str, span: DateSpan, run_id: str | None = None
) -> list[LandedBody]:
    """The bodies of one run, or (run_id None) each different body of the source, oldest first."""
    only = {"source": source} | ({"run_id": run_id} if run_id else {})
    found = warehouse.read(_LANDING, _COLUMNS, span.from_date, span.to_date, **only)
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sorted(found.to_pylist(), key=lambda row: (row["fetched_at"], row["landing_id"])):
        newest[row["request_key"], row["content_hash"]] = row
    in_order = sorted(newest.values(), key=lambda row: (row["fetched_at"], row["request_key"]))
    return [_body(row) for row in in_order]


def _body(row: dict[str, Any]) -> LandedBody:
    told = {each.name: row[each.name] for each in fields(LandedBody)}
    reason = None if row["valid"] else row["invalid_reason"] or "invalid"
    return LandedBody(**{**told, "invalid_reason": reason, "body": zlib.decompress(row["body"])})


def landed_dates(warehouse: Warehouse, sources: list[str], span: DateSpan) -> set[tuple[str, date]]:
    """The sources and dates between two dates for which any body was landed."""
    rows = warehouse.read(_LANDING, ["source", "game_date"], span.from_date, span.to_date, source=sources)
    return set(zip(rows["source"].to_pylist(), rows["game_date"].to_pylist(), strict=True))
