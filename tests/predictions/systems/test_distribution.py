"""Predictive distributions over whole points, and what they say about lines."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm

from predictions.systems.distribution import PointsDistribution, at_lines, normal_points, pool

MEANS = st.floats(0, 60)
DEVIATIONS = st.floats(0.3, 15)
HALF_LINES = st.integers(0, 60).map(lambda points: points + 0.5)
WHOLE_LINES = st.integers(0, 60).map(float)


def one(mean: float, sd: float) -> PointsDistribution:
    return normal_points(np.array([mean]), np.array([sd]))


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


@given(st.floats(12, 40), st.floats(3, 8), st.floats(0.05, 0.95))
def test_a_normal_s_quantiles_are_kept_but_for_straight_lines_between_points(
    mean: float, sd: float, level: float
) -> None:
    """The error is about z / (8 sd): a tenth of a point at most. Below half a point all belongs to zero."""
    expected = norm.ppf(level, mean, sd)
    assume(expected > 0.5)
    assert one(mean, sd).quantile(level)[0] == pytest.approx(expected, abs=0.1)


@given(st.floats(15, 40), st.floats(3, 8))
def test_the_median_is_the_mean_of_the_normal(mean: float, sd: float) -> None:
    assert one(mean, sd).quantile(0.5)[0] == pytest.approx(mean, abs=0.01)


def test_mean_and_spread_are_those_of_the_whole_points() -> None:
    scores = np.maximum(np.round(np.random.default_rng(5).normal(8.3, 5.2, 400_000)), 0)
    distribution = one(8.3, 5.2)
    assert distribution.mean[0] == pytest.approx(scores.mean(), abs=0.03)
    assert distribution.sd[0] == pytest.approx(scores.std(), abs=0.03)


def test_what_lies_beyond_eighty_points_counts_as_eighty() -> None:
    over, push, under = chances(79, 10, 80.0)
    assert (over, push + under) == (0, pytest.approx(1))
    assert chances(79, 10, 300.5) == (0, 0, 1)
    assert chances(79, 10, 0.5)[0] == pytest.approx(1)


def test_without_a_line_there_is_no_chance() -> None:
    assert np.isnan(chances(20, 5, np.nan)).all()


@given(st.floats(0, 40), st.floats(3, 8), st.floats(0.5, 1.2))
def test_scaled_points_are_those_of_another_number_of_minutes(mean: float, sd: float, factor: float) -> None:
    scaled = one(mean, sd).scale(np.array([factor])).cumulative[0]
    assert (np.diff(scaled) >= -1e-12).all()
    assert scaled[-1] == 1
    exact = norm.cdf((np.arange(60) + 0.5) / factor, mean, sd)
    # Within a score the chance is spread evenly, so a half-way point may be off by a quarter of its density.
    assert scaled[:60] == pytest.approx(exact, abs=0.07)


def test_a_factor_of_one_changes_nothing() -> None:
    distribution = one(21.9, 7.1)
    assert (distribution.scale(np.ones(1)).cumulative == distribution.cumulative).all()


@given(mean=st.floats(5, 40), sd=st.floats(3, 9), points=st.floats(-20, 20))
def test_shifted_points_are_so_many_more(mean: float, sd: float, points: float) -> None:
    shifted = one(mean, sd).shift(np.array([points])).cumulative[0]
    assert (np.diff(shifted) >= -1e-12).all()
    assert shifted[-1] == 1
    exact = norm.cdf(np.arange(60) + 0.5, mean + points, sd)
    # As above; what was cut at 0 before stays at what 0 became.
    uncut = np.arange(60) >= max(points, 0) + 1
    assert shifted[:60][uncut] == pytest.approx(exact[uncut], abs=0.07)


def test_a_shift_by_nothing_changes_nothing_and_none_is_refused() -> None:
    distribution = one(21.9, 7.1)
    assert (distribution.shift(np.zeros(1)).cumulative == distribution.cumulative).all()
    with pytest.raises(ValueError, match="finite"):
        distribution.shift(np.array([np.nan]))


def test_a_pool_is_the_weighted_mean_of_the_chances() -> None:
    weights = np.array([[3.0, 0.0], [1.0, 2.0]])
    low, high = (normal_points(np.full(2, mean), np.full(2, 5.0)) for mean in (10.0, 20.0))
    pooled = pool(weights, [low, high])
    assert pooled.cumulative[0] == pytest.approx(0.75 * low.cumulative[0] + 0.25 * high.cumulative[0])
    assert pooled.cumulative[1] == pytest.approx(high.cumulative[1])


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_a_pool_needs_a_weight_for_each_player(weight: float) -> None:
    with pytest.raises(ValueError, match="weights"):
        pool(np.full((1, 1), weight), [one(20, 5)])


@pytest.mark.parametrize("factor", [0.0, -1.0, np.nan, np.inf])
def test_points_are_not_scaled_by_nothing(factor: float) -> None:
    with pytest.raises(ValueError, match="factors above 0"):
        one(20, 5).scale(np.array([factor]))


@pytest.mark.parametrize(
    "row", [np.zeros(81), np.linspace(1, 0, 81), np.full(81, np.nan), np.linspace(-0.5, 1, 81), np.ones(80)]
)
def test_what_is_no_distribution_is_refused(row: Any) -> None:
    with pytest.raises(ValueError, match="distribution"):
        PointsDistribution(row[None, :])


def test_a_slate_is_judged_like_its_players_one_by_one() -> None:
    rng = np.random.default_rng(7)
    means, sds, lines = rng.uniform(0, 40, 50), rng.uniform(1, 10, 50), rng.integers(0, 80, 50) / 2
    slate = at_lines(normal_points(means, sds), lines)
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


@st.composite
def distributions(draw: st.DrawFn) -> PointsDistribution:
    """Of any shape: pools of normals that were scaled and shifted, and rows of whole steps."""
    if draw(st.booleans()):
        steps = draw(st.lists(st.integers(0, 9), min_size=81, max_size=81).filter(any))
        rises = np.cumsum(steps)
        return PointsDistribution((rises / rises[-1])[None, :])
    parts = [one(draw(MEANS), draw(DEVIATIONS)) for _ in range(draw(st.integers(1, 3)))]
    weights = [[draw(st.floats(0.01, 1))] for _ in parts]
    made = pool(np.array(weights), parts).scale(np.array([draw(st.floats(0.3, 2))]))
    return made.shift(np.array([draw(st.floats(-10, 10))]))


@given(distributions(), st.one_of(HALF_LINES, WHOLE_LINES, st.floats(-5, 90)))
def test_of_any_distribution_over_push_and_under_are_chances(made: PointsDistribution, line: float) -> None:
    over, push, under = (float(each[0]) for each in at_lines(made, np.array([line])))
    assert over + push + under == pytest.approx(1, abs=1e-9)
    assert all(-1e-9 <= each <= 1 + 1e-9 for each in (over, push, under))


@given(distributions(), st.floats(-5, 90), st.floats(0, 40))
def test_of_any_distribution_a_higher_line_is_never_likelier_to_be_beaten(
    made: PointsDistribution, line: float, more: float
) -> None:
    lower, higher = (at_lines(made, np.array([each])) for each in (line, line + more))
    assert lower.over[0] >= higher.over[0] - 1e-9
    assert lower.under[0] <= higher.under[0] + 1e-9
    assert made.cdf(np.array([line]))[0] <= made.cdf(np.array([line + more]))[0] + 1e-9


@given(distributions(), st.lists(st.floats(0.001, 0.999), min_size=2, max_size=6))
def test_of_any_distribution_the_quantiles_are_in_order(
    made: PointsDistribution, levels: list[float]
) -> None:
    points = [float(made.quantile(level)[0]) for level in sorted(levels)]
    assert points == sorted(points)
    assert all(0 <= each <= 80.5 for each in points)


@given(distributions())
def test_any_distribution_stays_one_and_its_moments_lie_within_its_points(made: PointsDistribution) -> None:
    PointsDistribution(made.cumulative)
    assert 0 <= made.mean[0] <= 80
    assert 0 <= made.sd[0] <= 40 + 1e-9
    assert abs(made.median[0] - made.mean[0]) <= made.sd[0] + 1e-6
    assert made.cdf(made.median)[0] >= 0.5 - 1e-12
