"""The lines of a whole date are read once a batch, and say which books' prices mean nothing."""

from datetime import UTC, date, datetime
from typing import Any, cast

import pyarrow as pa
import pytest

from predictions.worker.date_books import DateBooks, constant_books
from shared.messages import PredictionRequest
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

CUTOFF = datetime(2024, 12, 3, 23, tzinfo=UTC)
LATER = datetime(2024, 12, 4, 1, tzinfo=UTC)


def line(book: str, over: int | None, under: int | None, seen: datetime | None = CUTOFF) -> dict[str, Any]:
    return {"bookmaker": book, "line": 20.5, "over_price": over, "under_price": under, "snapshot_at": seen}


def contexts(*players: list[dict[str, Any]]) -> pa.Table:
    schema = spec_of("upcoming_player_game_context").arrow_schema()
    schema = pa.schema([schema.field(name) for name in ("cutoff", "lines")])
    return pa.Table.from_pylist([{"cutoff": CUTOFF, "lines": lines} for lines in players], schema)


@pytest.mark.parametrize(
    ("offered", "constant"),
    [
        pytest.param([[line("a", -110, -110)], [line("a", -110, -110)]], ["a"], id="one pair of prices"),
        pytest.param([[line("a", -110, -110)], [line("a", -115, -105)]], [], id="two pairs"),
        pytest.param([[line("a", -110, -110), line("a", -110, 120)]], [], id="one side differs"),
        pytest.param(
            [[line("a", -110, -110), line("a", -130, 110, LATER)]], ["a"], id="seen after the cutoff"
        ),
        pytest.param(
            [[line("a", -110, -110), line("a", -130, 110, None)]], ["a"], id="seen nobody knows when"
        ),
        pytest.param([[line("a", -110, -110), line("a", 50, 110)]], ["a"], id="no American price"),
        pytest.param([[line("a", -110, None)], []], [], id="no pair at all"),
        pytest.param([[line("b", -110, -110), line("a", -119, -119)]], ["a", "b"], id="each by itself"),
        pytest.param([], [], id="nobody"),
    ],
)
def test_a_book_with_one_pair_of_prices_says_nothing(
    offered: list[list[dict[str, Any]]], constant: list[str]
) -> None:
    assert constant_books(contexts(*offered)) == constant


class Counting:
    """A warehouse of one table that counts how often it is read."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, *_: object) -> pa.Table:
        self.reads += 1
        return contexts([line("a", -110, -110)])


def request(batch_id: str, game_id: str = "20241203_MIN_LAL") -> PredictionRequest:
    return PredictionRequest(
        correlation_id="c",
        batch_id=batch_id,
        game_date=date(2024, 12, 3),
        game_id=game_id,
        generation=CUTOFF,
    )


def test_the_chunks_of_a_batch_read_the_date_once_together() -> None:
    warehouse, books = Counting(), DateBooks()
    for asked in (
        request("first"),
        request("first", "20241203_BOS_MIA"),
        request("second"),
        request("first"),
    ):
        assert books.of(cast(Warehouse, warehouse), asked) == ["a"]
    assert warehouse.reads == 2


def test_only_the_latest_batches_are_remembered() -> None:
    warehouse, books = Counting(), DateBooks()
    for number in range(100):
        books.of(cast(Warehouse, warehouse), request(f"batch{number}"))
    assert len(books._known) <= 10
