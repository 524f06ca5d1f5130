"""Rows into a log table without a job: as they are, all of them, and refused when they are no rows of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from shared.clock import utc_now
from shared.outcomes import TransientError
from shared.warehouse.append import StorageWriter
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
NOON = datetime(2024, 12, 3, 17, 0, 0, 123456, tzinfo=UTC)
BODY = {
    "run_id": "r",
    "source": "odds",
    "kind": "odds",
    "game_date": DAY,
    "url": "https://host",
    "http_status": 200,
    "content_hash": "h",
    "changed": True,
    "generation": NOON,
    "fetched_at": NOON,
    "served_at": NOON,
    "valid": True,
    "invalid_reason": None,
}


@pytest.fixture(autouse=True)
def empty(warehouse: Warehouse) -> Iterator[None]:
    yield
    for table in ("nba_raw.scrape_landing", "nba_predictions.prediction_staging"):
        warehouse.run(f"DELETE FROM {table} WHERE TRUE")


def body(number: int, length: int) -> dict[str, Any]:
    size = {"body": number.to_bytes(2) * (length // 2), "body_bytes": length}
    return {**BODY, "landing_id": f"{number}", "request_key": f"k/{number}", **size}


def test_what_is_appended_is_what_a_query_and_a_read_find(warehouse: Warehouse) -> None:
    assert warehouse.append("scrape_landing", [body(1, 10)]) == 1
    (row,) = warehouse.rows("SELECT * FROM nba_raw.scrape_landing")
    assert row == {name: body(1, 10).get(name) for name in row}
    assert warehouse.read("scrape_landing", list(row), DAY, DAY).to_pylist() == [row]


def test_rows_within_rows_are_taken_by_name(warehouse: Warehouse) -> None:
    reasons = [{"feature": "minutes", "contribution": 1.5}, {"feature": "pace", "contribution": -0.5}]
    row = {"attempt_id": "a", "batch_id": "b", "staged_at": utc_now(), "game_date": DAY, "reasons": reasons}
    warehouse.append("prediction_staging", [row])
    (stored,) = warehouse.rows("SELECT reasons FROM nba_predictions.prediction_staging")
    assert stored["reasons"] == reasons


def test_more_than_a_request_holds_goes_in_several(warehouse: Warehouse) -> None:
    warehouse.append("scrape_landing", [body(number, 3_000_000) for number in range(7)])
    counted = "SELECT COUNT(DISTINCT body) AS bodies, SUM(LENGTH(body)) AS bytes FROM nba_raw.scrape_landing"
    assert warehouse.rows(counted) == [{"bodies": 7, "bytes": 21_000_000}]


def test_no_rows_are_fine(warehouse: Warehouse) -> None:
    assert warehouse.append("scrape_landing", []) == 0


def test_a_warehouse_that_is_away_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.warehouse.append.RETRY._timeout", 1.0)
    spec = spec_of("pipeline_events")
    rows = pa.Table.from_pylist([{"event_id": "e"}], spec.arrow_schema())
    with pytest.raises(TransientError, match="warehouse"):
        StorageWriter("p", "127.0.0.1:1").append(spec, rows)
