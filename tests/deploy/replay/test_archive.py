"""An archive's injury reports and lines in the shape of the raw tables."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from deploy.replay.archive import ReplayArchive

DAY = date(2025, 11, 1)
TIP = pd.Timestamp("2025-11-01 23:30", tz="UTC")


@pytest.fixture
def archive(tmp_path: Path) -> ReplayArchive:
    """One game with two real reports and one absence that was read off the box score."""
    game = {
        "game_id": "0022500080",
        "game_date": DAY,
        "season": "2025-26",
        "tipoff_utc": TIP,
        "home_team": "DAL",
        "away_team": "MEM",
    }
    pd.DataFrame([game]).to_parquet(tmp_path / "games.parquet")
    row = {"game_date": DAY, "game_id": "0022500080", "team": "DAL", "reason": None, "derived": False}
    reports = [
        {**row, "player_id": 1, "player_name": "Al One", "status": "Out", "hours": 9},
        {**row, "player_id": 2, "player_name": "Bo Two", "status": "Questionable", "hours": 2},
        {**row, "player_id": 3, "player_name": "Cy Three", "status": "Out", "hours": 0, "derived": True},
    ]
    frame = pd.DataFrame(reports)
    frame["report_utc"] = TIP - pd.to_timedelta(frame.pop("hours"), unit="h")
    frame.to_parquet(tmp_path / "injuries.parquet")
    box = {"game_id": "0022500080", "player_id": 1, "player_name": "Alfred One"}
    pd.DataFrame([box]).to_parquet(tmp_path / "player_box.parquet")
    line = {
        "game_id": "0022500080",
        "game_date": DAY,
        "market": "player_points",
        "player_id": 1,
        "player_name": "Al One",
        "bookmaker": "underdog",
        "line": 20.5,
        "over_odds": -137.0,
        "under_odds": -137.0,
        "snapshot_utc": pd.NaT,
        "commence_utc": TIP + pd.Timedelta(minutes=10),
    }
    pd.DataFrame([line]).to_parquet(tmp_path / "prop_lines.parquet")
    return ReplayArchive(tmp_path)


def test_a_report_has_all_that_was_known_by_then(archive: ReplayArchive) -> None:
    rows = archive.report_rows(DAY, DAY)
    found = {at: set(part["player_lookup"]) for at, part in rows.groupby("report_at")}
    assert found == {
        TIP - pd.Timedelta(hours=9): {"alone"},
        TIP - pd.Timedelta(hours=2): {"alone", "botwo"},
    }
    assert not rows["availability_assumed"].any()


def test_what_was_read_off_box_scores_is_no_report(archive: ReplayArchive) -> None:
    assert archive.absence_rows(DAY, DAY)["player_lookup"].tolist() == ["cythree"]


def test_an_archive_without_times_has_no_reports(archive: ReplayArchive) -> None:
    path = archive.folder / "injuries.parquet"
    pd.read_parquet(path).drop(columns="report_utc").to_parquet(path)
    assert archive.report_rows(DAY, DAY).empty


def test_an_assumed_time_is_an_hour_before_the_earlier_start(archive: ReplayArchive) -> None:
    """Books may have a start ten minutes after the league's."""
    rows = archive.line_rows(DAY, DAY)
    assert rows["snapshot_at"].tolist() == [TIP - pd.Timedelta(hours=1)]
    assert rows["snapshot_assumed"].all()


def test_a_line_is_on_whom_the_box_scores_name(archive: ReplayArchive) -> None:
    assert archive.line_rows(DAY, DAY)["player_lookup"].tolist() == ["alfredone"]
