"""Logical bytes of a statement, and that ours name the partitions that they need by constants."""

from datetime import date

import pytest

from deploy.bench.scanned import Scan, Statistics, scanned_bytes, scans
from shared.warehouse.specs import TableSpec, all_specs

DAY = date(2024, 12, 3)
BOX = "nba_raw.nba_player_boxscores"
# Partitioned by the moment of staging, of which seven days are kept, and clustered by batch.
_SHORT_LIVED = "nba_predictions.prediction_staging"
_STATEMENTS = [s for s in all_specs().values() if s.kind == "replaced" and (s.folder / "query.sql").exists()]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (f"SELECT 1 FROM {BOX} WHERE game_date BETWEEN @from_date AND @to_date", [Scan(BOX, 0)]),
        (
            f"SELECT 1 FROM {BOX} AS b WHERE b.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY)",
            [Scan(BOX, 400)],
        ),
        (
            f"SELECT 1 FROM {BOX} AS b JOIN x ON b.game_date >= DATE_SUB(x.game_date, INTERVAL 9 DAY)",
            [Scan(BOX, None)],
        ),
        (f"SELECT 1 FROM {BOX} WHERE status = 'PLAYED'", [Scan(BOX, None)]),
        (f"WITH a AS (SELECT 1 FROM {BOX}) SELECT 1 FROM a WHERE game_date = @day", [Scan(BOX, None)]),
        (
            "SELECT 1 FROM nba_analytics.points_line_snapshots AS l WHERE l.game_date = @day",
            [Scan("nba_raw.odds_player_props", 0), Scan("nba_raw.bp_player_props", 0)],
        ),
        ("SELECT 1 FROM nba_guard.nba_shots WHERE TRUE", []),
        (f"INSERT INTO {BOX} (game_date) SELECT game_date FROM nba_staging.rows AS s", []),
        (f"DELETE FROM {BOX} AS t WHERE t.game_date BETWEEN @from_date AND @to_date", [Scan(BOX, 0)]),
    ],
)
def test_a_statement_says_which_partitions_it_reads(sql: str, found: list[Scan]) -> None:
    assert list(scans(sql)) == found


def test_bytes_are_of_the_rows_in_those_partitions() -> None:
    tables = {BOX: Statistics({date(2024, 12, 2): 10, DAY: 20, date(2024, 12, 4): 40}, row_bytes=2.0)}
    assert scanned_bytes(f"SELECT 1 FROM {BOX} WHERE game_date = @day", DAY, tables) == 40
    assert scanned_bytes(f"SELECT 1 FROM {BOX}", DAY, tables) == 140
    since = f"SELECT 1 FROM {BOX} WHERE game_date >= DATE_SUB(@day, INTERVAL 1 DAY)"
    assert scanned_bytes(since, DAY, tables) == 60


@pytest.mark.parametrize("spec", _STATEMENTS, ids=lambda spec: spec.name)
def test_no_statement_reads_a_table_whole(spec: TableSpec) -> None:
    read = [scan for scan in scans(spec.sql()) if scan.table != _SHORT_LIVED]
    assert read
    assert not [scan.table for scan in read if scan.days is None]


@pytest.mark.parametrize("spec", _STATEMENTS, ids=lambda spec: spec.name)
def test_no_statement_looks_back_further_than_a_feature_may_need(spec: TableSpec) -> None:
    assert max(scan.days or 0 for scan in scans(spec.sql())) <= 800
