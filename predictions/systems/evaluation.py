"""What each line is worth by a distribution and the market: the same for stored rows and for the backtest."""

from typing import NamedTuple

import numpy as np

from predictions.systems.distribution import Floats, LineProbabilities, PointsDistribution, at_lines
from predictions.systems.markets import Wager, believing, judge, no_push_over, pooled_over

# The resolution in which chances are stored.
SHARE_PLACES = 6


class Evaluation(NamedTuple):
    """The chances of m lines, each (m,), rounded as they are stored, and what follows from them.

    Fields:
        own: the system's own chances; NaN without a line.
        market: the market's chance of over, if it is no push; NaN where prices say nothing.
        pooled: the logistic pool of market and own; NaN where the market is.
        wager: the judgement by `pooled`, or by `own` where that is NaN.
    """

    own: LineProbabilities
    market: Floats
    pooled: Floats
    wager: Wager


def evaluate(
    distribution: PointsDistribution,
    line: Floats,
    over_price: Floats,
    under_price: Floats,
    market_over: Floats,
    market_weight: float,
) -> Evaluation:
    """Judges m lines by m distributions; everything derived follows from the chances as they are stored.

    Args:
        over_price, under_price: American, NaN where none is offered.
        market_over: the no-vig chance of over, NaN where prices say nothing.
        market_weight: of the market in the pool, 0 to 1.
    """
    own = _rounded(at_lines(distribution, line))
    market = np.round(market_over, SHARE_PLACES)
    pooled = np.round(pooled_over(no_push_over(own), market, market_weight), SHARE_PLACES)
    return Evaluation(own, market, pooled, judge(believing(own, pooled), over_price, under_price, line))


def _rounded(chances: LineProbabilities) -> LineProbabilities:
    """Rounded so that the three still add up to 1."""
    over, push = np.round(chances.over, SHARE_PLACES), np.round(chances.push, SHARE_PLACES)
    return LineProbabilities(over, push, np.round(1.0 - over - push, SHARE_PLACES))
