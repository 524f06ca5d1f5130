"""similarity against the reference's executed examples (predictions.md 5.1, 5.3)."""

from typing import Any

import pandas as pd
import pytest

from predictions.systems.base import run_system
from predictions.systems.similarity import Similarity
from predictions.systems.spread import points_sd

FIXTURE_F = {
    "similar_games": 14.0,
    "similarity_baseline": 25.91,
    "similarity_points_std": 1.4,
    "home_away": 1.0,
    "fatigue_score": 45.0,
    "shot_zone_mismatch_score": 4.5,
    "pace_score": 0.8,
    "usage_spike_score": 1.0,
}


def mean(**changes: Any) -> float:
    return float(Similarity().mean(pd.DataFrame([{**FIXTURE_F, **changes}]))[0])


def test_the_points_are_those_of_the_reference() -> None:
    """To the half hundredth by which the reference rounds its parts."""
    assert mean() == pytest.approx(29.58, abs=0.006)
    assert mean(similarity_baseline=31.4) == pytest.approx(35.07, abs=0.006)


@pytest.mark.parametrize(("fatigue", "points"), [(90, 0.30), (70, 0.0), (50, -0.30)])
def test_a_fresh_player_is_expected_to_score_more(fatigue: float, points: float) -> None:
    rested = Similarity().contributions(pd.DataFrame([{**FIXTURE_F, "fatigue_score": fatigue}]))
    assert rested["fatigue_score"][0] == pytest.approx(points)


def test_away_costs_less_than_home_gives() -> None:
    assert mean() - mean(home_away=0) == pytest.approx(1.3)


@pytest.mark.parametrize("feature", sorted(FIXTURE_F.keys() - set(Similarity.requires)))
def test_an_optional_feature_that_is_null_or_absent_contributes_nothing(feature: str) -> None:
    told = pd.DataFrame([{**FIXTURE_F, feature: None}])
    expected = mean(**{feature: 70.0 if feature == "fatigue_score" else 0.0})
    for features in (told, told.drop(columns=feature)):
        assert Similarity().mean(features)[0] == pytest.approx(expected)


def test_the_similar_games_spread_counts_by_their_number() -> None:
    features = pd.DataFrame([FIXTURE_F, {**FIXTURE_F, "similar_games": 20.0}])
    expected = points_sd(
        Similarity().mean(features),
        features["similarity_points_std"].to_numpy(),
        features["similar_games"].to_numpy(),
    )
    assert expected[1] < expected[0]
    assert Similarity().predict(features).sd == pytest.approx(expected, abs=0.02)


def test_without_five_similar_games_there_is_no_prediction_and_no_constant() -> None:
    few = {**FIXTURE_F, "similar_games": 3.0, "similarity_baseline": None, "similarity_points_std": None}
    result = run_system(Similarity(), pd.DataFrame([few]))
    assert result.distribution is None
    assert result.reasons == {0: "similarity needs similarity_baseline, similarity_points_std"}
