"""Invented player-games with every feature of the contract, and a model of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from predictions.systems.contract import load_contract
from predictions.systems.inputs import AVAILABILITY_COLUMNS
from predictions.training.fit import Games, fit_model
from predictions.training.frame import games_of
from shared.warehouse.specs import Column, TableSpec, spec_of
from shared.warehouse.warehouse import Warehouse

CONTRACT = load_contract()
TODAY = list(
    dict.fromkeys([*AVAILABILITY_COLUMNS, *(name for name in CONTRACT.features if name.endswith("_today"))])
)

_ANYTHING: dict[str, Any] = {
    "STRING": "x",
    "INT64": 0,
    "FLOAT64": 0.0,
    "BOOL": False,
    "DATE": date(2024, 1, 1),
    "TIMESTAMP": datetime(2024, 1, 1, tzinfo=UTC),
}


def invent(count: int, seed: int = 1, first: str = "2021-10-19", days: int = 900) -> pd.DataFrame:
    """Rows as read_games gives them: points follow usual points, minutes and chance."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {name: rng.normal(10, 3, count) for name in CONTRACT.features}, columns=list(CONTRACT.features)
    )
    usual, minutes = rng.uniform(2, 28, count), rng.uniform(8, 38, count)
    for span in (2, 3, 8, 20, 30):
        rows[f"points_ewma_{span}"] = usual
    for span in (2, 3, 4, 8, 20, 30):
        rows[f"minutes_ewma_{span}"] = minutes
    rows["points_avg_season"] = rows["points_avg_last_10"] = rows["points_avg_last_5"] = usual
    rows["home_away"] = rng.integers(0, 2, count)
    rows["is_available_today"] = 1.0
    rows["size"] = rng.uniform(-1, 1, count)
    reported = rng.random(count) < 0.5
    rows.loc[~reported, TODAY] = np.nan
    day = np.sort(rng.integers(0, days, count))
    dates = np.datetime64(first) + day
    rows["vegas_points_line"] = np.where(rng.random(count) < 0.4, np.round(usual) + 0.5, np.nan)
    rows["minutes"] = np.clip(minutes + rng.normal(0, 4, count), 0, 48)
    # Four points more for some, by a feature that the usual points do not know.
    expected = usual * rows["minutes"] / minutes + 4 * (rows["rotation_rank"] > 10)
    rows["points"] = np.clip(rng.normal(expected, np.sqrt(2 * usual)), 0, 70).astype(int)
    rows["game_date"] = dates.astype("datetime64[D]").astype(object)
    rows["season_year"] = [d.year if d.month >= 9 else d.year - 1 for d in rows["game_date"]]
    rows["game_id"] = [f"g{number}" for number in range(count)]
    rows["player_lookup"] = [f"p{number % 200}" for number in range(count)]
    rows["earlier_games"] = 20
    rows["injury_status"] = None
    return rows


@pytest.fixture(scope="session")
def invented() -> Callable[..., pd.DataFrame]:
    return invent


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    return invent(6500)


@pytest.fixture(scope="session")
def games(rows: pd.DataFrame) -> Games:
    return games_of(rows, CONTRACT)


@pytest.fixture(scope="session")
def model(games: Games) -> object:
    return fit_model(games)


@pytest.fixture(scope="session")
def store_games() -> Callable[[Warehouse, pd.DataFrame], None]:
    return _store_games


def _store_games(warehouse: Warehouse, rows: pd.DataFrame) -> None:
    """Puts invented games into the feature store and their outcomes into the players' games."""
    told = rows.assign(
        feature_version=CONTRACT.feature_version,
        seconds_played=np.maximum(rows["minutes"] * 60, 1).round(),
    )
    for name in ("ml_feature_store", "player_game_summary"):
        warehouse.load(name, _as_table(spec_of(name), told))


def _as_table(spec: TableSpec, rows: pd.DataFrame) -> pa.Table:
    """The rows with whatever else the table requires."""
    columns = [_column(column, rows) for column in spec.columns]
    return pa.table(columns, schema=spec.arrow_schema())


def _column(column: Column, rows: pd.DataFrame) -> pa.Array:
    field = column.arrow_field()
    if column.name in rows:
        values = rows[column.name]
        whole = values.round() if column.type == "INT64" else values
        return pa.Array.from_pandas(whole).cast(field.type)
    if column.required:
        return pa.array([_ANYTHING[column.type]] * len(rows), field.type)
    empty: Any = [] if column.repeated else None
    return pa.array([empty] * len(rows), field.type)
