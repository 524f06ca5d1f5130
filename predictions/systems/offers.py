"""The lines of a slate, one entry for each row to be: a player's offer, or the player alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from predictions.systems.distribution import Floats
from predictions.systems.markets import decimal_odds, is_american, no_vig_over

Positions = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
PRICE_CONSTANT, PRICE_INVALID = "price constant", "price invalid"
# Row column -> field of an offer.
_FIELDS = {
    "bookmaker": "bookmaker",
    "line": "line",
    "over_price": "over_price",
    "under_price": "under_price",
    "is_main_line": "is_main",
    "snapshot_at": "snapshot_at",
}


@dataclass(frozen=True)
class Offers:
    """m entries over n players, in the players' order.

    Args:
        players: (m,), the player's position.
        table: (m rows), the offer's columns as rows have them; NULL where a player has no line.
        priced_alike: (m,), the book prices all its lines alike.
    """

    players: Positions
    table: pa.Table
    priced_alike: Bools

    @cached_property
    def line(self) -> Floats:
        return self._numbers("line")

    @cached_property
    def over_price(self) -> Floats:
        return self._numbers("over_price")

    @cached_property
    def under_price(self) -> Floats:
        return self._numbers("under_price")

    @cached_property
    def market_over(self) -> Floats:
        """The market's chance of over, if it is no push; NaN without two prices that say something."""
        chance = no_vig_over(decimal_odds(self.over_price), decimal_odds(self.under_price))
        return np.where(self.priced_alike, np.nan, chance)

    def price_notes(self) -> pa.Array:
        """Why a price says nothing, (m,); NULL when it does, or when there is none."""
        invalid = _invalid(self.over_price) | _invalid(self.under_price)
        codes = np.where(invalid, 1, np.where(self.priced_alike, 0, 2))
        return pa.array([PRICE_CONSTANT, PRICE_INVALID, None]).take(pa.array(codes))

    def _numbers(self, name: str) -> Floats:
        return as_floats(self.table[name])


def as_floats(column: pa.ChunkedArray | pa.Array) -> Floats:
    """A column of numbers, flags or nothing at all as floats, NaN where there is no value."""
    values: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def read_offers(players: pa.Table) -> Offers:
    """The offers of `lines`, a list column of structs, one entry for each player without any.

    Of offers that share book and line the newest counts. Where `constant_books`, a list column, is there it
    names the books that price all lines of the date alike; otherwise those of these players are counted.
    """
    lines = _combined(players["lines"])
    owners = pc.list_parent_indices(lines).to_numpy().astype(np.intp)
    offers = pa.table({name: _field(lines.flatten(), of) for name, of in _FIELDS.items()})
    kept = _newest(owners, offers)
    alone = np.setdiff1d(np.arange(players.num_rows), owners[kept])
    entries = np.concatenate([owners[kept], alone])
    order = np.argsort(entries, kind="stable")
    picked = np.concatenate([kept, np.full(alone.size, -1)])[order]
    table = offers.take(pa.array(picked, mask=picked < 0))
    return Offers(entries[order], table, _priced_alike(players, table))


def _combined(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _field(offers: pa.StructArray, name: str) -> pa.Array:
    return pc.struct_field(offers, name)


def _newest(owners: Positions, offers: pa.Table) -> Positions:
    """Positions of the offers, in order, without those that a newer one of their book and line replaces."""
    seen = offers["snapshot_at"].cast(pa.int64()).fill_null(0).to_numpy()
    keys = (as_floats(offers["line"]), _codes(offers["bookmaker"]), owners)
    order = np.lexsort((seen, *keys))
    same = np.ones(max(order.size - 1, 0), dtype=bool)
    for key in keys:
        same &= np.equal(key[order][1:], key[order][:-1])
    return np.sort(order[~np.append(same, False)[: order.size]])


def _codes(names: pa.ChunkedArray) -> Positions:
    """A number for each distinct name, -1 for NULL."""
    codes = names.combine_chunks().dictionary_encode().indices.fill_null(-1)
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.intp)


def _priced_alike(players: pa.Table, offers: pa.Table) -> Bools:
    """Whether each offer's book has one pair of prices for all its lines, which tells nothing about any."""
    books = _codes(offers["bookmaker"])
    if "constant_books" in players.column_names:
        named = pc.unique(_combined(players["constant_books"]).flatten())
        found = pc.is_in(offers["bookmaker"], value_set=named.cast(pa.string()))
        return np.asarray(found.to_numpy(), dtype=bool) & (books >= 0)
    prices = as_floats(offers["over_price"]), as_floats(offers["under_price"])
    two_way = is_american(prices[0]) & is_american(prices[1]) & (books >= 0)
    alike = np.logical_and.reduce([_one_value(books[two_way], each[two_way]) for each in prices])
    return two_way & np.isin(books, np.unique(books[two_way])[alike])


def _one_value(groups: Positions, values: Floats) -> Bools:
    """Whether all values of a group are equal, one entry a group in ascending order."""
    _, place = np.unique(groups, return_inverse=True)
    lowest, highest = np.full(place.max(initial=-1) + 1, np.inf), np.full(place.max(initial=-1) + 1, -np.inf)
    np.minimum.at(lowest, place, values)
    np.maximum.at(highest, place, values)
    equal: Bools = lowest == highest
    return equal


def _invalid(price: Floats) -> Bools:
    return ~np.isnan(price) & ~is_american(price)
