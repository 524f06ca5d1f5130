"""What the launcher promises beyond bqemulator: no network, real transactions, and nothing lost."""

import contextlib
import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError
from google.cloud.bigquery import ScalarQueryParameter, SchemaField
from requests.exceptions import ConnectionError as Disconnected

from deploy.local.bigquery.process import running_emulator

X = SchemaField("x", "INT64")
RUN = SchemaField("run_id", "STRING")

REPLACE = """
DECLARE newer INT64 DEFAULT 0;
DECLARE duplicates INT64 DEFAULT 0;
BEGIN TRANSACTION;
UPDATE t.guard SET run_id = @run_id WHERE TRUE;
SET newer = (SELECT COUNT(*) FROM t.player WHERE run_id > @run_id);
IF newer = 0 THEN
  DELETE FROM t.player WHERE x BETWEEN 1 AND @size;
  INSERT INTO t.player (x, run_id)
  WITH numbered AS (SELECT x FROM UNNEST(GENERATE_ARRAY(1, @size)) AS x)
  SELECT n.x, @run_id FROM numbered AS n, UNNEST(GENERATE_ARRAY(1, @copies));
  SET duplicates = (SELECT COUNT(*) FROM (SELECT x FROM t.player GROUP BY x HAVING COUNT(*) > 1));
END IF;
IF duplicates > 0 THEN ROLLBACK TRANSACTION; ELSE COMMIT TRANSACTION; END IF;
SELECT newer, duplicates;
"""


def tables(warehouse):
    warehouse.create("t.guard", RUN)
    warehouse.create("t.player", X, RUN)
    warehouse.rows("INSERT INTO t.guard (run_id) VALUES ('none')")


def replace(warehouse, run_id, size=100, copies=1):
    """One guarded replacement of t.player by `size` rows of this run."""
    (result,) = warehouse.rows(
        REPLACE,
        ScalarQueryParameter("run_id", "STRING", run_id),
        ScalarQueryParameter("size", "INT64", size),
        ScalarQueryParameter("copies", "INT64", copies),
    )
    return result


def state(warehouse):
    """(run_id, rows) of t.player, and the run in the guard."""
    found = warehouse.rows("SELECT run_id, COUNT(*) AS n FROM t.player GROUP BY run_id ORDER BY run_id")
    return [(row["run_id"], row["n"]) for row in found], warehouse.one("SELECT run_id FROM t.guard")


def test_it_starts_with_an_empty_home_and_fetches_nothing(tmp_path, monkeypatch, connect):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with running_emulator(tmp_path) as emulator:
        assert connect(emulator).one("SELECT 1 AS x") == 1
    assert list(home.rglob("*.duckdb_extension*")) == []
    assert (tmp_path / "bigquery.log").read_text() == ""


def test_it_answers_on_this_machine_only(emulator):
    assert emulator.rest.startswith("http://127.0.0.1:")
    assert emulator.grpc.startswith("127.0.0.1:")


def test_a_script_sees_its_query_parameters_null_and_quote_included(warehouse):
    values = warehouse.rows(
        "DECLARE k INT64 DEFAULT @n; "
        "SELECT k, @n + 1 AS n, @text AS text, @moment AS moment, @none IS NULL AS none;",
        ScalarQueryParameter("n", "INT64", 4),
        ScalarQueryParameter("text", "STRING", "it's @n; \\ 'x'"),
        ScalarQueryParameter("moment", "TIMESTAMP", datetime.datetime(2024, 12, 3, 1, tzinfo=datetime.UTC)),
        ScalarQueryParameter("none", "DATE", None),
    )
    moment = datetime.datetime(2024, 12, 3, 1, tzinfo=datetime.UTC)
    assert values == [{"k": 4, "n": 5, "text": "it's @n; \\ 'x'", "moment": moment, "none": True}]


