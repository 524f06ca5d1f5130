import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from deploy.local.upstream.app import create_app
from deploy.local.upstream.archive import Archive, ArchiveError


@pytest.fixture
def copy(tiny_archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_archive, tmp_path / "copy"))


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "player_box.parquet").unlink()
    with pytest.raises(ArchiveError, match=r"player_box\.parquet is missing"):
        Archive(copy)


def test_missing_columns_are_named_with_their_file(copy: Path) -> None:
    path = copy / "prop_lines.parquet"
    pd.read_parquet(path).drop(columns=["over_odds", "snapshot_utc"]).to_parquet(path)
    with pytest.raises(ArchiveError, match=r"prop_lines\.parquet lacks the columns over_odds, snapshot_utc"):
        Archive(copy)


def test_a_file_that_is_not_parquet_is_named(copy: Path) -> None:
    (copy / "games.parquet").write_text("game_id,game_date\n")
    with pytest.raises(ArchiveError, match=r"games\.parquet is not a parquet file"):
        Archive(copy)


def test_an_unknown_team_is_named(copy: Path) -> None:
    path = copy / "games.parquet"
    pd.read_parquet(path).replace({"home_team": {"DAL": "SEA"}}).to_parquet(path)
    with pytest.raises(ArchiveError, match="SEA"):
        create_app(copy)


def test_an_archive_without_games_is_refused(copy: Path) -> None:
    path = copy / "games.parquet"
    pd.read_parquet(path).head(0).to_parquet(path)
    with pytest.raises(ArchiveError, match="no rows"):
        create_app(copy)


def test_dates_given_as_text_are_read(copy: Path) -> None:
    path = copy / "games.parquet"
    games = pd.read_parquet(path)
    games.assign(game_date=games["game_date"].astype(str)).to_parquet(path)
    assert Archive(copy).first_date == date(2022, 10, 18)


def test_a_game_without_tipoff_begins_at_seven_eastern_and_says_so(tiny_archive: Path) -> None:
    game = Archive(tiny_archive).game_by_id["0022400070"]
    assert game.tipoff == datetime(2024, 12, 6, 0, 0, tzinfo=UTC)
    assert game.assumed_time


def test_rows_scattered_over_the_file_still_come_together(copy: Path) -> None:
    path = copy / "player_box.parquet"
    whole = Archive(copy).player_box["0022400056"]
    pd.read_parquet(path).sample(frac=1, random_state=3).to_parquet(path)
    shuffled = Archive(copy).player_box["0022400056"]
    assert sorted(row["player_name"] for row in shuffled) == sorted(row["player_name"] for row in whole)


def test_without_a_time_the_archive_is_over(tiny_archive: Path) -> None:
    client = create_app(tiny_archive).test_client()
    assert client.get("/_control").get_json()["now"] == "2025-01-01T00:00:00+00:00"


@pytest.mark.parametrize("now", ["2024-12-03T18:00:00", datetime(2024, 12, 3)])  # noqa: DTZ001
def test_a_time_without_zone_is_refused(tiny_archive: Path, now: str | datetime) -> None:
    with pytest.raises(ValueError, match="zone"):
        create_app(tiny_archive, now)


def test_an_archive_without_lines_serves_events_without_bookmakers(copy: Path) -> None:
    path = copy / "prop_lines.parquet"
    pd.read_parquet(path).head(0).astype(object).to_parquet(path)
    client = create_app(copy, "2024-12-04T00:00:00Z").test_client()
    events = "/api.the-odds-api.com/v4/sports/basketball_nba/events"
    (first, *_) = client.get(f"{events}?apiKey=k").get_json()
    assert first["commence_time"] == "2024-12-04T00:30:00Z"
    odds = client.get(f"{events}/{first['id']}/odds?apiKey=k&regions=us&markets=player_points").get_json()
    assert odds["bookmakers"] == []
