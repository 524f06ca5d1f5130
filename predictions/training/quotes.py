"""The books' main lines on player-games, as they stood at each game's cutoff and at the close."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predictions.systems.distribution import Floats
from predictions.systems.markets import is_american
from predictions.systems.offers import read_offers
from shared.warehouse.specs import read_sql, spec_of
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

_CLOSING = read_sql(Path(__file__).with_name("closing_lines.sql"))
_OFFERED = ("game_date", "game_id", "player_lookup", "lines")
_GAME = ["game_id", "player_lookup", "bookmaker"]
# A book that has one pair of prices for so many of its lines says nothing by any of them: a few odd prices in
# a season of a fantasy operator (54 of 10,773 lines of the archive) are no market.
_CONSTANT_SHARE = 0.9
NO_LINES, PRICE_CONSTANT, NO_PRICES = "no lines", "price constant", "no two-way prices"


@dataclass(frozen=True)
class Quotes:
    """m main lines, one a book and player-game, all (m,).

    Args:
        rows: position of the player-game.
        bookmaker: whose line.
        line: points. over_price, under_price: American odds, NaN where none is offered.
        market_over: the no-vig chance of over, if it is no push; NaN unless both prices say something.
        closing_line: the book's main line in its last snapshot before the tip, NaN unless that is later.
        closing_over: the no-vig chance of over of the same line in that snapshot, NaN likewise.
        voids: further lines, on players who did not play.
        constant_books: whose prices say nothing.
    """

    rows: npt.NDArray[np.intp]
    bookmaker: npt.NDArray[np.object_]
    line: Floats
    over_price: Floats
    under_price: Floats
    market_over: Floats
    closing_line: Floats
    closing_over: Floats
    voids: int = 0
    constant_books: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def priced(self) -> npt.NDArray[np.bool_]:
        """Which of them have a market's chance."""
        return np.isfinite(self.market_over)

    @property
    def no_market(self) -> str | None:
        """Why no line has a market's chance; None if one has."""
        if self.priced.any():
            return None
        if not len(self):
            return NO_LINES
        return PRICE_CONSTANT if self.constant_books else NO_PRICES


def read_quotes(
    storage: StorageReader, warehouse: Warehouse, rows: pd.DataFrame, first: date, last: date
) -> Quotes:
    """The main lines between two dates on the player-games of `rows` (of read_games)."""
    offered = storage.read(spec_of("upcoming_player_game_context"), _OFFERED, first, last)
    frames = [_main_lines(day) for day in _by_date(offered)]
    if not frames:
        return quotes_of(pd.DataFrame(columns=[*_GAME, *_COLUMNS]), rows)
    closing = warehouse.run(_CLOSING, from_date=first, to_date=last)
    closed = closing.to_arrow(create_bqstorage_client=False).to_pandas()
    return quotes_of(with_closing(pd.concat(frames, ignore_index=True), closed), rows)


_COLUMNS = (
    "line",
    "over_price",
    "under_price",
    "market_over",
    "snapshot_at",
    "closing_line",
    "closing_over",
)


def _by_date(offered: pa.Table) -> Iterator[pa.Table]:
    """The players of each date that has lines: whether a book prices all lines alike is asked of a date."""
    lined = offered.filter(pc.greater(pc.list_value_length(offered["lines"]), 0))
    for day in pc.unique(lined["game_date"]):
        yield lined.filter(pc.equal(lined["game_date"], day))


def _main_lines(players: pa.Table) -> pd.DataFrame:
    """_GAME and, from line to snapshot_at, _COLUMNS of a date's main lines."""
    offers = read_offers(players)
    owners = players.select(["game_id", "player_lookup"]).take(pa.array(offers.players)).to_pandas()
    made = owners.assign(
        bookmaker=offers.table["bookmaker"].to_pandas(),
        line=offers.line,
        over_price=offers.over_price,
        under_price=offers.under_price,
        market_over=offers.market_over,
        snapshot_at=offers.table["snapshot_at"].to_pandas(),
    )
    return made[offers.table["is_main_line"].fill_null(False).to_numpy()]


def with_closing(lines: pd.DataFrame, closed: pd.DataFrame) -> pd.DataFrame:
    """The lines with closing_line and closing_over, NaN unless the book was seen again before the tip.

    Args:
        closed: _GAME, line, is_main, closed_at and no_vig_p_over: each book's last snapshot before the tip.
    """
    main = closed[closed["is_main"].astype(bool)].rename(columns={"line": "closing_line"})
    same = closed.rename(columns={"no_vig_p_over": "closing_over"})
    found = lines.merge(main[[*_GAME, "closing_line", "closed_at"]], on=_GAME, how="left")
    found = found.merge(same[[*_GAME, "line", "closing_over"]], on=[*_GAME, "line"], how="left")
    later = found["closed_at"] > found["snapshot_at"]
    shut = ["closing_line", "closing_over"]
    found[shut] = found[shut].where(later)
    return found.drop(columns="closed_at")


def quotes_of(lines: pd.DataFrame, rows: pd.DataFrame) -> Quotes:
    """The lines whose player-games are among `rows`; the others are voids.

    Args:
        lines: _GAME and _COLUMNS, one a book and player-game.
    """
    where = pd.MultiIndex.from_frame(rows[["game_id", "player_lookup"]])
    places = where.get_indexer(pd.MultiIndex.from_frame(lines[["game_id", "player_lookup"]]))
    constant = constant_books(lines)
    known = lines[places >= 0].reset_index(drop=True)
    order = np.lexsort((known["bookmaker"].to_numpy(dtype=str), places[places >= 0]))
    known = known.iloc[order]
    numbers: dict[str, Any] = {
        name: known[name].to_numpy(dtype="float64") for name in _COLUMNS if name != "snapshot_at"
    }
    numbers["market_over"] = np.where(known["bookmaker"].isin(constant), np.nan, numbers["market_over"])
    return Quotes(
        rows=places[places >= 0][order],
        bookmaker=known["bookmaker"].to_numpy(dtype=object),
        **numbers,
        voids=int((places < 0).sum()),
        constant_books=constant,
    )


def constant_books(lines: pd.DataFrame) -> tuple[str, ...]:
    """The books that have one pair of prices for nine of ten of their lines priced on both sides."""
    both = lines[is_american(_prices(lines, "over")) & is_american(_prices(lines, "under"))]
    pairs = both.groupby(["bookmaker", "over_price", "under_price"]).size()
    by_book = pairs.groupby("bookmaker")
    shares = by_book.max() / by_book.sum()
    return tuple(sorted(str(book) for book in shares.index[shares >= _CONSTANT_SHARE]))


def _prices(lines: pd.DataFrame, side: str) -> Floats:
    prices: Floats = lines[f"{side}_price"].to_numpy(dtype="float64")
    return prices
