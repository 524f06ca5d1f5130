"""What services and backtest say about a date, read in the same form from whichever warehouse has it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from deploy.local.driver import Driver
from deploy.replay.archive import ReplayArchive, eastern_morning
from deploy.replay.store import Computed
from predictions.coordinator.batch import Batch, read_batches
from predictions.systems.contract import load_contract
from predictions.systems.model import unpack_model
from predictions.systems.players import feature_frame
from predictions.systems.rows import prediction_table, table_schema
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT, SystemSet
from predictions.training.champion import packaged_champion
from predictions.training.frame import read_games
from predictions.training.lines import Judged, judged
from predictions.training.measure import Scored, scored
from predictions.training.quotes import Quotes, read_quotes
from predictions.worker.look_up import look_up
from shared.warehouse.warehouse import Warehouse

Row = dict[str, Any]
Key = tuple[Any, ...]
TOLERANCE = 1e-9
_KEY = ("player_lookup", "system_id", "bookmaker", "line")


@dataclass(frozen=True)
class Served:
    """A date as the services left it: everybody whom the newest batch asked for."""

    batch: Batch
    players: pa.Table
    rows: dict[Key, Row]


@dataclass(frozen=True)
class Backtested:
    """The same date as the backtest has it.

    Args:
        players: as the worker would read them. games: as training reads them, who played.
        rows: a prediction for every player, system, book and line.
        scored, judged: what the backtest measures of the games and of the quotes on them.
    """

    players: pa.Table
    games: pd.DataFrame
    rows: dict[Key, Row]
    scored: dict[str, Scored]
    quotes: Quotes
    judged: dict[str, Judged]


def champion() -> SystemSet:
    """The systems of the model that ships."""
    return unpack_model(packaged_champion()[0]).systems()


@pytest.fixture(scope="session")
def served() -> Callable[[Warehouse, date], Served]:
    """Reads a date as the services left it."""
    return _served


def _served(warehouse: Warehouse, day: date) -> Served:
    batch = read_batches(warehouse, day, day)[day][-1]
    rows = warehouse.rows(
        "SELECT * FROM nba_predictions.player_prop_predictions "
        "WHERE game_date = @day AND status != 'SKIPPED'",
        day=day,
    )
    return Served(batch, _read_players(warehouse, batch), _by_key(rows))


@pytest.fixture(scope="session")
def backtested() -> Callable[[Computed, Batch], Backtested]:
    """Predicts whom a batch asked for out of the backtest's warehouse."""
    return _backtested


def _backtested(computed: Computed, batch: Batch) -> Backtested:
    contract, systems, day = load_contract(), champion(), batch.id.game_date
    players = _read_players(computed.warehouse, batch)
    games = read_games(computed.storage, contract, day, day)
    found = scored(systems, games, contract)
    quotes = read_quotes(computed.storage, computed.warehouse, games, day, day)
    rows = _by_key(prediction_table(players, systems).to_pylist())
    said = judged(quotes, found, PRIOR_MARKET_WEIGHT)
    return Backtested(players, games, rows, found, quotes, said)


def _read_players(warehouse: Warehouse, batch: Batch) -> pa.Table:
    """The players of each chunk, as the worker reads them."""
    contract = load_contract()
    requests = (batch.request(game, "test", None) for game in sorted(batch.chunks))
    return pa.concat_tables([look_up(warehouse, request, contract).players for request in requests])


def _by_key(rows: list[Row]) -> dict[Key, Row]:
    found = {tuple(row[name] for name in _KEY): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="session")
def in_the_morning() -> Callable[[Driver, ReplayArchive, date], None]:
    """Has the live services predict a date once more, as of the morning, as an operator would."""
    return _in_the_morning


def _in_the_morning(driver: Driver, archive: ReplayArchive, day: date) -> None:
    known = {"as_of": eastern_morning(day).isoformat()}
    for service in ("analytics", "precompute"):
        driver.post(service, "/process-date-range", {"start_date": str(day), "end_date": str(day), **known})
        driver.settle()
    driver.post("coordinator", "/start", {"game_date": str(day), "force": True, **known})
    driver.settle()


@pytest.fixture(scope="session")
def assert_parity() -> Callable[[Served, Backtested], None]:
    """Features and predictions are the same, whoever read or made them."""
    return _assert_parity


def _assert_parity(served: Served, backtested: Backtested) -> None:
    _assert_same_features(served, backtested)
    _assert_same_rows(served.rows, backtested.rows)
    _assert_measured_is_served(served.rows, backtested)


def _assert_same_features(served: Served, backtested: Backtested) -> None:
    """What the worker serves is what training reads: exactly, NULL for NULL."""
    assert served.players["player_lookup"].to_pylist() == backtested.players["player_lookup"].to_pylist()
    worker = feature_frame(served.players)
    pd.testing.assert_frame_equal(worker, feature_frame(backtested.players), check_exact=True)
    worker["player_lookup"] = served.players["player_lookup"].to_pylist()
    both = backtested.games.merge(worker, on="player_lookup", suffixes=("", "_served"))
    assert len(both) > 0.9 * len(backtested.games) > 100
    for name in load_contract().features:
        learned_from, predicted_from = both[name].to_numpy(), both[f"{name}_served"].to_numpy()
        assert np.array_equal(learned_from, predicted_from, equal_nan=True), name


def _assert_same_rows(served: dict[Key, Row], made: dict[Key, Row]) -> None:
    assert served.keys() == made.keys()
    assert len({system for _, system, _, _ in served}) == 6
    columns = [name for name in table_schema().names if name not in ("player_name", "cutoff")]
    for key, row in made.items():
        for name in columns:
            assert _equal(served[key][name], row[name]), (key, name, served[key][name], row[name])


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE
    return bool(one == other)


def _assert_measured_is_served(served: dict[Key, Row], backtested: Backtested) -> None:
    """What the backtest scores of a player, and of each book's main line, is what his rows say."""
    by_player = {key[:2]: row for key, row in served.items()}
    names = backtested.games["player_lookup"].to_list()
    for system, own in backtested.scored.items():
        for position, median in zip(own.rows, own.median, strict=True):
            row = by_player.get((names[position], system))
            assert row is None or abs(row["predicted_points"] - median) <= TOLERANCE
    quotes, checked = backtested.quotes, 0
    for system, own in backtested.judged.items():
        for place, entry in enumerate(own.entries):
            player = names[quotes.rows[entry]]
            row = served.get((player, system, quotes.bookmaker[entry], quotes.line[entry]))
            if row:
                said = [own.evaluation.own.over[place], own.evaluation.wager.ev_over[place]]
                assert abs(row["p_over"] - said[0]) <= TOLERANCE
                assert abs(row["ev_over"] - round(said[1], 6)) <= TOLERANCE
                checked += 1
    assert checked or not len(quotes)
