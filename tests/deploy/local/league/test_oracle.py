"""The oracle tells the truth: nothing honest beats it, a leak does."""

import json

import numpy as np
import pandas as pd
import pytest

from deploy.local.league import LeagueFiles
from deploy.local.league.realism import excess_error, scored_with_oracle


@pytest.fixture(scope="module")
def rows(two_seasons: LeagueFiles) -> pd.DataFrame:
    return scored_with_oracle(two_seasons.archive, two_seasons.oracle)


def test_every_player_game_played_has_one_row(league: LeagueFiles) -> None:
    box = pd.read_parquet(league.archive / "player_box.parquet")
    keys = ["game_id", "player_id"]
    played = box.loc[box["status"] == "PLAYED", keys].sort_values(keys).reset_index(drop=True)
    oracle = pd.read_parquet(league.oracle)
    pd.testing.assert_frame_equal(oracle[keys].sort_values(keys).reset_index(drop=True), played)
    assert oracle.notna().all(axis=None)


def test_its_information_set_is_stated(league: LeagueFiles) -> None:
    stated = json.loads(league.information.read_text())
    assert {"known", "not_known", "conditional_on", "method"} <= set(stated)


def test_the_archive_does_not_hold_the_truth(league: LeagueFiles) -> None:
    assert league.oracle.parent != league.archive
    assert {p.stem for p in league.archive.iterdir()} == {
        "games", "player_box", "prop_lines", "shots", "injuries"
    }  # fmt: skip


def test_its_mean_is_right_on_average_for_bench_and_stars_alike(rows: pd.DataFrame) -> None:
    miss = rows["points"] - rows["mean"]
    by_level = miss.groupby(pd.cut(rows["mean"], [0, 3, 6, 10, 15, 20, 50]))
    assert (by_level.mean().abs() < 3.5 * by_level.std() / np.sqrt(by_level.size())).all()


def test_its_minutes_are_right_on_average(rows: pd.DataFrame) -> None:
    miss = rows["minutes"] - rows["expected_minutes"]
    assert abs(miss.mean()) < 0.1


def test_its_spread_is_right(rows: pd.DataFrame) -> None:
    squared = ((rows["points"] - rows["mean"]) / rows["sd"]) ** 2
    assert abs(squared.mean() - 1) < 0.04


@pytest.mark.parametrize("level", [5, 10, 25, 50, 75, 90, 95])
def test_its_quantiles_cover_what_they_say(rows: pd.DataFrame, level: int) -> None:
    quantile = rows[f"q{level:02d}"]
    below, up_to = (rows["points"] < quantile).mean(), (rows["points"] <= quantile).mean()
    assert below - 0.01 <= level / 100 <= up_to + 0.01


def test_an_ewma_does_not_beat_the_oracle(rows: pd.DataFrame) -> None:
    excess, error = excess_error(rows, rows["ewma"])
    assert excess > 2 * error


def test_the_season_mean_to_come_does_not_beat_it_either(rows: pd.DataFrame) -> None:
    whole = rows.groupby(["season", "player_id"])["mean"].transform("mean")
    excess, error = excess_error(rows, whole)
    assert excess > 2 * error


@pytest.mark.parametrize("share", [0.02, 0.05])
def test_a_leak_into_the_oracle_itself_beats_it(rows: pd.DataFrame, share: float) -> None:
    leaked = (1 - share) * rows["median"] + share * rows["points"]
    excess, error = excess_error(rows, leaked)
    assert excess < -2 * error


def test_a_leak_into_an_ewma_beats_the_oracle(rows: pd.DataFrame) -> None:
    excess, error = excess_error(rows, 0.85 * rows["ewma"] + 0.15 * rows["points"])
    assert excess < -2 * error
