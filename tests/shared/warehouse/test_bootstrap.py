"""Tables follow their folders, also those that were made before a column was declared."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField

from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.migrate import MigrationError
from shared.warehouse.specs import TableSpec, spec_of
from shared.warehouse.warehouse import Warehouse

LOCATION = "us-west2"
DAY = date(2024, 12, 3)
STAMP = datetime(2024, 12, 3, tzinfo=UTC)
SPEC = spec_of("nba_injury_report")


Schema = list[SchemaField]


def without(schema: Schema, *names: str) -> Schema:
    return [field for field in schema if field.name not in names]


def changed(schema: Schema, name: str, **values: Any) -> Schema:
    """The schema with one column declared otherwise."""
    return [
        SchemaField.from_api_repr({**field.to_api_repr(), **values}) if field.name == name else field
        for field in schema
    ]


def stored_as(warehouse: Warehouse, spec: TableSpec) -> bigquery.Table:
    return warehouse.client.get_table(f"{warehouse.client.project}.{spec.table}")


@pytest.fixture
def make_older(warehouse: Warehouse) -> Iterator[Callable[..., None]]:
    """Puts a table with another schema, and nothing in it, in the place of a declared one."""
    made = []

    def make(spec: TableSpec, schema: Schema, **properties: Any) -> None:
        older = stored_as(warehouse, spec)
        warehouse.client.delete_table(older)
        made.append(spec)
        table = bigquery.Table(older.reference, schema=schema)
        table.time_partitioning, table.clustering_fields = older.time_partitioning, older.clustering_fields
        for name, value in properties.items():
            setattr(table, name, value)
        warehouse.create_table(table)

    yield make
    for spec in made:
        warehouse.client.delete_table(stored_as(warehouse, spec))
    bootstrap(warehouse, LOCATION)


def test_a_newly_declared_column_is_added_and_the_rows_stay(warehouse: Warehouse, make_older: Any) -> None:
    make_older(SPEC, without(SPEC.bigquery_schema(), "reason"))
    warehouse.run(
        f"INSERT INTO {SPEC.table} (game_date, game_id, player_name, run_id, generation) "
        "VALUES (@day, 'g1', 'older', 'r1', @stamp)",
        day=DAY,
        stamp=STAMP,
    )
    assert bootstrap(warehouse, LOCATION) == []
    newer = {"game_date": DAY, "game_id": "g2", "player_name": "newer", "reason": "Knee", "generation": STAMP}
    warehouse.load(SPEC.name, [newer])
    rows = warehouse.rows(f"SELECT game_id, reason FROM {SPEC.table} ORDER BY game_id")
    assert rows == [{"game_id": "g1", "reason": None}, {"game_id": "g2", "reason": "Knee"}]
    table = stored_as(warehouse, SPEC)
    assert table.schema[-1].name == "reason", "BigQuery adds at the end"
    assert bootstrap(warehouse, LOCATION) == []
    assert stored_as(warehouse, SPEC).etag == table.etag, "nothing is left to change"


def test_a_newly_declared_field_of_a_record_is_added_and_the_rows_stay(
    warehouse: Warehouse, make_older: Any
) -> None:
    spec = spec_of("upcoming_player_game_context")
    (lines,) = [field for field in spec.bigquery_schema() if field.name == "lines"]
    fields = [field.to_api_repr() for field in without(list(lines.fields), "snapshot_at")]
    make_older(spec, changed(spec.bigquery_schema(), "lines", fields=fields))
    warehouse.run(
        f"INSERT INTO {spec.table} (game_id, lines) VALUES ('g1', [STRUCT('dk' AS bookmaker, 20.5 AS line, "
        "-110 AS over_price, -110 AS under_price, TRUE AS is_main)])"
    )
    bootstrap(warehouse, LOCATION)
    warehouse.load(spec.name, [{"game_id": "g2", "lines": [{"bookmaker": "fd", "snapshot_at": STAMP}]}])
    rows = warehouse.rows(
        f"SELECT t.game_id, l.bookmaker, l.line, l.snapshot_at FROM {spec.table} AS t, UNNEST(t.lines) AS l "
        "ORDER BY t.game_id"
    )
    assert [list(row.values()) for row in rows] == [["g1", "dk", 20.5, None], ["g2", "fd", None, STAMP]]


def test_a_column_that_need_no_longer_be_there_is_relaxed(warehouse: Warehouse, make_older: Any) -> None:
    make_older(SPEC, changed(SPEC.bigquery_schema(), "reason", mode="REQUIRED"))
    bootstrap(warehouse, LOCATION)
    assert stored_as(warehouse, SPEC).schema == SPEC.bigquery_schema()


@pytest.mark.parametrize("mode", ["REQUIRED", "NULLABLE"])
@pytest.mark.parametrize("column", ["reason", "game_id"])
def test_a_load_names_the_modes_that_the_table_has(
    warehouse: Warehouse, make_older: Any, column: str, mode: str
) -> None:
    """BigQuery refuses one that names others; reason is declared nullable, game_id required."""
    make_older(SPEC, changed(SPEC.bigquery_schema(), column, mode=mode))
    warehouse.load(SPEC.name, [{"game_date": DAY, "game_id": "g1", "reason": "Knee", "generation": STAMP}])
    job = next(job for job in warehouse.client.list_jobs(max_results=20) if job.job_type == "load")
    assert {field.name: field.mode for field in job.schema}[column] == mode


def test_what_cannot_be_migrated_is_told_with_its_remedy_and_nothing_is_changed(
    warehouse: Warehouse, make_older: Any
) -> None:
    other = spec_of("nba_shots")
    make_older(other, without(other.bigquery_schema(), "x"))
    make_older(SPEC, changed(SPEC.bigquery_schema(), "reason", type="INT64"), clustering_fields=["status"])
    with pytest.raises(MigrationError) as raised:
        bootstrap(warehouse, LOCATION)
    column, cluster = str(raised.value).splitlines()
    assert column.startswith(f"{SPEC.table} reason: is NULLABLE INT64, wanted NULLABLE STRING; remedy: ")
    assert cluster.startswith(f"{SPEC.table} cluster: is ['status'], wanted ['player_lookup']; remedy: ")
    assert "x" not in {field.name for field in stored_as(warehouse, other).schema}


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
