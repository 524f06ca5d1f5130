"""Predictive distributions over whole points, and what they say about lines."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from predictions.systems.distribution import NormalPoints, at_lines

MEANS = st.floats(0, 60)
DEVIATIONS = st.floats(0.3, 15)
HALF_LINES = st.integers(0, 60).map(lambda points: points + 0.5)
WHOLE_LINES = st.integers(0, 60).map(float)


def one(mean: float, sd: float) -> NormalPoints:
    return NormalPoints(np.array([mean]), np.array([sd]))


def chances(mean: float, sd: float, line: float) -> tuple[float, float, float]:
    over, push, under = at_lines(one(mean, sd), np.array([line]))
    return float(over[0]), float(push[0]), float(under[0])


@given(MEANS, DEVIATIONS, st.one_of(HALF_LINES, WHOLE_LINES, st.floats(-5, 80)))
def test_over_push_and_under_add_up_to_one(mean: float, sd: float, line: float) -> None:
    over, push, under = chances(mean, sd, line)
    assert over + push + under == pytest.approx(1, abs=1e-12)
    assert min(over, push, under) >= -1e-12


@given(MEANS, DEVIATIONS, HALF_LINES)
def test_a_half_point_line_cannot_push(mean: float, sd: float, line: float) -> None:
    assert chances(mean, sd, line)[1] == 0


@given(MEANS, DEVIATIONS, WHOLE_LINES)
def test_a_whole_number_line_pushes_with_the_chance_of_exactly_that_score(
    mean: float, sd: float, line: float
) -> None:
    distribution = one(mean, sd)
    exactly = distribution.cdf(np.array([line])) - distribution.cdf(np.array([line - 1]))
    assert chances(mean, sd, line)[1] == pytest.approx(float(exactly[0]), abs=1e-12)


@given(MEANS, DEVIATIONS, WHOLE_LINES)
def test_half_a_point_on_either_side_of_a_whole_line_moves_the_push_to_that_side(
    mean: float, sd: float, line: float
) -> None:
    over, push, under = chances(mean, sd, line)
    assert chances(mean, sd, line - 0.5)[0] == pytest.approx(over + push, abs=1e-12)
    assert chances(mean, sd, line + 0.5)[2] == pytest.approx(under + push, abs=1e-12)


@given(MEANS, DEVIATIONS, st.integers(0, 60), st.integers(0, 20))
def test_more_points_are_never_less_likely_to_be_enough(mean: float, sd: float, k: int, more: int) -> None:
    distribution = one(mean, sd)
    assert distribution.cdf(np.array([float(k + more)])) >= distribution.cdf(np.array([float(k)]))


@given(MEANS, DEVIATIONS)
def test_nobody_scores_less_than_nothing(mean: float, sd: float) -> None:
    distribution = one(mean, sd)
    assert distribution.cdf(np.array([-1.0]))[0] == 0
    assert chances(mean, sd, -0.5)[0] == 1
    assert distribution.quantile(0.001)[0] >= 0


@given(MEANS, DEVIATIONS, st.floats(0.01, 0.98), st.floats(0.001, 0.01))
def test_quantiles_rise_with_their_level(mean: float, sd: float, level: float, step: float) -> None:
    distribution = one(mean, sd)
    assert distribution.quantile(level + step) >= distribution.quantile(level)


def test_the_chance_of_a_score_is_the_normal_read_half_a_point_further() -> None:
    expected = norm.cdf((20 + 0.5 - 21.9) / 7.1)
    assert one(21.9, 7.1).cdf(np.array([20.0]))[0] == pytest.approx(expected)
    assert chances(21.9, 7.1, 20.5)[2] == pytest.approx(expected)


def test_the_median_is_the_mean_of_the_normal() -> None:
    assert one(21.9, 7.1).quantile(0.5)[0] == 21.9


def test_a_slate_is_judged_like_its_players_one_by_one() -> None:
    rng = np.random.default_rng(7)
    means, sds, lines = rng.uniform(0, 40, 50), rng.uniform(1, 10, 50), rng.integers(0, 80, 50) / 2
    slate = at_lines(NormalPoints(means, sds), lines)
    for position in range(50):
        alone = chances(means[position], sds[position], lines[position])
        assert [column[position] for column in slate] == pytest.approx(alone)


def test_the_chances_are_those_of_a_sample() -> None:
    rng = np.random.default_rng(11)
    scores = np.maximum(np.round(rng.normal(8.3, 5.2, 200_000)), 0)
    over, push, under = chances(8.3, 5.2, 8.0)
    assert over == pytest.approx((scores > 8).mean(), abs=0.004)
    assert push == pytest.approx((scores == 8).mean(), abs=0.004)
    assert under == pytest.approx((scores < 8).mean(), abs=0.004)


@pytest.mark.parametrize(("mean", "sd"), [(np.nan, 1.0), (10.0, 0.0), (10.0, -1.0), (10.0, np.inf)])
def test_an_impossible_distribution_is_refused(mean: float, sd: float) -> None:
    with pytest.raises(ValueError, match="finite means and standard deviations above zero"):
        one(mean, sd)


@pytest.mark.parametrize("level", [0, 1, 1.5])
def test_a_quantile_needs_a_level_between_none_and_all(level: Any) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        one(10, 5).quantile(level)
