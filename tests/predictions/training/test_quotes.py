"""The books' lines read out of the warehouse: main ones, as of the cutoff, beside their close."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from predictions.training.quotes import Quotes, read_quotes
from shared.warehouse.specs import spec_of
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

DAY, GAME = date(2024, 12, 3), "20241203_MEM_DAL"
TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
EARLY, LATE = TIP - timedelta(hours=2), TIP - timedelta(minutes=5)
_FILLED: dict[pa.DataType, Any] = {
    pa.string(): "x",
    pa.int64(): 0,
    pa.bool_(): False,
    pa.date32(): DAY,
    pa.timestamp("us", tz="UTC"): TIP,
    pa.float64(): 0.0,
}


def load(warehouse: Warehouse, table: str, *rows: Mapping[str, Any]) -> None:
    """Rows with something in every required column that they do not name."""
    spec = spec_of(table)
    filled = {c.name: _FILLED[c.arrow_field().type] for c in spec.columns if c.required}
    warehouse.load(table, [{**filled, "game_date": DAY, "game_id": GAME, **row} for row in rows])


@pytest.fixture(scope="module")
def quotes(warehouse: Warehouse, storage: StorageReader) -> Quotes:
    """One book on a star whose line moved and another's alternate; and a line on who did not play."""
    book = {"bookmaker": "draftkings", "over_price": -110, "under_price": -110, "snapshot_at": EARLY}
    star = [
        {**book, "line": 24.5, "is_main": True},
        {**book, "line": 29.5, "over_price": 250, "under_price": -320, "is_main": False},
        {
            **book,
            "bookmaker": "fanduel",
            "line": 25.5,
            "over_price": -120,
            "under_price": 100,
            "is_main": True,
        },
    ]
    absent = [{**book, "line": 10.5, "over_price": -125, "under_price": 105, "is_main": True}]
    load(
        warehouse,
        "upcoming_player_game_context",
        {"player_lookup": "star", "lines": star},
        {"player_lookup": "absent", "lines": absent},
        {"player_lookup": "bench", "lines": []},
    )
    load(warehouse, "nba_schedule", {"tip_at": TIP, "status": "FINAL"})
    seen = {
        "bookmaker": "draftkings",
        "player_lookup": "star",
        "market": "player_points",
        "over_price": -110,
        "under_price": -110,
    }
    load(
        warehouse,
        "odds_player_props",
        {**seen, "line": 24.5, "snapshot_at": EARLY},
        {**seen, "line": 26.5, "snapshot_at": LATE},
        {**seen, "line": 24.5, "over_price": -150, "under_price": 130, "snapshot_at": LATE},
    )
    rows = pd.DataFrame({"game_id": [GAME] * 2, "player_lookup": ["bench", "star"]})
    return read_quotes(storage, warehouse, rows, DAY, DAY)


def test_main_lines_on_who_played_are_read_and_others_are_voids(quotes: Quotes) -> None:
    assert quotes.rows.tolist() == [1, 1]
    assert quotes.bookmaker.tolist() == ["draftkings", "fanduel"]
    assert quotes.line.tolist() == [24.5, 25.5]
    assert quotes.voids == 1


def test_the_close_is_the_books_last_snapshot_before_the_tip(quotes: Quotes) -> None:
    assert quotes.closing_line[0] == 26.5
    # 150 / 250 over its sum with 100 / 230.
    assert quotes.closing_over[0] == pytest.approx(0.579832, abs=1e-6)
    assert np.isnan([quotes.closing_line[1], quotes.closing_over[1]]).all()


def test_dates_without_lines_have_no_quotes(warehouse: Warehouse, storage: StorageReader) -> None:
    before = DAY - timedelta(days=30)
    rows = pd.DataFrame({"game_id": [GAME], "player_lookup": ["star"]})
    found = read_quotes(storage, warehouse, rows, before, before)
    assert (len(found), found.no_market) == (0, "no lines")