def test_a_rollback_undoes_rows_and_guard(warehouse):
    tables(warehouse)
    assert replace(warehouse, "run-1") == {"newer": 0, "duplicates": 0}
    assert replace(warehouse, "run-2", copies=2)["duplicates"] == 100
    assert state(warehouse) == ([("run-1", 100)], "run-1")


def test_a_late_run_leaves_a_newer_one_alone(warehouse):
    tables(warehouse)
    replace(warehouse, "run-2")
    assert replace(warehouse, "run-1")["newer"] == 100
    assert state(warehouse)[0] == [("run-2", 100)]


@pytest.mark.parametrize(
    "fault", ["SELECT 1 / 0", "SELECT nothing FROM t.player", "RAISE USING MESSAGE = 'no'"]
)
def test_a_failing_statement_undoes_the_transaction_and_is_no_server_error(warehouse, fault):
    tables(warehouse)
    replace(warehouse, "run-1")
    with pytest.raises(BadRequest):
        warehouse.rows(f"BEGIN TRANSACTION; DELETE FROM t.player WHERE TRUE; {fault}; COMMIT TRANSACTION;")
    assert state(warehouse)[0] == [("run-1", 100)]


def test_a_script_that_ends_without_commit_changes_nothing(warehouse):
    tables(warehouse)
    replace(warehouse, "run-1")
    warehouse.rows("BEGIN TRANSACTION; DELETE FROM t.player WHERE TRUE; SELECT 1 AS x;")
    assert state(warehouse)[0] == [("run-1", 100)]


def test_six_replacements_at_once_leave_each_key_once(emulator, warehouse, connect):
    tables(warehouse)
    clients = [connect(emulator) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda client: replace(client, "run-1"), clients))
    assert results == [{"newer": 0, "duplicates": 0}] * 6
    assert state(warehouse)[0] == [("run-1", 100)]


def test_a_storage_read_never_meets_half_a_replacement(emulator, warehouse, connect):
    tables(warehouse)
    replace(warehouse, "run-0")
    reader, done = connect(emulator), threading.Event()

    def sizes():
        yield len(reader.stored("t.player", "x"))
        while not done.is_set():
            yield len(reader.stored("t.player", "x"))

    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(lambda: set(sizes()))
        for number in range(1, 6):
            replace(warehouse, f"run-{number}")
        done.set()
    assert seen.result() == {100}


def test_parquet_columns_are_matched_by_name(warehouse):
    warehouse.create("t.named", X, SchemaField("y", "INT64"), SchemaField("z", "STRING"))
    warehouse.load("t.named", pa.table({"y": [2], "x": [1]}))
    assert warehouse.rows("SELECT x, y, z FROM t.named") == [{"x": 1, "y": 2, "z": None}]
    with pytest.raises(BadRequest):
        warehouse.load("t.named", pa.table({"x": [1], "unknown": [1]}))


def test_a_schema_update_reaches_the_stored_table_fields_of_records_included(warehouse):
    inner = [SchemaField("a", "INT64"), SchemaField("b", "STRING")]
    warehouse.create("t.grown", X, SchemaField("r", "RECORD", "REPEATED", fields=inner[:1]))
    warehouse.rows("INSERT INTO t.grown (x, r) VALUES (1, [STRUCT(2 AS a)])")
    for _ in range(2):  # again changes nothing
        table = warehouse.client.get_table("t.grown")
        deeper = SchemaField("d", "RECORD", fields=[SchemaField("e", "DATE")])
        record = SchemaField("r", "RECORD", "REPEATED", fields=[*inner, deeper])
        table.schema = [X, record, SchemaField("y", "FLOAT64")]
        warehouse.client.update_table(table, ["schema"])
    warehouse.rows("INSERT INTO t.grown (x, y, r) VALUES (2, 0.5, [STRUCT(3 AS a, 'q' AS b, NULL AS d)])")
    rows = warehouse.rows("SELECT t.x, t.y, i.a, i.b, i.d.e FROM t.grown AS t, UNNEST(t.r) AS i ORDER BY x")
    assert [list(row.values()) for row in rows] == [[1, None, 2, None, None], [2, 0.5, 3, "q", None]]


