"""Chances of over held against what happened: the systems', the pool's, the market's, and a constant half."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from predictions.grading.scores import (
    Floats,
    brier,
    clustered_mean,
    expected_calibration_error,
    log_loss,
)
from predictions.training.lines import Judged, dates_of, regular, went
from predictions.training.measure import Bools, estimate
from predictions.training.quotes import Quotes

OWN, BELIEVED, POOLED = "own", "believed", "pooled"
MARKET, HALF = "no-vig market", "constant 0.5"
_KINDS = (OWN, BELIEVED, POOLED, MARKET, HALF)
ALL_LINES, PRICED_LINES = "all", "with a market"
_BINS = 10
_CONSTANT = 0.5


def chance_table(rows: pd.DataFrame, quotes: Quotes, systems: Mapping[str, Judged]) -> list[dict[str, Any]]:
    """A line for each set of lines, system and kind of chance, of players with five games before.

    Pushes count in `pushes` alone. Where no line has a market there are no lines for the pool and the market:
    quotes.no_market says why.

    Returns:
        population, system, chance, n, pushes, ece; brier, log_loss and their differences on the very same
        lines to a constant 0.5 (minus_half) and, where all of them have one, to the market (minus_market),
        standard errors by date; market_note, why no line has a market.
    """
    chosen = regular(rows, quotes)
    sets = {ALL_LINES: (chosen, (OWN, BELIEVED, HALF)), PRICED_LINES: (chosen & quotes.priced, _KINDS)}
    return [
        {"population": population, "system": system, "chance": kind, **figures}
        for population, (members, kinds) in sets.items()
        for system, kind, chance in _chances(quotes, systems)
        if kind in kinds and (figures := _figures(rows, quotes, chance, members))
    ]


def _chances(quotes: Quotes, systems: Mapping[str, Judged]) -> Iterator[tuple[str, str, Floats]]:
    """(system, kind, chance of over of every line, NaN where there is none)."""
    for name, own in systems.items():
        yield name, OWN, _spread(quotes, own, own.own)
        yield name, BELIEVED, _spread(quotes, own, own.believed)
        yield name, POOLED, _spread(quotes, own, own.evaluation.pooled)
    yield "-", MARKET, quotes.market_over
    yield "-", HALF, np.full(len(quotes), _CONSTANT)


def _spread(quotes: Quotes, own: Judged, chance: Floats) -> Floats:
    spread = np.full(len(quotes), np.nan)
    spread[own.entries] = chance
    return spread


def _figures(rows: pd.DataFrame, quotes: Quotes, chance: Floats, members: Bools) -> dict[str, Any] | None:
    """None where no line of the set has such a chance."""
    came = went(rows, quotes)
    known = members & np.isfinite(chance)
    decided = known & (came != 0)
    if not decided.any():
        return None
    over, dates = came[decided] > 0, dates_of(rows, quotes)[decided]
    given, market = chance[decided], quotes.market_over[decided]
    priced = np.isfinite(market)
    figures: dict[str, Any] = {"n": int(decided.sum()), "pushes": int((known & (came == 0)).sum())}
    for name, score in {"brier": brier, "log_loss": log_loss}.items():
        own, half = score(given, over), score(np.full(len(given), _CONSTANT), over)
        beyond = own - score(market, over) if priced.all() else np.empty(0)
        figures |= estimate(name, clustered_mean(own, dates))
        figures |= estimate(f"{name}_minus_half", clustered_mean(own - half, dates))
        figures |= estimate(f"{name}_minus_market", clustered_mean(beyond, dates[: len(beyond)]))
    figures["market_note"] = quotes.no_market
    figures["ece"] = round(expected_calibration_error(given, over), 5)
    return figures


def calibration(rows: pd.DataFrame, quotes: Quotes, systems: Mapping[str, Judged]) -> list[dict[str, Any]]:
    """Tenths of the lines by their chance of over: the mean chance, the share that went over, its error.

    Returns:
        system, chance, bin (1 to 10), n, predicted, observed, observed_se (clustered by date); pushes apart.
    """
    chosen, came, dates = regular(rows, quotes), went(rows, quotes), dates_of(rows, quotes)
    found = []
    for system, kind, chance in _chances(quotes, systems):
        decided = np.flatnonzero(chosen & np.isfinite(chance) & (came != 0))
        if kind == HALF or len(decided) < _BINS:
            continue
        ordered = decided[np.argsort(chance[decided], kind="stable")]
        for number, part in enumerate(np.array_split(ordered, _BINS), start=1):
            share = clustered_mean((came[part] > 0).astype("float64"), dates[part])
            found.append(
                {
                    "system": system,
                    "chance": kind,
                    "bin": number,
                    "n": share.n,
                    "predicted": round(float(chance[part].mean()), 5),
                    **estimate("observed", share),
                }
            )
    return found
