"""Walking through seasons, what the systems are worth, and the model that comes of it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.systems.base import run_system
from predictions.systems.contract import load_contract
from predictions.systems.learned import Learned
from predictions.systems.model import unpack_model
from predictions.systems.registry import SYSTEM_IDS
from predictions.systems.system_set import SystemSet
from predictions.training.errors import TooFewGamesError
from predictions.training.measure import Scored, against_members, populations, scored, table
from predictions.training.train import fingerprint, train
from predictions.training.walk import walk, weekly
from predictions.training.weights import PRIOR_LINE_WEIGHT, line_weight, pool_weights

CONTRACT = load_contract()


@pytest.fixture(scope="module")
def walked(rows: pd.DataFrame) -> Any:
    cuts = [np.datetime64("2023-06-01"), np.datetime64("2023-12-01")]
    return walk(rows, CONTRACT, cuts, np.datetime64("2024-02-01"))


def test_every_row_ahead_is_predicted_once_and_none_before(walked: Any, rows: pd.DataFrame) -> None:
    dates = rows["game_date"].to_numpy(dtype="datetime64[D]")
    wanted = np.flatnonzero((dates >= np.datetime64("2023-06-01")) & (dates < np.datetime64("2024-02-01")))
    assert walked["learned"].rows.tolist() == wanted.tolist()
    lined = wanted[rows["vegas_points_line"].notna().to_numpy()[wanted]]
    assert walked["learned_with_line"].rows.tolist() == lined.tolist()


def test_what_is_to_come_does_not_move_a_prediction(walked: Any, rows: pd.DataFrame) -> None:
    later = rows["game_date"].to_numpy(dtype="datetime64[D]") >= np.datetime64("2023-12-01")
    changed = rows.assign(
        points=np.where(later, 0, rows["points"]), minutes=np.where(later, 1, rows["minutes"])
    )
    cuts = [np.datetime64("2023-06-01"), np.datetime64("2023-12-01")]
    again = walk(changed, CONTRACT, cuts, np.datetime64("2024-02-01"))
    assert set(walked) == set(SYSTEM_IDS)
    for name, own in walked.items():
        before = ~later[own.rows]
        assert again[name].cumulative[before].tolist() == own.cumulative[before].tolist(), name


def test_figures_are_of_the_same_rows(walked: Any, rows: pd.DataFrame) -> None:
    found = pd.DataFrame(table(rows, walked)).set_index(["population", "system"])
    assert found.loc[("lined", "line"), "n"] == found.loc[("lined", "learned_with_line"), "n"]
    own = walked["learned"]
    chosen = populations(rows)["all"][own.rows]
    error = np.abs(own.median[chosen] - rows["points"].to_numpy()[own.rows][chosen])
    assert found.loc[("all", "learned"), "mae"] == pytest.approx(error.mean(), abs=1e-5)
    assert found.loc[("lined", "line"), "minus_line"] == 0


def test_training_gives_a_model_that_reads_back_the_same(rows: pd.DataFrame) -> None:
    training = train(rows, CONTRACT, "trained")
    model = training.model
    read = unpack_model(model.pack())
    features = rows[list(CONTRACT.features)].iloc[:200]
    for name, result in model.systems().run(features).items():
        again = read.systems().run(features)[name].distribution
        assert result.distribution is not None
        assert again is not None
        # The tables are stored with seven decimals.
        assert again.cumulative == pytest.approx(result.distribution.cumulative, abs=1e-6)
    assert training.facts["training_rows"] == len(rows)
    assert sum(model.weights_without_line.values()) == pytest.approx(1, abs=1e-3)
    read.check(CONTRACT)


def test_two_seasons_are_not_enough_to_learn_and_be_measured(invented: Any) -> None:
    with pytest.raises(TooFewGamesError, match="seasons"):
        train(invented(2000, first="2023-10-24", days=400), CONTRACT, "trained")


def test_the_fingerprint_follows_the_data(rows: pd.DataFrame) -> None:
    other = rows.copy()
    other.loc[5, "points"] += 1
    assert fingerprint(rows, CONTRACT) == fingerprint(rows.copy(), CONTRACT) != fingerprint(other, CONTRACT)


def test_the_weight_against_the_line_is_a_prior_until_enough_is_past() -> None:
    rng = np.random.default_rng(1)
    line = np.full(2000, 15.5)
    model = rng.normal(15.5, 3, 2000)
    points = 15.5 + 0.6 * (model - line) + rng.normal(0, 1, 2000)
    assert line_weight(model[:999], line[:999], points[:999]) == PRIOR_LINE_WEIGHT
    assert line_weight(model, line, points) == pytest.approx(0.6, abs=0.05)


def test_the_pool_weighs_who_is_right() -> None:
    rng = np.random.default_rng(1)
    points = rng.integers(5, 30, 500)
    steps = np.arange(81)[None, :]
    right = 1 / (1 + np.exp(-(steps - points[:, None] + 0.5) / 2))
    wrong = 1 / (1 + np.exp(-(steps - 10) / 2)) + 0 * right
    weights = pool_weights({"right": right, "wrong": wrong}, points)
    assert weights["right"] > 0.9
    assert sum(weights.values()) == pytest.approx(1, abs=1e-3)


def test_with_fitted_weights_the_ensemble_is_about_as_good_as_its_best_member(
    walked: Any, rows: pd.DataFrame
) -> None:
    """Of players without a line: the invented line is a bad one, and the prior believes it.

    Two errors, as the weights know the model of half as many games; test_worth.py has the stricter case.
    """
    later = rows["game_date"].to_numpy(dtype="datetime64[D]") >= np.datetime64("2023-12-01")
    chosen = later & rows["vegas_points_line"].isna().to_numpy()
    fitted = {}
    for name, own in walked.items():
        inside = chosen[own.rows]
        fitted[name] = Scored(own.rows[inside], own.median[inside], own.cumulative[inside])
    found = against_members(rows, fitted, "ensemble")
    assert {row["member"] for row in found} == set(SYSTEM_IDS) - {"ensemble", "learned_with_line"}
    for row in found:
        assert row["crps_minus_member"] < 2 * row["crps_minus_member_se"], row["member"]


@pytest.mark.parametrize(
    ("count", "days", "cut", "words"),
    [
        (400, 200, "2021-12-01", "player-games over"),
        (4000, 80, "2021-11-10", "over 22 days lie before 2021-11-10"),
        (400, 200, "2021-10-19", "0 player-games over 0 days"),
    ],
)
def test_too_little_to_learn_from_is_said(invented: Any, count: int, days: int, cut: str, words: str) -> None:
    few = invented(count, days=days)
    with pytest.raises(TooFewGamesError, match=words):
        walk(few, CONTRACT, [np.datetime64(cut)], np.datetime64("2022-05-01"))


def test_who_is_questionable_is_predicted_for_fewer_minutes(rows: pd.DataFrame, model: Any) -> None:
    some, systems = rows.iloc[:50], SystemSet((Learned(model),), None, 0.75)
    result = run_system(Learned(model), some[list(CONTRACT.features)])
    full, less = (
        scored(systems, some.assign(injury_status=status), CONTRACT)["learned"]
        for status in (None, "Questionable")
    )
    assert (less.cumulative >= full.cumulative - 1e-6).all()
    assert result.distribution is not None
    expected = result.distribution.scale(np.full(50, 0.95)).median
    assert less.median.tolist() == expected.tolist()


def test_a_season_has_a_cut_every_week() -> None:
    cuts = weekly(np.datetime64("2024-10-22"), np.datetime64("2024-11-06"))
    assert [str(cut) for cut in cuts] == ["2024-10-22", "2024-10-29", "2024-11-05"]
