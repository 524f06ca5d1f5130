"""zone_matchup against the reference's executed examples (predictions.md 5.1, 5.3), around this league."""

from typing import Any

import pandas as pd
import pytest

from predictions.systems.base import run_system
from predictions.systems.zone_matchup import LEAGUE_DEF_RATING, ZoneMatchup

# To the reference 110 is average and a high score tired: its 118 is 8 above average, its 45 a fresh 55.
FIXTURE_F = {
    "points_avg_season": 25.0,
    "points_std_last_10": 4.8,
    "games_played_season": 20.0,
    "home_away": 1.0,
    "opponent_def_rating": LEAGUE_DEF_RATING + 8,
    "pct_paint": 0.42,
    "pct_mid_range": 0.18,
    "pct_three": 0.28,
    "pct_free_throw": 0.12,
    "pace_score": 0.8,
    "fatigue_score": 55.0,
}


def mean(**changes: Any) -> float:
    return float(ZoneMatchup().mean(pd.DataFrame([{**FIXTURE_F, **changes}]))[0])


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 32.576),
        ({"opponent_def_rating": LEAGUE_DEF_RATING - 6, "home_away": 0, "fatigue_score": 40}, 18.878),
        ({"opponent_def_rating": LEAGUE_DEF_RATING}, 26.12),
        ({"fatigue_score": 29}, 31.076),
        ({"fatigue_score": 49}, 31.776),
    ],
)
def test_the_points_are_those_of_the_reference(changes: dict[str, float], points: float) -> None:
    assert mean(**changes) == pytest.approx(points)


@pytest.mark.parametrize(
    ("share", "weight"), [(0.45, 1.0), (0.40, 1.0), (0.39, 0.7), (0.20, 0.7), (0.19, 0.4), (0.0, 0.4)]
)
def test_a_zone_weighs_by_the_share_of_the_player_s_shots(share: float, weight: float) -> None:
    zone = ZoneMatchup().contributions(pd.DataFrame([{**FIXTURE_F, "pct_mid_range": share}]))["pct_mid_range"]
    assert zone[0] == pytest.approx(2.4 * weight)


def test_a_share_of_free_throws_is_a_fraction_like_the_others() -> None:
    """The reference gave them the weight of a player's main zone, as its 12 meant percent."""
    line = ZoneMatchup().contributions(pd.DataFrame([FIXTURE_F]))["pct_free_throw"]
    assert line[0] == pytest.approx(1.92 * 0.4)


def test_no_zone_gives_or_takes_more_than_three_points() -> None:
    assert mean(opponent_def_rating=LEAGUE_DEF_RATING + 100) == pytest.approx(25 + 3 + 1.2 + 2.1 + 1.2 + 1.12)


def test_a_worse_defense_never_means_fewer_points() -> None:
    points = [mean(opponent_def_rating=rating) for rating in range(95, 131)]
    assert points == sorted(points)


@pytest.mark.parametrize("feature", ["pace_score", "fatigue_score", "games_played_season"])
def test_an_optional_feature_that_is_null_contributes_nothing(feature: str) -> None:
    neutral = {**FIXTURE_F, feature: 60.0 if feature == "fatigue_score" else 0.0}
    expected = ZoneMatchup().predict(pd.DataFrame([neutral])).cumulative
    assert (ZoneMatchup().predict(pd.DataFrame([{**FIXTURE_F, feature: None}])).cumulative == expected).all()


@pytest.mark.parametrize("feature", ZoneMatchup.requires)
def test_a_missing_feature_is_named(feature: str) -> None:
    result = run_system(ZoneMatchup(), pd.DataFrame([{**FIXTURE_F, feature: None}]))
    assert result.reasons == {0: f"zone_matchup needs {feature}"}
