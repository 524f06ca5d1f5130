"""An archive's injury reports and lines in the shape of the raw tables."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from deploy.local.league import generate
from deploy.replay.archive import ArchiveError, ReplayArchive

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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of a simulated league, to be copied before anything is broken."""
    return generate(7, tmp_path_factory.mktemp("whole"), days=2).archive


def copied(whole: Path, tmp_path: Path) -> ReplayArchive:
    shutil.copytree(whole, tmp_path / "archive")
    return ReplayArchive(tmp_path / "archive")


def test_a_whole_archive_is_accepted(whole: Path) -> None:
    ReplayArchive(whole).check()


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("games", ["away_team"]),
        ("player_box", ["opponent", "minutes"]),
        ("prop_lines", ["player_id"]),
        ("shots", ["basic_zone"]),
        ("injuries", ["derived"]),
    ],
)
def test_a_column_that_is_missing_is_named_with_its_file(
    whole: Path, tmp_path: Path, name: str, columns: list[str]
) -> None:
    broken = copied(whole, tmp_path)
    path = broken.folder / f"{name}.parquet"
    pd.read_parquet(path).drop(columns=columns).to_parquet(path)
    with pytest.raises(ArchiveError) as refused:
        broken.check()
    assert str(refused.value).startswith(f"{path} lacks the columns ")
    assert all(column in str(refused.value) for column in columns)


def test_an_archive_without_games_is_refused(whole: Path, tmp_path: Path) -> None:
    empty = copied(whole, tmp_path)
    path = empty.folder / "games.parquet"
    pd.read_parquet(path).head(0).to_parquet(path)
    with pytest.raises(ArchiveError, match=r"games\.parquet has no rows"):
        empty.check()


def test_a_file_that_is_damaged_within_is_named_in_one_line(whole: Path, tmp_path: Path) -> None:
    damaged = copied(whole, tmp_path)
    path = damaged.folder / "games.parquet"
    content = bytearray(path.read_bytes())
    # The footer, which is all that `check` reads, is at the end.
    content[4:200] = bytes(196)
    path.write_bytes(content)
    damaged.check()
    with pytest.raises(ArchiveError) as refused:
        _ = damaged.games
    assert str(refused.value).startswith(f"{path} is damaged (")
    assert "\n" not in str(refused.value)
