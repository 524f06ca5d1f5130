"""moving_average against the reference system's facts (predictions.md 5.1), fatigue the right way round."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.systems.base import run_system
from predictions.systems.distribution import normal_points
from predictions.systems.moving_average import MovingAverage
from predictions.systems.spread import points_sd

BASELINE = {
    "points_avg_last_5": 20.0,
    "points_avg_last_10": 22.0,
    "points_avg_season": 24.0,
    "points_std_last_10": 3.5,
    "games_played_season": 20.0,
    "home_away": 1.0,
    "back_to_back": 0.0,
    "fatigue_score": 60.0,
    "shot_zone_mismatch_score": 0.0,
    "pace_score": 0.0,
    "usage_spike_score": 0.0,
}
OPTIONAL = sorted(BASELINE.keys() - set(MovingAverage.requires))
# The reference's fixture F; its fatigue of 45 is 55 on a scale on which 100 is fresh.
FIXTURE_F = {
    "points_avg_last_5": 26.5,
    "points_avg_last_10": 25.8,
    "points_avg_season": 25.0,
    "fatigue_score": 55.0,
    "shot_zone_mismatch_score": 4.5,
    "pace_score": 0.8,
    "usage_spike_score": 1.0,
}


def predicted(**changes: Any) -> tuple[float, float]:
    """Mean and standard deviation before the points are whole."""
    features = pd.DataFrame([{**BASELINE, **changes}])
    mean = MovingAverage().mean(features)
    games = np.minimum(features["games_played_season"].fillna(0), 10).to_numpy(dtype="float64")
    sd = points_sd(mean, features["points_std_last_10"].to_numpy(dtype="float64"), games)
    return float(mean[0]), float(sd[0])


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 21.9),
        ({"home_away": 0}, 20.9),
        ({"back_to_back": 1}, 20.4),
        ({"home_away": 0, "back_to_back": 1}, 19.4),
        ({"fatigue_score": 25}, 19.4),
        ({"fatigue_score": 30}, 20.9),
        ({"fatigue_score": 40}, 20.9),
        ({"fatigue_score": 50}, 21.9),
        ({"fatigue_score": 70}, 21.9),
        ({"shot_zone_mismatch_score": 5}, 23.4),
        ({"shot_zone_mismatch_score": -5}, 20.4),
        ({"pace_score": 3}, 22.8),
        ({"pace_score": -3}, 21.0),
        ({"usage_spike_score": 2.5}, 22.9),
        ({"usage_spike_score": -2.5}, 20.9),
        (FIXTURE_F, 28.48),
        ({**FIXTURE_F, "home_away": 0, "back_to_back": 1, "fatigue_score": 25}, 23.48),
    ],
)
def test_the_points_are_those_of_the_reference(changes: dict[str, float], points: float) -> None:
    assert predicted(**changes)[0] == pytest.approx(points)


@given(st.floats(0, 90), st.floats(0, 90), st.floats(0, 90), st.integers(0, 1), st.integers(0, 1))
def test_points_stay_between_none_and_sixty(
    last_5: float, last_10: float, season: float, home: int, back_to_back: int
) -> None:
    mean, sd = predicted(
        points_avg_last_5=last_5,
        points_avg_last_10=last_10,
        points_avg_season=season,
        home_away=home,
        back_to_back=back_to_back,
    )
    assert 0 <= mean <= 60
    assert sd > 0


@pytest.mark.parametrize("score", range(0, 100, 10))
def test_a_more_tired_player_is_never_expected_to_score_more(score: int) -> None:
    assert predicted(fatigue_score=score)[0] <= predicted(fatigue_score=score + 10)[0]


@pytest.mark.parametrize("feature", OPTIONAL)
def test_an_optional_feature_that_is_null_or_absent_contributes_nothing(feature: str) -> None:
    told = pd.DataFrame([{**BASELINE, **FIXTURE_F, feature: None}])
    unsaid = told.drop(columns=feature)
    without = pd.DataFrame([{**BASELINE, **FIXTURE_F, feature: 60.0 if feature == "fatigue_score" else 0.0}])
    expected = MovingAverage().predict(without).cumulative
    for features in (told, unsaid):
        assert (MovingAverage().predict(features).cumulative == expected).all()


def test_the_contributions_add_up_to_the_distance_from_the_average() -> None:
    features = pd.DataFrame([{**BASELINE, **FIXTURE_F}])
    contributions = MovingAverage().contributions(features)
    assert contributions.sum(axis=1)[0] == pytest.approx(28.48 - 25.99)
    assert contributions["shot_zone_mismatch_score"][0] == pytest.approx(1.35)


def test_the_prediction_is_the_normal_of_mean_and_spread() -> None:
    distribution = MovingAverage().predict(pd.DataFrame([BASELINE]))
    assert (distribution.cumulative == normal_points(*(np.array([x]) for x in predicted())).cumulative).all()


def test_ten_games_weigh_as_much_as_the_ratio_of_variance_to_mean() -> None:
    mean, sd = predicted(points_std_last_10=6.0, games_played_season=10)
    assert sd**2 == pytest.approx((36 + 3 * mean) / 2)


def test_few_games_hardly_count() -> None:
    mean, sd = predicted(points_std_last_10=12.0, games_played_season=1)
    assert sd**2 == pytest.approx((144 + 10 * 3 * mean) / 11)


def test_more_than_the_window_counts_as_the_window() -> None:
    assert predicted(games_played_season=70) == predicted(games_played_season=10)


def test_a_player_who_never_scored_is_still_not_certain() -> None:
    scoreless = dict.fromkeys(("points_avg_last_5", "points_avg_last_10", "points_avg_season"), 0.0)
    mean, sd = predicted(**scoreless, home_away=0, points_std_last_10=0.0)
    assert mean == 0
    assert sd == pytest.approx(np.sqrt(1 / 12))


def test_the_same_features_give_the_same_prediction() -> None:
    assert predicted() == predicted()


@pytest.mark.parametrize("feature", MovingAverage.requires)
def test_a_missing_feature_is_named_and_nothing_stands_in_for_it(feature: str) -> None:
    slate = pd.DataFrame([BASELINE, {**BASELINE, feature: None}, BASELINE])
    result = run_system(MovingAverage(), slate)
    assert result.predicted.tolist() == [0, 2]
    assert result.reasons == {1: f"moving_average needs {feature}"}
    assert result.distribution is not None
    assert result.distribution.mean == pytest.approx([21.9, 21.9], abs=0.01)


def test_a_slate_without_the_column_predicts_nobody() -> None:
    slate = pd.DataFrame([BASELINE]).drop(columns=["points_avg_last_5", "home_away"])
    result = run_system(MovingAverage(), slate)
    assert result.distribution is None
    assert result.reasons == {0: "moving_average needs points_avg_last_5, home_away"}
