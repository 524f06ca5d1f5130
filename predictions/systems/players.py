"""Players as prediction takes them: an arrow table with identity, features, injury status and lines."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa

from predictions.systems.contract import STORE_COLUMNS, load_contract
from predictions.systems.offers import as_floats
from shared.warehouse.specs import spec_of

# What a prediction keeps of its player; the first seven and tip_at, cutoff say which game and who.
PLAYER_COLUMNS = (
    "game_date",
    "game_id",
    "tip_at",
    "cutoff",
    "player_lookup",
    "player_id",
    "player_name",
    "team_abbr",
    "opponent_team_abbr",
    "quality_score",
    "feature_version",
)


@cache
def players_schema() -> pa.Schema:
    """The feature store's columns and, from the context, the lines."""
    store, context = spec_of("ml_feature_store"), spec_of("upcoming_player_game_context")
    written = {"generation", "run_id", "written_at"}
    columns = [column for column in store.columns if column.name not in written]
    lines = next(column for column in context.columns if column.name == "lines")
    return pa.schema([column.arrow_field() for column in (*columns, lines)])


def players_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Mappings as such a table: what a mapping lacks is NULL, what the store does not have is left out.

    Raises:
        pyarrow.ArrowInvalid, pyarrow.ArrowTypeError: a value is not of its column's type.
    """
    return pa.Table.from_pylist([dict(row) for row in rows], players_schema())


def feature_frame(players: pa.Table) -> pd.DataFrame:
    """The contract's features as floats, a row a player; NaN where there is no value or no such column."""
    names = dict.fromkeys((*load_contract().features, *STORE_COLUMNS))
    there = set(players.column_names)
    columns = {name: as_floats(players[name]) for name in names if name in there}
    return pd.DataFrame(columns, index=pd.RangeIndex(players.num_rows)).reindex(columns=list(names))
