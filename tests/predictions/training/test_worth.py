"""What systems are worth: priors while little is past, then what predictions of the past say."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.grading.scores import expected_calibration_error, log_loss
from predictions.systems.distribution import PointsDistribution, at_lines, normal_points
from predictions.systems.evaluation import anchored
from predictions.systems.markets import no_push_over
from predictions.systems.system_set import PRIOR_WEIGHTS_AGAINST_LINE
from predictions.training.measure import Scored, against_members
from predictions.training.worth import Worth, worth

SYSTEMS = ("moving_average", "zone_matchup", "similarity", "learned", "learned_with_line")
CUT = np.datetime64("2024-10-22") + 120


def season(count: int) -> tuple[pd.DataFrame, dict[str, Scored]]:
    """Player-games with a line each, and systems that miss what is expected by more or less."""
    rng = np.random.default_rng(2)
    expected = rng.uniform(5, 30, count)
    points = np.maximum(np.rint(rng.normal(expected, 6)), 0).astype(int)
    rows = pd.DataFrame(
        {
            "points": points,
            "vegas_points_line": np.rint(expected + rng.normal(0, 1, count)) + 0.5,
            "earlier_games": 20,
            "points_ewma_8": expected,
            "game_date": np.datetime64("2024-10-22") + np.arange(count) // 50,
        }
    )
    misses = dict(zip(SYSTEMS, (3.0, 6.0, 5.0, 1.5, 1.0), strict=True))
    systems = {
        name: _scored(np.maximum(expected + rng.normal(0, miss, count), 0.5), np.arange(count))
        for name, miss in misses.items()
    }
    return rows, systems


def _scored(mean: Any, rows: Any) -> Scored:
    made = normal_points(mean, np.full(len(mean), 6.0))
    return Scored(rows, made.median, made.cumulative.astype("float32"))


def few(systems: dict[str, Scored], name: str, count: int) -> dict[str, Scored]:
    own = systems[name]
    return {**systems, name: Scored(own.rows[:count], own.median[:count], own.cumulative[:count])}


def test_the_weights_are_priors_until_enough_is_past() -> None:
    rows, systems = season(900)
    assert worth(rows, systems) == Worth()
    assert sum(Worth().without_line.values()) == pytest.approx(1)


def test_the_weights_follow_who_was_right() -> None:
    rows, systems = season(3000)
    known = worth(rows, systems)
    assert max(known.with_line, key=lambda name: known.with_line[name]) == "learned_with_line"
    assert max(known.without_line, key=lambda name: known.without_line[name]) == "learned"
    assert "learned_with_line" not in known.without_line
    assert sum(known.with_line.values()) == pytest.approx(1, abs=1e-3)
    assert 0 < known.line_weight < 1


def test_a_system_that_predicts_hardly_anybody_holds_up_no_weight() -> None:
    rows, systems = season(3000)
    known = worth(rows, few(systems, "zone_matchup", 20))
    assert "zone_matchup" not in known.without_line
    assert known.without_line["learned"] > 0.5


def test_what_an_ensemble_says_of_itself_counts_for_nothing() -> None:
    rows, systems = season(3000)
    with_it, without = worth(rows, {**systems, "ensemble": systems["learned"]}), worth(rows, systems)
    assert (with_it.with_line, with_it.without_line) == (without.with_line, without.without_line)
    assert with_it.line_weight == without.line_weight


def test_the_further_from_the_truth_the_less_is_believed_against_the_line() -> None:
    rows, systems = season(6000)
    known = worth(rows, systems).against_line
    assert known["learned_with_line"] > known["learned"] > known["moving_average"] > known["zone_matchup"]
    # The line misses by 1 point and the anchored one by 1: half of the way between them is the best guess.
    assert known["learned_with_line"] == pytest.approx(0.5, abs=0.25)
    assert known["ensemble"] == PRIOR_WEIGHTS_AGAINST_LINE["ensemble"]


def test_what_is_believed_is_calibrated_on_games_to_come() -> None:
    rows, systems = season(12_000)
    past, ahead = (
        {name: own.take(rows["game_date"].to_numpy()[own.rows] < CUT) for name, own in systems.items()},
        {name: own.take(rows["game_date"].to_numpy()[own.rows] >= CUT) for name, own in systems.items()},
    )
    known = worth(rows, past).against_line
    line, points = (rows[name].to_numpy(dtype="float64") for name in ("vegas_points_line", "points"))
    for name, own in ahead.items():
        raw, believed = (_over(own, line[own.rows], weight) for weight in (1.0, known[name]))
        went_over = points[own.rows] > line[own.rows]
        assert expected_calibration_error(believed, went_over) < 0.03, name
        assert log_loss(believed, went_over).mean() < log_loss(raw, went_over).mean() + 1e-4, name


def _over(own: Scored, line: Any, weight: float) -> Any:
    distribution = PointsDistribution(own.cumulative.astype("float64"))
    return no_push_over(at_lines(anchored(distribution, line, weight), line))


def test_an_ensemble_is_no_worse_than_its_best_member_on_games_to_come() -> None:
    rows, systems = season(6000)
    past = {name: Scored(o.rows[:3000], o.median[:3000], o.cumulative[:3000]) for name, o in systems.items()}
    weights = worth(rows, past).with_line
    pooled = sum(weight * systems[name].cumulative for name, weight in weights.items()) / sum(
        weights.values()
    )
    assert isinstance(pooled, np.ndarray)
    ahead = {name: Scored(o.rows[3000:], o.median[3000:], o.cumulative[3000:]) for name, o in systems.items()}
    own = Scored(np.arange(3000, 6000), np.zeros(3000), pooled[3000:])
    for row in against_members(rows, {**ahead, "ensemble": own}, "ensemble"):
        assert row["crps_minus_member"] < row["crps_minus_member_se"], row["member"]
