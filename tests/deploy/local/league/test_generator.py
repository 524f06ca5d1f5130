"""The same seed gives the same league; wrong arguments are refused in words."""

from pathlib import Path

import pandas as pd
import pytest

from deploy.local.league import LeagueError, LeagueFiles, cached, generate
from deploy.local.league.__main__ import main
from deploy.local.league.writer import SCHEMAS


def _tables(files: LeagueFiles) -> dict[str, pd.DataFrame]:
    paths = {name: files.archive / f"{name}.parquet" for name in SCHEMAS} | {"oracle": files.oracle}
    return {name: pd.read_parquet(path) for name, path in paths.items()}


def _files(files: LeagueFiles) -> dict[str, bytes]:
    return {str(p.relative_to(files.root)): p.read_bytes() for p in files.root.rglob("*") if p.is_file()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert _files(generate(3, tmp_path / "a", days=8)) == _files(generate(3, tmp_path / "b", days=8))


def test_another_seed_gives_another_league(tmp_path: Path) -> None:
    one, two = (_tables(generate(seed, tmp_path / str(seed), days=8)) for seed in (3, 4))
    for name, table in one.items():
        assert not table.equals(two[name]), name


def test_fewer_days_are_the_first_days_of_the_same_schedule(league: LeagueFiles, tmp_path: Path) -> None:
    short, long = _tables(generate(7, tmp_path / "short", days=10))["games"], _tables(league)["games"]
    keys = ["game_id", "game_date", "tipoff_utc", "home_team", "away_team"]
    pd.testing.assert_frame_equal(short[keys], long[keys].head(len(short)))


@pytest.mark.slow
def test_a_second_season_goes_on_with_mostly_the_same_men(two_seasons: LeagueFiles) -> None:
    box = _tables(two_seasons)["player_box"]
    first, second = (set(rows["player_id"]) for _, rows in box.groupby("season"))
    assert sorted(box["season"].unique()) == ["2023-24", "2024-25"]
    assert 0.8 < len(first & second) / len(first) < 0.99


def test_an_equal_league_is_not_generated_again(tmp_path: Path) -> None:
    files = cached(5, tmp_path, days=3)
    files.oracle.write_bytes(b"untouched")
    assert cached(5, tmp_path, days=3).oracle.read_bytes() == b"untouched"
    assert cached(6, tmp_path, days=3).root != files.root


def test_an_older_league_is_replaced_whole(tmp_path: Path) -> None:
    generate(5, tmp_path / "league", days=3)
    (tmp_path / "league" / "archive" / "stray").touch()
    files = generate(6, tmp_path / "league", days=3)
    assert not (files.archive / "stray").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["league"]


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="new or empty folder"):
        generate(5, tmp_path, days=3)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"days": 0}, "days is 0"),
        ({"days": 400}, "days is 400"),
        ({"seasons": 0}, "seasons is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"first_season": 24}, "first_season is 24"),
    ],
)
def test_a_value_out_of_bounds_is_named(tmp_path: Path, given: dict[str, int], named: str) -> None:
    with pytest.raises(LeagueError, match=named):
        generate(**({"seed": 1, "out": tmp_path / "x"} | given))  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()


def test_the_command_writes_a_league_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seed", "7", "--out", str(tmp_path / "a"), "--days", "2"]) == 0
    assert str(tmp_path / "a" / "archive") in capsys.readouterr().out


def test_the_command_refuses_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "7", "--out", str(tmp_path / "a"), "--days", "999"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "days is 999; give a number from 1 to 174" in error


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--seed 7 --out" in capsys.readouterr().out
