"""Systems that predict together: each once, the ensemble from what they said."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.systems.distribution import PointsDistribution, normal_points
from predictions.systems.ensemble import Ensemble
from predictions.systems.registry import SYSTEM_IDS, without_model
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT, PRIOR_WEIGHTS_AGAINST_LINE, SystemSet

EVEN = {"low": 1.0, "high": 1.0}


class Reading:
    """Predicts a normal around one feature, and counts how often it is asked."""

    def __init__(self, system_id: str, feature: str) -> None:
        self.system_id, self.requires, self.asked = system_id, (feature,), 0

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        self.asked += 1
        mean = features[self.requires[0]].to_numpy(dtype="float64")
        return normal_points(mean, np.full(len(mean), 5.0))


def slate(*rows: tuple[float | None, ...]) -> pd.DataFrame:
    columns = ["one", "two", "three", "vegas_points_line"]
    return pd.DataFrame([row + (None,) * (4 - len(row)) for row in rows], columns=columns, dtype="float64")


def made(weights: Any = EVEN, without: Any = EVEN, more: Sequence[Any] = ()) -> SystemSet:
    systems = (Reading("low", "one"), Reading("high", "two"), *more)
    return SystemSet(systems, Ensemble(weights, without), PRIOR_MARKET_WEIGHT)


def test_each_system_is_asked_once_and_the_ensemble_comes_last() -> None:
    systems = made()
    results = systems.run(slate((10, 20)))
    assert tuple(results) == systems.system_ids == ("low", "high", "ensemble")
    assert [system.asked for system in systems.systems] == [1, 1]


def test_a_system_that_nothing_shown_rests_on_is_not_asked() -> None:
    systems = made(more=[Reading("idle", "three")])
    assert list(systems.only(["low"]).run(slate((10, 20)))) == ["low"]
    assert list(systems.only(["ensemble"]).run(slate((10, 20)))) == ["ensemble"]
    assert [system.asked for system in systems.systems] == [2, 1, 0]


def test_a_system_that_refines_another_starts_from_what_that_one_said() -> None:
    class Refining(Reading):
        refines = "low"

        def refine(self, features: pd.DataFrame, distribution: PointsDistribution) -> PointsDistribution:
            return normal_points(distribution.median + 1, np.full(len(features), 5.0))

    refining = Refining("finer", "two")
    found = SystemSet((Reading("low", "one"), refining), None, PRIOR_MARKET_WEIGHT).run(
        slate((10, None), (None, None), (12, 20), (14, 20))
    )["finer"]
    assert (found.predicted.tolist(), refining.asked) == ([2, 3], 0)
    assert found.distribution.median.tolist() == [13, 15]


def test_the_ensemble_is_the_weighted_mean_of_its_members_chances() -> None:
    results = made({"low": 3.0, "high": 1.0}, EVEN).run(slate((10, 20, None, 15.5)))
    low, high, pooled = (results[name].distribution.cumulative[0] for name in ("low", "high", "ensemble"))
    assert pooled == pytest.approx(0.75 * low + 0.25 * high)
    assert results["ensemble"].distribution.mean[0] == pytest.approx(12.5, abs=0.1)


def test_the_weights_depend_on_whether_the_player_has_a_line() -> None:
    systems = made({"low": 1.0, "high": 0.001}, {"low": 0.001, "high": 1.0})
    mean = systems.run(slate((10, 20, None, 15.5), (10, 20)))["ensemble"].distribution.mean
    assert mean == pytest.approx([10, 20], abs=0.2)


def test_the_weights_of_who_is_there_add_up_to_one() -> None:
    systems = made({**EVEN, "third": 2.0}, EVEN, [Reading("third", "three")])
    results = systems.run(slate((10, 20, None, 15.5), (10, None, 30, 15.5), (10, 20, 30, 15.5)))
    mean = results["ensemble"].distribution.mean
    assert mean == pytest.approx([15, (10 + 2 * 30) / 3, (10 + 20 + 60) / 4], abs=0.2)


def test_one_system_is_no_ensemble() -> None:
    ensemble = made().run(slate((10, None), (10, 20), (None, None)))["ensemble"]
    assert ensemble.predicted.tolist() == [1]
    assert ensemble.reasons == {
        0: "ensemble needs 2 systems and has 1",
        2: "ensemble needs 2 systems and has 0",
    }


def test_an_ensemble_of_nobody_predicts_nobody() -> None:
    ensemble = made().run(slate((None, None)))["ensemble"]
    assert ensemble.distribution is None
    assert ensemble.reasons == {0: "ensemble needs 2 systems and has 0"}


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_a_player_with_an_impossible_feature_is_not_predicted_by_anyone(value: float) -> None:
    results = made().run(slate((10, 20), (10, value)))
    assert results["low"].reasons == {1: "low cannot use an impossible two"}
    assert results["ensemble"].predicted.tolist() == [0]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"low": 1.0}, "at least 2"),
        ({"low": 1.0, "high": 0.0}, "at least 2"),
        ({"low": 1.0, "high": -1.0}, "at least 0"),
        ({"low": 1.0, "high": np.nan}, "finite"),
        ({**EVEN, "stranger": 1.0}, "unknown systems: stranger"),
    ],
)
def test_weights_that_cannot_be_meant_are_refused(weights: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(weights)


def test_every_system_has_a_prior_against_the_line() -> None:
    """Of one without, everything would be believed."""
    assert PRIOR_WEIGHTS_AGAINST_LINE.keys() == set(SYSTEM_IDS)


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_against_the_line_is_a_share(weight: float) -> None:
    with pytest.raises(ValueError, match="weight of low against the line is a share"):
        SystemSet((Reading("low", "one"),), None, PRIOR_MARKET_WEIGHT, {"low": weight})


def test_two_systems_do_not_share_an_id() -> None:
    with pytest.raises(ValueError, match="share an id"):
        made(more=[Reading("low", "three")])


def test_a_system_answers_for_each_player() -> None:
    class Forgetful(Reading):
        def predict(self, features: pd.DataFrame) -> PointsDistribution:
            return super().predict(features.iloc[1:])

    systems = SystemSet((Forgetful("forgetful", "one"),), None, PRIOR_MARKET_WEIGHT)
    with pytest.raises(ValueError, match="forgetful made 1 predictions of 2 rows"):
        systems.run(slate((10,), (20,)))


def test_without_a_model_there_are_the_formulas_and_no_ensemble() -> None:
    systems = without_model()
    assert systems.system_ids == ("moving_average", "zone_matchup", "similarity")
    assert systems.market_weight == 0.75
