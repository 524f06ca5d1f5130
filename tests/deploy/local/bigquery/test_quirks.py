"""Where the local BigQuery differs from the real one, one test each, and what production SQL does about it.

A test that fails here says that the emulator has changed: its note, and perhaps the way round it, can go.
"""

import datetime

import pyarrow as pa
import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery
from google.cloud.bigquery import ArrayQueryParameter, SchemaField

X = SchemaField("x", "INT64")


def test_a_half_is_cast_to_the_even_integer_where_bigquery_goes_away_from_zero(warehouse):
    assert warehouse.one("SELECT CAST(2.5 AS INT64) AS x") == 2  # BigQuery: 3
    assert warehouse.one("SELECT CAST(ROUND(2.5) AS INT64) AS x") == 3  # the same in both: write this


def test_date_trunc_of_a_date_column_is_a_datetime_where_bigquery_keeps_the_date(warehouse):
    warehouse.create("t.dated", SchemaField("d", "DATE"))
    warehouse.rows("INSERT INTO t.dated (d) VALUES (DATE '2024-12-03')")
    assert type(warehouse.one("SELECT DATE_TRUNC(d, MONTH) AS x FROM t.dated")) is datetime.datetime
    month = warehouse.one("SELECT CAST(DATE_TRUNC(d, MONTH) AS DATE) AS x FROM t.dated")  # the same in both
    assert month == datetime.date(2024, 12, 1)


def test_countif_is_no_window_function_where_bigquery_has_it(warehouse):
    rolling = (
        "SELECT {} OVER (ORDER BY x ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS n FROM UNNEST([1, 2]) AS x"
    )
    with pytest.raises(BadRequest):
        warehouse.rows(rolling.format("COUNTIF(x > 0)"))
    assert [row["n"] for row in warehouse.rows(rolling.format("COUNT(IF(x > 0, 1, NULL))"))] == [0, 1]


def test_fields_of_a_struct_need_a_name_where_bigquery_takes_the_columns(warehouse):
    latest = "SELECT ARRAY_AGG({} ORDER BY x DESC LIMIT 1)[OFFSET(0)].x AS x FROM UNNEST([1, 2]) AS x"
    with pytest.raises(BadRequest):
        warehouse.rows(latest.format("STRUCT(x)"))
    assert warehouse.one(latest.format("STRUCT(x AS x)")) == 2


def test_an_empty_array_of_structs_is_an_error_where_bigquery_reads_no_rows(warehouse):
    type_ = bigquery.StructQueryParameterType(bigquery.ScalarQueryParameterType("INT64", name="x"))
    with pytest.raises(BadRequest):
        warehouse.rows("SELECT r.x AS x FROM UNNEST(@rows) AS r", ArrayQueryParameter("rows", type_, []))


def test_a_column_named_at_is_a_syntax_error_where_bigquery_takes_it(warehouse):
    with pytest.raises(BadRequest):
        warehouse.rows("SELECT at FROM UNNEST([1]) AS at")


def test_a_variable_hides_a_column_of_its_name_where_bigquery_prefers_the_column(warehouse):
    script = "DECLARE x INT64 DEFAULT 7; SELECT x AS y FROM UNNEST([STRUCT(1 AS x)]) AS r;"
    assert warehouse.one(script) == 7  # BigQuery: 1


def test_a_streamed_row_is_never_deduplicated_and_an_unknown_field_is_dropped(warehouse):
    warehouse.create("t.streamed", X)
    for _ in range(2):
        errors = warehouse.client.insert_rows_json(
            "nba-local.t.streamed", [{"x": 1, "zzz": 2}], row_ids=["same"], retry=None, timeout=60
        )
        assert errors == []  # BigQuery: no such field: zzz
    assert warehouse.one("SELECT COUNT(*) AS n FROM t.streamed") == 2  # BigQuery: 1, for about a minute


def test_output_rows_of_a_load_is_the_whole_table_where_bigquery_counts_the_load(warehouse):
    warehouse.create("t.loaded", X)
    content = pa.table({"x": [1, 2]})
    assert [warehouse.load("t.loaded", content).output_rows for _ in range(2)] == [2, 4]  # BigQuery: 2, 2


def test_a_required_column_takes_null_where_bigquery_refuses(warehouse):
    warehouse.create("t.strict", SchemaField("x", "INT64", mode="REQUIRED"), SchemaField("y", "INT64"))
    warehouse.rows("INSERT INTO t.strict (x, y) VALUES (NULL, 1)")  # BigQuery: 400
    assert warehouse.client.get_table("t.strict").schema[0].mode == "REQUIRED"


