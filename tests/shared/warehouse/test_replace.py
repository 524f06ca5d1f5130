"""Rows are exchanged atomically, never doubled, and never by a late writer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.outcomes import PermanentError, TransientError
from shared.warehouse.client import make_client
from shared.warehouse.exchange import Replaced
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

SPEC = spec_of("unresolved_names")
EARLY = datetime(2024, 12, 3, 12, tzinfo=UTC)
DAY = date(2024, 12, 3)


def rows(
    count: int, generation: datetime = EARLY, source: str = "s", day: date = DAY
) -> list[dict[str, Any]]:
    return [
        {"game_date": day, "source": source, "player_name": f"player {n}", "generation": generation}
        for n in range(count)
    ]


def names(warehouse: Warehouse) -> list[tuple[str, str]]:
    found = warehouse.rows("SELECT source, player_name FROM nba_orchestration.unresolved_names")
    return sorted((row["source"], row["player_name"]) for row in found)


@pytest.fixture(autouse=True)
def empty(warehouse: Warehouse) -> None:
    warehouse.run("DELETE FROM nba_orchestration.unresolved_names WHERE TRUE")


def test_writing_twice_changes_nothing(warehouse: Warehouse) -> None:
    assert replace_rows(warehouse, SPEC, rows(5), "r1") == Replaced(5)
    before = names(warehouse)
    assert replace_rows(warehouse, SPEC, rows(5), "r2") == Replaced(5)
    assert names(warehouse) == before


def test_only_the_rows_that_share_replace_by_are_exchanged(warehouse: Warehouse) -> None:
    replace_rows(warehouse, SPEC, rows(3, source="kept"), "r1")
    replace_rows(warehouse, SPEC, rows(3, source="kept", day=DAY + timedelta(days=1)), "r1")
    replace_rows(warehouse, SPEC, rows(5), "r1")
    replace_rows(warehouse, SPEC, rows(2), "r2")
    assert len(names(warehouse)) == 3 + 3 + 2


def test_a_late_writer_never_overwrites_a_newer_state(warehouse: Warehouse) -> None:
    replace_rows(warehouse, SPEC, rows(5, EARLY + timedelta(hours=1)), "new")
    assert replace_rows(warehouse, SPEC, rows(2, EARLY), "late").superseded
    assert len(names(warehouse)) == 5


def test_a_key_that_occurs_twice_rolls_everything_back(warehouse: Warehouse) -> None:
    replace_rows(warehouse, SPEC, rows(3), "r1")
    with pytest.raises(PermanentError, match="occur twice"):
        replace_rows(warehouse, SPEC, [*rows(4), *rows(1)], "r2")
    assert len(names(warehouse)) == 3


def test_no_rows_is_no_write(warehouse: Warehouse) -> None:
    replace_rows(warehouse, SPEC, rows(3), "r1")
    assert replace_rows(warehouse, SPEC, [], "r2") == Replaced(0)
    assert len(names(warehouse)) == 3


def test_an_unknown_column_is_an_error_not_a_silent_drop(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="surprise"):
        replace_rows(warehouse, SPEC, [{**rows(1)[0], "surprise": 1}], "r1")


def test_two_first_replacements_at_once_do_not_double_a_date(warehouse: Warehouse) -> None:
    def replace(number: int) -> str:
        try:
            replace_rows(warehouse, SPEC, rows(50), f"r{number}")
        except TransientError:
            return "lost"
        return "won"

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(replace, range(4)))
    assert "won" in results
    assert len(names(warehouse)) == 50


def test_the_guard_is_touched_before_anything_is_read(warehouse: Warehouse) -> None:
    script: list[str] = []

    class Recorder(Warehouse):
        def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
            script.append(sql)
            return super().rows(sql, **values)

    replace_rows(Recorder(warehouse.client), SPEC, rows(1), "r1")
    (text,) = script
    order = [
        text.index(part)
        for part in ("BEGIN TRANSACTION", "UPDATE nba_guard.", "SET script_newer", "DELETE FROM")
    ]
    assert order == sorted(order)
    assert text.index("DELETE FROM") < text.index("INSERT INTO") < text.index("SET script_duplicate_keys")
    assert text.index("SET script_duplicate_keys") < text.index("COMMIT")


def test_staging_tables_do_not_stay(warehouse: Warehouse) -> None:
    def staged() -> set[str]:
        return {table.table_id for table in warehouse.client.list_tables("nba_staging")}

    # One that could not be deleted, as where BigQuery fails on purpose, expires by itself.
    before = staged()
    replace_rows(warehouse, SPEC, rows(1), "r1")
    assert staged() == before


def test_a_warehouse_that_cannot_be_reached_is_transient() -> None:
    away = Warehouse(make_client("p", "us-west2", "http://127.0.0.1:1"))
    with pytest.raises(TransientError):
        away.load("dead_letters", [])
