"""What became of bets, worked out by hand."""

import numpy as np
import pytest

from predictions.grading.bets import (
    break_even,
    closing_line_value,
    closing_probability_value,
    outcome,
    profit,
)
from predictions.systems.markets import decimal_odds

LINE = np.array([20.5, 20.5, 20.0, 20.0])
POINTS = np.array([21.0, 20.0, 20.0, 19.0])


def test_a_line_goes_over_under_or_pushes() -> None:
    assert outcome(POINTS, LINE).tolist() == [1, -1, 0, -1]


def test_a_bet_wins_its_price_loses_its_stake_or_gets_it_back() -> None:
    odds = decimal_odds(np.array([-110.0, -110.0, 150.0, 150.0]))
    assert profit(np.full(4, True), odds, POINTS, LINE) == pytest.approx([10 / 11, -1, 0, -1])
    assert profit(np.full(4, False), odds, POINTS, LINE) == pytest.approx([-1, 10 / 11, 0, 1.5])


def test_a_price_says_what_has_to_be_won() -> None:
    assert break_even(decimal_odds(np.array([-110.0, 100.0, 150.0]))) == pytest.approx(
        [0.52381, 0.5, 0.4], abs=1e-5
    )


def test_the_close_is_better_or_worse_by_the_side() -> None:
    over, line, close = np.array([True, False, True]), np.full(3, 24.5), np.array([26.5, 26.5, np.nan])
    assert closing_line_value(over, line, close)[:2].tolist() == [2.0, -2.0]
    assert np.isnan(closing_line_value(over, line, close)[2])
    values = closing_probability_value(over[:2], np.full(2, 0.5), np.full(2, 0.58))
    assert values == pytest.approx([0.08, -0.08])