def test_a_partition_filter_is_not_required_and_an_update_needs_no_where(warehouse):
    table = bigquery.Table("nba-local.t.guarded", schema=[SchemaField("d", "DATE"), X])
    table.time_partitioning = bigquery.TimePartitioning(field="d")
    table.require_partition_filter = True
    warehouse.client.create_table(table)
    warehouse.rows("SELECT x FROM t.guarded")  # BigQuery: 400
    warehouse.rows("UPDATE t.guarded SET x = 1")  # BigQuery: 400


def test_a_job_is_over_before_it_can_be_cancelled_where_bigquery_stops_it(warehouse):
    job = warehouse.run("SELECT 1 AS x")
    assert job.state == "DONE"  # BigQuery: PENDING or RUNNING
    assert job.cancel(retry=None, timeout=60)
    assert (job.state, job.error_result) == ("DONE", None)
    with pytest.raises(NotFound):
        warehouse.client.cancel_job("unknown", retry=None, timeout=60)


def test_a_dry_run_says_zero_bytes(warehouse):
    job = warehouse.run("SELECT x FROM UNNEST([1]) AS x", dry_run=True)
    assert job.total_bytes_processed == 0


def test_a_destination_table_stays_empty_where_bigquery_writes_the_result(warehouse):
    warehouse.create("t.target", X)
    where = bigquery.TableReference.from_string("nba-local.t.target")
    warehouse.run("SELECT 1 AS x", destination=where, write_disposition="WRITE_TRUNCATE").result(timeout=60)
    assert warehouse.one("SELECT COUNT(*) AS n FROM t.target") == 0  # BigQuery: 1


def test_partitioning_and_clustering_live_only_in_tables_made_through_the_api(warehouse):
    warehouse.rows("CREATE TABLE t.by_ddl (d DATE, x INT64) PARTITION BY d CLUSTER BY x")
    assert warehouse.client.get_table("t.by_ddl").clustering_fields is None  # BigQuery: ['x']
    table = bigquery.Table("nba-local.t.by_api", schema=[SchemaField("d", "DATE"), X])
    table.time_partitioning = bigquery.TimePartitioning(field="d", expiration_ms=86_400_000)
    table.clustering_fields = ["x"]
    warehouse.client.create_table(table)
    made = warehouse.client.get_table("t.by_api")
    assert (made.time_partitioning.expiration_ms, made.clustering_fields) == (86_400_000, ["x"])


def test_a_column_added_by_sql_is_unknown_to_the_api(warehouse):
    warehouse.create("t.altered", X)
    warehouse.rows("ALTER TABLE t.altered ADD COLUMN y INT64")
    warehouse.rows("SELECT x, y FROM t.altered")
    table = warehouse.client.get_table("t.altered")
    assert [field.name for field in table.schema] == ["x"]  # BigQuery: x, y


def test_a_schema_update_takes_what_bigquery_refuses(warehouse):
    warehouse.create("t.strict", X)
    table = warehouse.client.get_table("t.strict")
    table.schema = [SchemaField("x", "INT64", "REQUIRED"), SchemaField("y", "INT64", "REQUIRED")]
    warehouse.client.update_table(table, ["schema"])  # BigQuery: 400 for either


def test_a_view_made_through_the_api_cannot_be_replaced_by_sql_nor_read_by_storage(warehouse):
    view = bigquery.Table("nba-local.t.latest")
    view.view_query = (
        "SELECT x FROM UNNEST([1, 2]) AS x WHERE TRUE QUALIFY ROW_NUMBER() OVER (ORDER BY x DESC) = 1"
    )
    warehouse.client.create_table(view)
    assert warehouse.one("SELECT x FROM t.latest") == 2
    with pytest.raises(BadRequest):
        warehouse.rows("CREATE OR REPLACE VIEW t.latest AS SELECT 1 AS x")
    with pytest.raises(NotFound):
        warehouse.stored("t.latest", "x")


def test_merge_needs_its_columns_named(warehouse):
    warehouse.create("t.merged", X)
    merge = "MERGE t.merged AS t USING (SELECT 1 AS x) AS s ON FALSE WHEN NOT MATCHED THEN INSERT {}"
    with pytest.raises(BadRequest):
        warehouse.rows(merge.format("ROW"))
    warehouse.rows(merge.format("(x) VALUES (s.x)"))
    assert warehouse.one("SELECT COUNT(*) AS n FROM t.merged") == 1
