"""What became of bets on lines, pure and vectorised: the rules of prediction_accuracy/query.sql on arrays.

A push returns the stake. Who did not play is a void: his lines are not among what is given here.
"""

import numpy as np
import numpy.typing as npt

from predictions.grading.scores import Floats

Bools = npt.NDArray[np.bool_]


def outcome(points: Floats, line: Floats) -> Floats:
    """1 for over, -1 for under, 0 for a push."""
    side: Floats = np.sign(points - line)
    return side


def profit(over: Bools, odds: Floats, points: Floats, line: Floats) -> Floats:
    """Units won by one unit on each line, at decimal odds: odds - 1, -1, or 0 for a push.

    Args:
        over: the side that was bet on.
    """
    won = np.where(over, 1.0, -1.0) * outcome(points, line)
    return np.select([won > 0, won < 0], [odds - 1.0, -1.0], 0.0)


def break_even(odds: Floats) -> Floats:
    """The share of bets at these decimal odds that has to be won, pushes apart: 52.38 % at -110."""
    return 1.0 / odds


def closing_line_value(over: Bools, line: Floats, closing_line: Floats) -> Floats:
    """Points by which the side bet on was better than at the close; NaN without a closing line."""
    return np.where(over, closing_line - line, line - closing_line)


def closing_probability_value(over: Bools, market: Floats, closing: Floats) -> Floats:
    """How much likelier the market had the side at the close than when it was bet on, at the same line."""
    return np.where(over, closing - market, market - closing)
