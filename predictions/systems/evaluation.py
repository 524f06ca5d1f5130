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
        believed: its chances as far as they can be believed (anchored).
        market: the market's chance of over, if it is no push; NaN where prices say nothing.
        pooled: the logistic pool of market and believed; NaN where the market is.
        wager: the judgement by `pooled`, or by `believed` where that is NaN.
    """

    own: LineProbabilities
    believed: LineProbabilities
    market: Floats
    pooled: Floats
    wager: Wager


def anchored(
    distribution: PointsDistribution, main_line: Floats, weight: float | Floats
) -> PointsDistribution:
    """As much of a system as can be believed beside the market: its median drawn towards the main line.

    Args:
        main_line: each player's, (n,); where it is NaN, nothing is drawn.
        weight: how much of the distance from the line remains, 0 to 1, one or (n,).
    """
    drawn = (1.0 - np.asarray(weight)) * (main_line - distribution.quantile(0.5))
    return distribution.shift(np.where(np.isnan(main_line), 0.0, drawn))


def evaluate(
    distribution: PointsDistribution,
    believed: PointsDistribution,
    line: Floats,
    over_price: Floats,
    under_price: Floats,
    market_over: Floats,
    market_weight: float,
) -> Evaluation:
    """Judges m lines by m distributions; everything derived follows from the chances as they are stored.

    Args:
        believed: what `anchored` makes of the distributions.
        over_price, under_price: American, NaN where none is offered.
        market_over: the no-vig chance of over, NaN where prices say nothing.
        market_weight: of the market in the pool, 0 to 1.
    """
    own, trusted = (_rounded(at_lines(each, line)) for each in (distribution, believed))
    market = np.round(market_over, SHARE_PLACES)
    pooled = np.round(pooled_over(no_push_over(trusted), market, market_weight), SHARE_PLACES)
    wager = judge(believing(trusted, pooled), over_price, under_price, line)
    return Evaluation(own, trusted, market, pooled, wager)


def _rounded(chances: LineProbabilities) -> LineProbabilities:
    """Rounded so that the three still add up to 1."""
    over, push = np.round(chances.over, SHARE_PLACES), np.round(chances.push, SHARE_PLACES)
    return LineProbabilities(over, push, np.round(1.0 - over - push, SHARE_PLACES))