def test_every_type_of_ours_comes_back_as_it_was_loaded(warehouse):
    line = [SchemaField("line", "FLOAT64"), SchemaField("book", "STRING")]
    warehouse.create(
        "t.typed",
        SchemaField("d", "DATE"),
        SchemaField("moment", "TIMESTAMP"),
        SchemaField("body", "BYTES"),
        SchemaField("flag", "BOOL"),
        SchemaField("lines", "RECORD", "REPEATED", fields=line),
        SchemaField("tags", "STRING", "REPEATED"),
        partition="d",
    )
    row = {
        "d": datetime.date(2024, 12, 3),
        "moment": datetime.datetime(2024, 12, 3, 1, 2, 3, 456789, tzinfo=datetime.UTC),
        "body": b"\x00\xff",
        "flag": None,
        "lines": [{"line": 20.5, "book": "a"}, {"line": 21.5, "book": None}],
        "tags": ["x"],
    }
    warehouse.load(
        "t.typed", pa.Table.from_pylist([row], pa.Table.from_pylist([row | {"flag": True}]).schema)
    )
    assert warehouse.rows("SELECT * FROM t.typed") == [row]
    assert warehouse.stored("t.typed", "lines") == [row["lines"]]
    assert (
        warehouse.rows("SELECT l.line, l.book FROM t.typed AS t, UNNEST(t.lines) AS l ORDER BY l.line")
        == row["lines"]
    )


def test_kill_9_in_the_middle_of_replacements_leaves_one_whole_state(tmp_path, connect):
    with running_emulator(tmp_path, persistent=True) as emulator:
        warehouse = connect(emulator)
        warehouse.client.create_dataset("t")
        tables(warehouse)
        replace(warehouse, "run-000", size=50_000)
        answered = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(replace_until_killed, warehouse, answered)
            assert answered.wait(60)
            emulator.process.kill()
    with running_emulator(tmp_path, persistent=True) as emulator:
        warehouse = connect(emulator)
        ((run_id, rows),), guard = state(warehouse)
        assert (rows, guard) == (50_000, run_id)
        assert replace(warehouse, "run-999")["duplicates"] == 0


def replace_until_killed(warehouse, answered):
    with contextlib.suppress(Disconnected, GoogleAPICallError):
        for number in range(1, 999):
            replace(warehouse, f"run-{number:03}", size=50_000)
            answered.set()


def test_sigterm_keeps_tables_partitioning_and_views_for_the_next_start(tmp_path, connect):
    with running_emulator(tmp_path, persistent=True) as emulator:
        warehouse = connect(emulator)
        warehouse.client.create_dataset("t")
        warehouse.create("t.kept", SchemaField("d", "DATE"), X, partition="d")
        warehouse.rows("INSERT INTO t.kept (d, x) VALUES (DATE '2024-12-03', 7)")
        warehouse.rows("CREATE VIEW t.seen AS SELECT x FROM t.kept")
    assert emulator.process.returncode == 0
    with running_emulator(tmp_path, persistent=True) as emulator:
        warehouse = connect(emulator)
        assert warehouse.one("SELECT x FROM t.seen") == 7
        assert warehouse.client.get_table("t.kept").time_partitioning.field == "d"


def test_two_run_side_by_side_and_know_nothing_of_each_other(tmp_path, emulator, warehouse, connect):
    warehouse.create("t.mine", X)
    with running_emulator(tmp_path) as other:
        assert {emulator.rest, emulator.grpc}.isdisjoint({other.rest, other.grpc})
        assert list(connect(other).client.list_datasets()) == []
    assert warehouse.one("SELECT COUNT(*) AS n FROM t.mine") == 0
