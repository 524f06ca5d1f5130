"""Lines are priced like a bookmaker's: with a hold, near the truth, nearer at tip, never after it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from deploy.local.league import LeagueFiles
from deploy.local.league.market import american

Table = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="module")
def props(table: Table) -> pd.DataFrame:
    return table("prop_lines")


@pytest.fixture(scope="module")
def main_lines(props: pd.DataFrame) -> pd.DataFrame:
    lopsided = (_implied(props["over_odds"]) - _implied(props["under_odds"])).abs()
    nearest = lopsided.groupby(
        [props["game_id"], props["player_id"], props["bookmaker"], props["snapshot_utc"]]
    ).idxmin()
    return props.loc[nearest]


def _implied(odds: pd.Series) -> pd.Series:
    return pd.Series(np.where(odds < 0, -odds / (100 - odds), 100 / (100 + odds)), index=odds.index)


def test_american_odds_of_a_chance() -> None:
    assert american(np.array([0.5, 0.6, 0.25])).tolist() == [100.0, -150.0, 300.0]


def test_both_prices_together_hold_four_to_seven_and_a_half_percent(props: pd.DataFrame) -> None:
    hold = _implied(props["over_odds"]) + _implied(props["under_odds"]) - 1
    assert hold.between(0.04, 0.075).all()
    assert not props[["over_odds", "under_odds"]].abs().lt(100).any(axis=None)


def test_a_game_has_lines_on_a_dozen_to_eighteen_players(props: pd.DataFrame) -> None:
    assert 12 <= props.groupby("game_id")["player_id"].nunique().mean() <= 18
    assert set(props["bookmaker"]) == {"draftkings", "fanduel", "betmgm", "caesars"}
    assert set(props["market"]) == {"player_points"}


def test_most_lines_are_half_points_and_some_are_whole(props: pd.DataFrame) -> None:
    assert 0.01 < (props["line"] % 1 == 0).mean() < 0.2
    assert (props["line"] * 2 % 1 == 0).all()


def test_some_players_have_alternate_lines_at_a_book(props: pd.DataFrame) -> None:
    lines = props.groupby(["game_id", "player_id", "bookmaker", "snapshot_utc"])["line"].nunique()
    assert 0.02 < (lines > 1).mean() < 0.3


def test_lines_come_nearer_to_the_truth_as_tip_comes_nearer(
    main_lines: pd.DataFrame, league: LeagueFiles
) -> None:
    truth = pd.read_parquet(league.oracle)[["game_id", "player_id", "median"]]
    rows = main_lines.merge(truth, on=["game_id", "player_id"])
    before = (rows["commence_utc"] - rows["snapshot_utc"]).dt.total_seconds() / 3600
    error = (rows["line"] - rows["median"]).abs().groupby(pd.cut(before, [0, 0.5, 2, 6, 12])).mean()
    assert len(error.dropna()) == 4
    assert error.is_monotonic_increasing


def test_a_line_does_not_know_the_result(main_lines: pd.DataFrame, league: LeagueFiles, table: Table) -> None:
    keys = ["game_id", "player_id"]
    last = main_lines.sort_values("snapshot_utc").groupby(keys).last().reset_index()
    rows = last.merge(pd.read_parquet(league.oracle), on=keys).merge(
        table("player_box")[[*keys, "points"]], on=keys
    )
    luck = rows["points"].astype(float) - rows["mean"]
    error = rows["line"] - rows["median"]
    assert abs(np.corrcoef(luck, error)[0, 1]) < 3 / np.sqrt(len(rows))


def test_the_closing_spread_names_the_favourite(two_seasons: LeagueFiles) -> None:
    games = pd.read_parquet(two_seasons.archive / "games.parquet")
    margin = games["home_points"] - games["away_points"]
    total = games["home_points"] + games["away_points"]
    assert abs((margin + games["home_spread"]).mean()) < 3 * margin.std() / np.sqrt(len(games))
    assert abs((total - games["total_line"]).mean()) < 3 * total.std() / np.sqrt(len(games))
    assert np.corrcoef(-games["home_spread"], margin)[0, 1] > 0.2
    assert (games[["home_spread", "total_line"]] * 2 % 1 == 0).all(axis=None)
