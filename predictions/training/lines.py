"""What the systems said about the books' lines, each judged as a stored row would be."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictions.grading.bets import outcome
from predictions.systems.distribution import Floats, PointsDistribution
from predictions.systems.evaluation import Evaluation, anchored, evaluate
from predictions.systems.markets import no_push_over
from predictions.training.measure import MINIMUM_EARLIER_GAMES, Bools, Scored, table
from predictions.training.quotes import Quotes

BY_BOOK = "lined, by book"


@dataclass(frozen=True)
class Judged:
    """A system's judgement of k of the lines.

    Args:
        entries: their positions among the lines, (k,).
        evaluation: the chances and the wager, each (k,).
    """

    entries: npt.NDArray[np.intp]
    evaluation: Evaluation

    @property
    def own(self) -> Floats:
        """The system's own chance of over, if it is no push."""
        return no_push_over(self.evaluation.own)

    @property
    def believed(self) -> Floats:
        """The same as far as it can be believed."""
        return no_push_over(self.evaluation.believed)


def regular(rows: pd.DataFrame, quotes: Quotes) -> Bools:
    """The lines on players with five games before, as everywhere else."""
    chosen: Bools = (rows["earlier_games"] >= MINIMUM_EARLIER_GAMES).to_numpy()[quotes.rows]
    return chosen


def judged(
    rows: pd.DataFrame, quotes: Quotes, systems: Mapping[str, Scored], market_weight: float
) -> dict[str, Judged]:
    """system_id -> its judgement of the lines on whom it predicts."""
    main = rows["vegas_points_line"].to_numpy(dtype="float64")
    said = {name: own for name, own in systems.items() if len(own.rows)}
    return {name: _judged(quotes, own, main[own.rows], market_weight) for name, own in said.items()}


def _judged(quotes: Quotes, own: Scored, main_line: Floats, market_weight: float) -> Judged:
    """`main_line`: of each row that it predicts."""
    entries, positions = _placed(quotes, own)
    distribution = PointsDistribution(own.cumulative)
    evaluation = evaluate(
        distribution.take(positions),
        anchored(distribution, main_line, own.weight_against_line).take(positions),
        quotes.line[entries],
        quotes.over_price[entries],
        quotes.under_price[entries],
        quotes.market_over[entries],
        market_weight,
    )
    return Judged(entries, evaluation)


def _placed(quotes: Quotes, own: Scored) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The lines on whom a system predicts, and where its prediction of each is."""
    entries = np.flatnonzero(np.isin(quotes.rows, own.rows))
    return entries, np.searchsorted(own.rows, quotes.rows[entries])


def _at_lines(quotes: Quotes, own: Scored) -> Scored:
    """A system's predictions once for each line on whom it predicts, the lines in the place of the rows."""
    entries, positions = _placed(quotes, own)
    return replace(own.take(positions), rows=entries)


def went(rows: pd.DataFrame, quotes: Quotes) -> Floats:
    """What came of each line: 1 over, -1 under, 0 push."""
    return outcome(rows["points"].to_numpy(dtype="float64")[quotes.rows], quotes.line)


def dates_of(rows: pd.DataFrame, quotes: Quotes) -> npt.NDArray[np.datetime64]:
    """The game date of each line."""
    dates: npt.NDArray[np.datetime64] = rows["game_date"].to_numpy(dtype="datetime64[D]")[quotes.rows]
    return dates


def table_by_book(
    rows: pd.DataFrame, quotes: Quotes, systems: Mapping[str, Scored]
) -> list[dict[str, object]]:
    """measure.table with a row for each book's main line, beside that line.

    What the systems say is the same at every book: the anchored one knows the line of all books together,
    their median, here as in production.
    """
    if not len(quotes):
        return []
    lined = rows.iloc[quotes.rows].assign(vegas_points_line=quotes.line).reset_index(drop=True)
    spread = {name: _at_lines(quotes, own) for name, own in systems.items()}
    chosen = regular(rows, quotes)
    books = sorted(set(quotes.bookmaker))
    members = {BY_BOOK: chosen}
    if len(books) > 1:
        members |= {f"lined, {book}": chosen & (quotes.bookmaker == book) for book in books}
    return table(lined, spread, members)
