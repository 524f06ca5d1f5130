"""Prices and wagers, pure and vectorised: NaN stands for a price that is not offered.

Decimal odds are what a winning unit pays back with its stake. A push returns the stake.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from predictions.systems.distribution import Floats, LineProbabilities

# An error of one percentage point in the probability moves the EV of a bet near even money by 0.02:
# a smaller edge is within the error of any of these systems.
MINIMUM_EV = 0.02
_SMALLEST_AMERICAN = 100.0
# The resolution in which chances are stored; what is less likely has no fair price.
_LEAST_CHANCE = 1e-6
# A quarter of what Kelly would stake, and never more than 5 % of the bankroll: the chances are estimates, and
# full Kelly on an overestimated edge loses faster than none.
_KELLY_SHARE, _MOST_KELLY = 0.25, 0.05


class Wager(NamedTuple):
    """The judgement of each line.

    Fields:
        fair_over, fair_under: decimal odds at which that side's EV is zero; NaN if it cannot win.
        no_vig_over: the market's chance of over; NaN unless both sides are priced.
        ev_over, ev_under: expected profit of one unit staked; NaN without a price.
        recommendation: OVER, UNDER, PASS or NO_LINE.
        confidence: P(the side wins, if it is no push) of the recommended or better side; NaN without line.
        kelly_fraction: share of the bankroll to stake, 0 to 0.05; 0 for PASS, NaN without a price.
    """

    fair_over: Floats
    fair_under: Floats
    no_vig_over: Floats
    ev_over: Floats
    ev_under: Floats
    recommendation: npt.NDArray[np.str_]
    confidence: Floats
    kelly_fraction: Floats


def is_american(price: Floats) -> npt.NDArray[np.bool_]:
    """Whether a price can be one: finite, and at least 100 either way."""
    return np.isfinite(price) & (np.abs(price) >= _SMALLEST_AMERICAN)


def decimal_odds(american: Floats) -> Floats:
    """American prices as decimal odds; what lies between -100 and 100 is no American price: NaN."""
    valid = np.where(is_american(american), american, np.nan)
    return 1.0 + np.where(valid > 0, valid / 100.0, 100.0 / np.abs(valid))


def no_vig_over(over: Floats, under: Floats) -> Floats:
    """The chance of over that two decimal prices imply, the margin taken out in proportion."""
    return (1.0 / over) / (1.0 / over + 1.0 / under)


def no_push_over(chances: LineProbabilities) -> Floats:
    """P(over, if it is no push); NaN where nothing but a push is possible."""
    decided = chances.over + chances.under
    return np.divide(chances.over, decided, out=np.full_like(decided, np.nan), where=decided > 0)


def pooled_over(model: Floats, market: Floats, market_weight: float) -> Floats:
    """The logistic pool of two chances of over, if it is no push; NaN where either is.

    logit(pooled) = w logit(market) + (1 - w) logit(model): Genest & Zidek (1986), Combining Probability
    Distributions, section 3. A chance of 0 or 1 counts as the nearest that can be stored, 1e-6 from it.
    """
    own, theirs = (logit(np.clip(each, _LEAST_CHANCE, 1 - _LEAST_CHANCE)) for each in (model, market))
    pooled: Floats = expit(market_weight * theirs + (1 - market_weight) * own)
    return pooled


def believing(chances: LineProbabilities, over_if_no_push: Floats) -> LineProbabilities:
    """The chances with another share of over in what is no push; unchanged where that is NaN."""
    decided = 1.0 - chances.push
    over = np.where(np.isnan(over_if_no_push), chances.over, over_if_no_push * decided)
    return LineProbabilities(over, chances.push, decided - over)


def expected_value(wins: Floats, loses: Floats, odds: Floats) -> Floats:
    """Expected profit of one unit at decimal odds; a push returns the stake."""
    return wins * (odds - 1.0) - loses


def judge(chances: LineProbabilities, over_price: Floats, under_price: Floats, line: Floats) -> Wager:
    """What each line is worth at its American prices; NaN in `line` means that there is none."""
    over_odds, under_odds = decimal_odds(over_price), decimal_odds(under_price)
    ev_over = expected_value(chances.over, chances.under, over_odds)
    ev_under = expected_value(chances.under, chances.over, under_odds)
    over_is_better = _over_is_better(ev_over, ev_under, chances)
    best = np.where(over_is_better, ev_over, ev_under)
    odds = np.where(over_is_better, over_odds, under_odds)
    return Wager(
        *fair_odds(chances),
        no_vig_over(over_odds, under_odds),
        ev_over,
        ev_under,
        _recommendation(best, over_is_better, line),
        _confidence(chances, over_is_better),
        _kelly(best, odds, chances),
    )


def fair_odds(chances: LineProbabilities) -> tuple[Floats, Floats]:
    """Decimal odds of over and of under at which neither earns or loses, pushes returned."""
    return _fair(chances.over, chances.under), _fair(chances.under, chances.over)


def _kelly(best: Floats, odds: Floats, chances: LineProbabilities) -> Floats:
    """Kelly's fraction with pushes, EV / (net odds x P(no push)), of what is recommended."""
    decided = np.maximum(chances.over + chances.under, _LEAST_CHANCE)
    full = best / ((odds - 1.0) * decided)
    staked = np.minimum(_KELLY_SHARE * full, _MOST_KELLY)
    return np.where(best > MINIMUM_EV, staked, np.where(np.isnan(best), np.nan, 0.0))


def _over_is_better(ev_over: Floats, ev_under: Floats, chances: LineProbabilities) -> npt.NDArray[np.bool_]:
    """By EV; a side without a price loses to one with, and without any the likelier side is the better."""
    unpriced = np.isnan(ev_over) & np.isnan(ev_under)
    by_ev = np.nan_to_num(ev_over, nan=-np.inf) >= np.nan_to_num(ev_under, nan=-np.inf)
    return np.where(unpriced, chances.over >= chances.under, by_ev)


def _recommendation(
    best: Floats, over_is_better: npt.NDArray[np.bool_], line: Floats
) -> npt.NDArray[np.str_]:
    side = np.where(over_is_better, "OVER", "UNDER")
    played = np.where(best > MINIMUM_EV, side, "PASS")
    return np.where(np.isnan(line), "NO_LINE", played)


def _confidence(chances: LineProbabilities, over_is_better: npt.NDArray[np.bool_]) -> Floats:
    decided = chances.over + chances.under
    side = np.where(over_is_better, chances.over, chances.under)
    return np.divide(side, decided, out=np.full_like(side, np.nan), where=decided > 0)


def _fair(wins: Floats, loses: Floats) -> Floats:
    return np.divide(wins + loses, wins, out=np.full_like(wins, np.nan), where=wins >= _LEAST_CHANCE)
