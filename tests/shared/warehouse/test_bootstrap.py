"""Tables follow their folders, also those that were made before a column was declared."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from google.cloud import bigquery

from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.specs import TableSpec, spec_of
from shared.warehouse.warehouse import Warehouse

LOCATION = "us-west2"
DAY = date(2024, 12, 3)
STAMP = datetime(2024, 12, 3, tzinfo=UTC)
SPEC = spec_of("nba_injury_report")


@pytest.fixture
def older(warehouse: Warehouse) -> Iterator[TableSpec]:
    """A table from before `reason` was declared, with a row."""
    name = f"{warehouse.client.project}.{SPEC.table}"
    warehouse.client.delete_table(name)
    schema = [field for field in SPEC.bigquery_schema() if field.name != "reason"]
    warehouse.create_table(bigquery.Table(name, schema=schema))
    warehouse.run(
        f"INSERT INTO {SPEC.table} (game_date, game_id, player_name, run_id, generation) "
        "VALUES (@day, 'g1', 'older', 'r1', @stamp)",
        day=DAY,
        stamp=STAMP,
    )
    yield SPEC
    warehouse.client.delete_table(name)
    bootstrap(warehouse, LOCATION)


def test_a_newly_declared_column_is_added_and_the_rows_stay(warehouse: Warehouse, older: TableSpec) -> None:
    assert bootstrap(warehouse, LOCATION) == []
    newer = {"game_date": DAY, "game_id": "g2", "player_name": "newer", "reason": "Knee", "generation": STAMP}
    warehouse.load(older.name, [newer])
    rows = warehouse.rows(f"SELECT game_id, reason FROM {older.table} ORDER BY game_id")
    assert rows == [{"game_id": "g1", "reason": None}, {"game_id": "g2", "reason": "Knee"}]


def test_a_view_follows_its_query(warehouse: Warehouse) -> None:
    view = bigquery.Table(f"{warehouse.client.project}.nba_orchestration.pipeline_state")
    view.view_query = "SELECT 1 AS one"
    warehouse.client.update_table(view, ["view_query"])
    bootstrap(warehouse, LOCATION)
    assert warehouse.rows("SELECT rows_expected FROM nba_orchestration.pipeline_state") == []


def test_an_emptied_guard_gets_its_row_again(warehouse: Warehouse) -> None:
    warehouse.run(f"DELETE FROM {SPEC.guard} WHERE TRUE")
    bootstrap(warehouse, LOCATION)
    bootstrap(warehouse, LOCATION)
    assert warehouse.rows(f"SELECT COUNT(*) AS guards FROM {SPEC.guard}") == [{"guards": 1}]


def test_running_it_again_creates_nothing(warehouse: Warehouse) -> None:
    assert bootstrap(warehouse, LOCATION) == []


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("nba_injury_report", "reason", "STRING"),
        ("ml_feature_store", "missing_features", "ARRAY<STRING>"),
    ],
)
def test_a_column_has_its_type_in_ddl(table: str, column: str, kind: str) -> None:
    (found,) = [each for each in spec_of(table).columns if each.name == column]
    assert found.sql_type == kind


def test_a_record_has_its_fields_in_ddl() -> None:
    (lines,) = [each for each in spec_of("upcoming_player_game_context").columns if each.name == "lines"]
    assert lines.sql_type.startswith("ARRAY<STRUCT<bookmaker STRING, line FLOAT64, over_price INT64")
