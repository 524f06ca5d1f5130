"""Scores against figures worked out by hand, and against what must hold of right distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from predictions.grading.scores import (
    Floats,
    brier,
    clustered_mean,
    covered,
    crps,
    expected_calibration_error,
    log_loss,
    randomised_pit,
)


def test_a_certain_prediction_scores_its_distance() -> None:
    cdf = (np.arange(81)[None, :] >= np.array([[20], [20]])).astype(float)
    assert crps(cdf, np.array([25, 20])) == pytest.approx([5.0, 0.0])


def test_crps_of_a_coin() -> None:
    """0 or 10 points with even chances, 10 scored: ten thresholds at a distance of a half."""
    cdf = np.where(np.arange(81) >= 10, 1.0, 0.5)[None, :]
    assert crps(cdf, np.array([10])) == pytest.approx([2.5])


def test_the_pit_of_right_distributions_is_uniform() -> None:
    rng = np.random.default_rng(3)
    means = rng.uniform(2, 30, 20_000)
    cdf = stats.poisson.cdf(np.arange(121)[None, :], means[:, None])
    pit = randomised_pit(cdf, rng.poisson(means), seed=1)
    assert stats.kstest(pit, "uniform").pvalue > 0.01
    assert covered(pit, 0.8).mean() == pytest.approx(0.8, abs=0.01)


def test_a_distribution_that_is_too_narrow_covers_too_little() -> None:
    rng = np.random.default_rng(3)
    cdf = stats.poisson.cdf(np.arange(121), 20)[None, :].repeat(5_000, axis=0)
    wide = np.maximum(rng.normal(20, np.sqrt(60), 5_000).round(), 0).astype(int)
    assert covered(randomised_pit(cdf, wide, seed=1), 0.8).mean() < 0.6


def test_clusters_that_move_together_widen_the_standard_error() -> None:
    values = np.array([1.0, 1.0, -1.0, -1.0])
    assert clustered_mean(values, np.array([1, 2, 3, 4])) == pytest.approx((0, np.sqrt(4 / 3 * 4) / 4, 4))
    assert clustered_mean(values, np.array([1, 1, 2, 2])) == pytest.approx((0, np.sqrt(2 * 8) / 4, 4))


def test_nothing_is_no_figure() -> None:
    nothing = clustered_mean(np.array([]), np.array([]))
    assert nothing.n == 0
    assert np.isnan([nothing.value, nothing.se]).all()
    assert np.isnan(clustered_mean(np.array([1.0, 2.0]), np.array([1, 1])).se)


def test_chances_are_scored_by_what_happened() -> None:
    chance, happened = np.array([0.75, 0.75]), np.array([True, False])
    assert brier(chance, happened) == pytest.approx([0.0625, 0.5625])
    assert log_loss(chance, happened) == pytest.approx([-np.log(0.75), -np.log(0.25)])
    assert np.isfinite(log_loss(np.array([0.0]), np.array([True]))).all()


def test_a_constant_half_has_the_best_looking_calibration() -> None:
    happened = np.array([True, False] * 50)
    assert expected_calibration_error(np.full(100, 0.5), happened) == 0
    assert expected_calibration_error(np.full(100, 0.8), happened) == pytest.approx(0.3)


STEPS = st.lists(st.integers(0, 9), min_size=31, max_size=31).filter(any)
CHANCE = st.floats(0, 1)


def cdf_of(steps: list[int]) -> Floats:
    rises = np.cumsum(steps)
    return (rises / rises[-1])[None, :]


@given(STEPS, st.integers(0, 30))
def test_crps_is_never_negative_and_at_most_the_greatest_distance(steps: list[int], points: int) -> None:
    score = crps(cdf_of(steps), np.array([points]))[0]
    there = np.flatnonzero(steps)
    assert 0 <= score <= max(abs(there - points)) + 1e-9
    assert (score == pytest.approx(0, abs=1e-12)) == (set(there) == {points})


@given(STEPS, STEPS)
def test_no_distribution_scores_better_than_the_one_that_is_true(true: list[int], other: list[int]) -> None:
    """By CRPS, by what is expected when points are drawn from the first."""
    chances, points = np.array(true) / sum(true), np.arange(31)
    own, others = (crps(np.repeat(cdf_of(each), 31, axis=0), points) @ chances for each in (true, other))
    assert own <= others + 1e-9


@given(CHANCE, CHANCE)
def test_no_chance_scores_better_than_the_one_that_is_true(true: float, other: float) -> None:
    for score in (brier, log_loss):
        own, others = (
            true * score(np.array([each]), np.array([True]))
            + (1 - true) * score(np.array([each]), np.array([False]))
            for each in (true, other)
        )
        assert own[0] <= others[0] + 1e-5
        assert own[0] >= 0


@given(STEPS, st.integers(0, 30), st.integers(0, 99))
def test_where_an_outcome_lies_is_between_nothing_and_one(steps: list[int], points: int, seed: int) -> None:
    pit = randomised_pit(cdf_of(steps), np.array([points]), seed)[0]
    cdf = cdf_of(steps)[0]
    assert (cdf[points - 1] if points else 0) - 1e-12 <= pit <= cdf[points] + 1e-12
