"""All figures of a walk: errors, chances, their calibration, and what bets would have come to."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from predictions.systems.registry import ENSEMBLE
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT
from predictions.training.betting import NOTE, betting_table
from predictions.training.lines import judged, table_by_book
from predictions.training.measure import Scored, against_members, table
from predictions.training.probabilities import calibration, chance_table
from predictions.training.quotes import Quotes


def measured(rows: pd.DataFrame, systems: Mapping[str, Scored], quotes: Quotes) -> dict[str, Any]:
    """The figures of predictions and of the books' lines on the same player-games, as JSON values.

    Args:
        rows: of read_games. systems: of walk.
        quotes: the main lines of the dates walked through.

    Returns:
        errors (measure.table, by player-game and by book), ensemble (against its members), probabilities,
        calibration, betting; lines, which says how many there were and, as `no_market`, why there is no
        comparison with the market.
    """
    said = judged(rows, quotes, systems, PRIOR_MARKET_WEIGHT)
    return {
        "errors": [*table(rows, systems), *table_by_book(rows, quotes, systems)],
        "ensemble": against_members(rows, systems, ENSEMBLE),
        "lines": _lines(quotes),
        "probabilities": chance_table(rows, quotes, said),
        "calibration": calibration(rows, quotes, said),
        "betting": betting_table(rows, quotes, said),
        "betting_note": NOTE,
    }


def _lines(quotes: Quotes) -> dict[str, Any]:
    return {
        "grain": "one a book and player-game: the book's main line",
        "played": len(quotes),
        "void": quotes.voids,
        "with_market": int(quotes.priced.sum()),
        "no_market": quotes.no_market,
        "constant_books": list(quotes.constant_books),
        "market_weight": PRIOR_MARKET_WEIGHT,
    }
