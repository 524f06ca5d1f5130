"""What flat bets at the books' own prices would have come to. It promises nothing about bets to come."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from predictions.grading.bets import (
    break_even,
    closing_line_value,
    closing_probability_value,
    outcome,
    profit,
)
from predictions.grading.scores import clustered_mean
from predictions.systems.markets import MINIMUM_EV, decimal_odds
from predictions.training.lines import Judged, dates_of, regular
from predictions.training.measure import estimate
from predictions.training.quotes import Quotes

# Upper ends of the bands of expected value, units a unit staked; the last has none.
EV_BANDS = (0.0, 0.02, 0.05, 0.10)
# A handful of bets that all win has no spread: below so many no standard error is given.
_LEAST_BETS = 30
EVERYTHING, RECOMMENDED = "all", f"recommended: above {MINIMUM_EV:.0%}"
NOTE = (
    "One unit on the better side of each book's main line that had a market, at the price it offered: what "
    "would have happened, no promise of profit. Break-even is the share of bets that their own prices ask "
    "for. Bets at several books on one player win and lose together; the standard errors, by date, know it."
)


def bets(rows: pd.DataFrame, quotes: Quotes, own: Judged) -> pd.DataFrame:
    """The bet on each line with a market; `won` is NaN for a push, a closing value without a close."""
    chosen = (quotes.priced & regular(rows, quotes))[own.entries]
    entries, wager = own.entries[chosen], own.evaluation.wager
    ev_over, ev_under = wager.ev_over[chosen], wager.ev_under[chosen]
    over = ev_over >= ev_under
    odds = np.where(over, decimal_odds(quotes.over_price[entries]), decimal_odds(quotes.under_price[entries]))
    line, points = quotes.line[entries], rows["points"].to_numpy(dtype="float64")[quotes.rows[entries]]
    side = np.where(over, 1.0, -1.0) * outcome(points, line)
    market, closing = quotes.market_over[entries], quotes.closing_over[entries]
    return pd.DataFrame(
        {
            "date": dates_of(rows, quotes)[entries],
            "ev": np.where(over, ev_over, ev_under),
            "won": np.select([side > 0, side < 0], [1.0, 0.0], np.nan),
            "profit": profit(over, odds, points, line),
            "break_even": break_even(odds),
            "clv_points": closing_line_value(over, line, quotes.closing_line[entries]),
            "clv_probability": closing_probability_value(over, market, closing),
        }
    )


def betting_table(rows: pd.DataFrame, quotes: Quotes, systems: Mapping[str, Judged]) -> list[dict[str, Any]]:
    """A line for each system and band of expected value, for all bets, and for those above MINIMUM_EV.

    Returns:
        system, band, bets, pushes; mean_ev and roi (units a unit), hit_rate beside break_even (pushes apart),
        clv_points and clv_probability with the number of bets that have one; standard errors by date.
    """
    found = []
    for name, own in systems.items():
        made = bets(rows, quotes, own)
        for band, part in _bands(made).items():
            if len(part):
                found.append({"system": name, "band": band, **_figures(part)})
    return found


def _bands(made: pd.DataFrame) -> dict[str, pd.DataFrame]:
    ev = made["ev"]
    edges = (-np.inf, *EV_BANDS, np.inf)
    bands = {_name(low, high): made[(ev > low) & (ev <= high)] for low, high in pairwise(edges)}
    return {EVERYTHING: made, RECOMMENDED: made[ev > MINIMUM_EV], **bands}


def _name(low: float, high: float) -> str:
    if np.isinf(low):
        return f"EV to {high:.0%}"
    return f"EV above {low:.0%}" if np.isinf(high) else f"EV {low:.0%} to {high:.0%}"


def _figures(part: pd.DataFrame) -> dict[str, Any]:
    decided = part[part["won"].notna()]
    figures: dict[str, Any] = {
        "bets": len(part),
        "pushes": len(part) - len(decided),
        "mean_ev": round(float(part["ev"].mean()), 5),
        "break_even": round(float(decided["break_even"].mean()), 5) if len(decided) else None,
        **_mean("hit_rate", decided, "won"),
        **_mean("roi", part, "profit"),
    }
    for name in ("clv_points", "clv_probability"):
        known = part[part[name].notna()]
        figures |= {f"{name}_n": len(known), **_mean(name, known, name)}
    return figures


def _mean(name: str, part: pd.DataFrame, column: str) -> dict[str, Any]:
    values, dates = part[column].to_numpy(dtype="float64"), part["date"].to_numpy()
    found = clustered_mean(values, dates)
    return estimate(name, found if found.n >= _LEAST_BETS else found._replace(se=float("nan")))
