"""What the emulator remembers of statements: only what it would make of them again."""

from google.cloud.bigquery import SchemaField

from deploy.local.bigquery.translation import Texts

X = SchemaField("x", "INT64")
# Long enough to be remembered.
PADDING = " + 0" * 60


def test_what_a_statement_became_is_there_for_emulators_that_start_later(tmp_path) -> None:
    file, key = tmp_path / "texts.sqlite", ("SELECT 1", "schema")
    Texts(file, "translated by 1").keep(key, "SELECT one")
    later = Texts(file, "translated by 1")
    assert later.get(key) == "SELECT one"
    assert later.get(("SELECT 1", "other schema")) is None
    assert Texts(file, "translated by 2").get(key) is None
    assert Texts(file, "qualified by 1").get(key) is None


def test_a_file_that_is_none_is_told_once_and_done_without(tmp_path, caplog) -> None:
    for name, made in (("garbage", True), ("missing/folder", False)):
        file = tmp_path / name
        if made:
            file.write_bytes(b"not a database" * 100)
        texts = Texts(file, "translated")
        assert texts.get(("a",)) is None
        assert texts.keep(("a",), "b") == "b"
        assert texts.get(("a",)) == "b"
        (told,) = [record.message for record in caplog.records]
        assert told.startswith(f"{file} is not used")
        caplog.clear()


def test_a_statement_is_run_with_the_values_of_now(warehouse) -> None:
    warehouse.create("t.player", X)
    sql = f"""
    DECLARE a INT64; DECLARE b INT64 DEFAULT 1;
    FOR row IN (SELECT 10 AS field UNION ALL SELECT 20) DO
      INSERT INTO t.player (x) SELECT row.field + IFNULL(a, 1) + b{PADDING};
      SET a = row.field;
      SET b = b + 1;
    END FOR;
    SET a = NULL;
    INSERT INTO t.player (x) SELECT a{PADDING};
    SET a = 7;
    INSERT INTO t.player (x) SELECT a{PADDING};
    """
    for _ in range(2):
        warehouse.rows(sql)
    rows = warehouse.rows("SELECT x FROM t.player ORDER BY x")
    assert [row["x"] for row in rows] == [None, None, 7, 7, 12, 12, 32, 32]


def test_a_view_that_is_another_one_now_is_read_as_it_is_now(warehouse) -> None:
    warehouse.create("t.player", X)
    warehouse.rows("INSERT INTO t.player (x) VALUES (1), (2)")
    sql = f"SELECT x{PADDING} AS x FROM t.seen ORDER BY x"
    seen = []
    for condition in ("x = 1", "x = 2"):
        warehouse.rows(f"CREATE VIEW t.seen AS SELECT x FROM t.player WHERE {condition}")
        seen.append([row["x"] for row in warehouse.rows(sql)])
        warehouse.rows("DROP VIEW t.seen")
    warehouse.rows("CREATE TABLE t.seen AS SELECT 3 AS x")
    assert [*seen, [row["x"] for row in warehouse.rows(sql)]] == [[1], [2], [3]]
