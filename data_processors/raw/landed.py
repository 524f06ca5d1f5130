"""Bodies read back from scrape_landing: those of a run, or all of a source for some dates."""

import zlib
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus

from shared.messages import DateSpan
from shared.warehouse.parameters import nullable
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


def read_landed(
    warehouse: Warehouse, source: str, span: DateSpan, run_id: str | None = None
) -> list[LandedBody]:
    """The bodies of one run, or (run_id None) each different body of the source, oldest first."""
    rows = warehouse.rows(
        """
        SELECT
          kind, request_key, game_date, nba_game_id, event_id, http_status, generation, fetched_at, served_at,
          IF(valid, NULL, COALESCE(invalid_reason, 'invalid')) AS invalid_reason, body
        FROM nba_raw.scrape_landing
        WHERE game_date BETWEEN @from_date AND @to_date AND source = @source
          AND (@run_id IS NULL OR run_id = @run_id)
        QUALIFY ROW_NUMBER() OVER (
          PARTITION BY request_key, content_hash ORDER BY fetched_at DESC, landing_id DESC) = 1
        ORDER BY fetched_at, request_key
        """,
        from_date=span.from_date,
        to_date=span.to_date,
        source=source,
        run_id=nullable(run_id, "STRING"),
    )
    return [LandedBody(**{**row, "body": zlib.decompress(row["body"])}) for row in rows]


def landed_dates(warehouse: Warehouse, sources: list[str], span: DateSpan) -> set[tuple[str, date]]:
    """The sources and dates between two dates for which any body was landed."""
    rows = warehouse.rows(
        """
        SELECT DISTINCT source, game_date
        FROM nba_raw.scrape_landing
        WHERE game_date BETWEEN @from_date AND @to_date AND source IN UNNEST(@sources)
        """,
        from_date=span.from_date,
        to_date=span.to_date,
        sources=sources,
    )
    return {(row["source"], row["game_date"]) for row in rows}
