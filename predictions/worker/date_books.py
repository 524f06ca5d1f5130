"""The books whose prices of a date say nothing: over all of it, as in one game they may be alike by luck."""

from collections import OrderedDict

import pyarrow as pa
import pyarrow.compute as pc

from shared.messages import PredictionRequest
from shared.warehouse.warehouse import Warehouse

# A price between them is no American price.
_LEAST_PRICE = 100
_PRICES = ("over_price", "under_price")
_REMEMBERED = 10


class DateBooks:
    """Reads a date's lines once a batch; read by every chunk they would grow by the square of the slate."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, list[str]] = OrderedDict()

    def of(self, warehouse: Warehouse, request: PredictionRequest) -> list[str]:
        """The books with one pair of prices for all lines of the request's date.

        Raises:
            TransientError: the warehouse could not do it now.
        """
        if request.batch_id not in self._known:
            day = request.game_date
            contexts = warehouse.read("upcoming_player_game_context", ["cutoff", "lines"], day, day)
            self._known[request.batch_id] = constant_books(contexts)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return self._known[request.batch_id]


def constant_books(contexts: pa.Table) -> list[str]:
    """The books that have one pair of prices for all lines of contexts, as far as known at their cutoff."""
    lines = contexts["lines"].combine_chunks()
    cutoffs = contexts["cutoff"].combine_chunks().take(pc.list_parent_indices(lines))
    offered = pa.Table.from_struct_array(lines.flatten())
    known = pc.less_equal(offered["snapshot_at"], cutoffs)
    for price in _PRICES:
        known = pc.and_(known, pc.greater_equal(pc.abs(offered[price]), _LEAST_PRICE))
    ends = [(price, end) for price in _PRICES for end in ("min", "max")]
    books = offered.filter(known).group_by("bookmaker").aggregate(ends)
    same = [pc.equal(books[f"{price}_min"], books[f"{price}_max"]) for price in _PRICES]
    return sorted(filter(None, books.filter(pc.and_(*same))["bookmaker"].to_pylist()))
