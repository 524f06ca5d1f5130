"""What a chunk is about, read from five tables at once: whom it asks for, his features, his lines."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.state import OutputState, PipelineState
from predictions.chunks import chunk_output
from predictions.systems.contract import FeatureContract
from predictions.worker.date_books import DateBooks
from shared.messages import PredictionRequest
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

_IDENTITY = ("game_date", "game_id", "tip_at", "player_lookup", "player_id", "player_name", "team_abbr")
_ASKED = [*_IDENTITY, "opponent_team_abbr", "cutoff", "quality_score"]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Chunk:
    """A chunk as one look finds it.

    Args:
        players: whom it asks for, with features and lines.
        state: what has become of it; None while nothing has.
        champions: the ids of the models that are champion; one, unless something is wrong.
    """

    players: pa.Table
    state: OutputState | None
    champions: tuple[str, ...]


def look_up(
    warehouse: Warehouse,
    request: PredictionRequest,
    contract: FeatureContract,
    date_books: DateBooks | None = None,
) -> Chunk:
    """The chunk that a request is about, without a job.

    Args:
        date_books: remembers what is the same for all chunks of a batch.
    """
    books = date_books or DateBooks()
    day, game, output = request.game_date, request.game_id, chunk_output(request.batch_id, request.game_id)
    reads: list[Callable[[], Any]] = [
        lambda: _asked(warehouse, request),
        lambda: warehouse.read(
            "ml_feature_store", _stored(), day, day, game_id=game, feature_version=contract.feature_version
        ),
        lambda: warehouse.read(
            "upcoming_player_game_context", ["player_lookup", "lines"], day, day, game_id=game
        ),
        lambda: books.of(warehouse, request),
        lambda: PipelineState(warehouse).read(day, day, output).get((day, output)),
        lambda: warehouse.read("ml_models", ["model_id"], status="champion")["model_id"].to_pylist(),
    ]
    with ThreadPoolExecutor(len(reads)) as pool:
        asked, features, contexts, constant, state, champions = pool.map(lambda read: read(), reads)
    return Chunk(_players(asked, features, contexts, constant), state, tuple(sorted(champions)))


def _asked(warehouse: Warehouse, request: PredictionRequest) -> pa.Table:
    day = request.game_date
    only = {"batch_id": request.batch_id, "game_id": request.game_id, "status": "REQUESTED"}
    return warehouse.read("prediction_requests", _ASKED, day, day, **only).sort_by("player_lookup")


def _stored() -> list[str]:
    """The columns of the feature store that the request does not have, and by which the two are joined."""
    given = {*_ASKED, "run_id"} - {"player_lookup", "cutoff", "quality_score"}
    return [name for name in spec_of("ml_feature_store").column_names() if name not in given]


def _players(asked: pa.Table, features: pa.Table, contexts: pa.Table, constant: list[str]) -> pa.Table:
    """Who is asked for, with what the store and the lines have of him; whom they lack has NULL."""
    found = features.take(pc.index_in(asked["player_lookup"], features["player_lookup"]).combine_chunks())
    # Whom the store has dropped since he was asked for keeps the cutoff and quality of then.
    dropped = pc.is_null(found["feature_version"])
    players = asked
    for name in ("cutoff", "quality_score"):
        kept = pc.if_else(dropped, asked[name], found[name])
        players = players.set_column(players.column_names.index(name), name, kept)
    for name in found.column_names:
        if name not in players.column_names:
            players = players.append_column(name, found[name])
    offered = {row["player_lookup"]: row["lines"] for row in contexts.to_pylist()}
    about = zip(players["player_lookup"].to_pylist(), players["cutoff"].to_pylist(), strict=True)
    lines = [_known(offered.get(player), cutoff) for player, cutoff in about]
    books = [constant] * len(lines)
    return players.append_column("lines", pa.array(lines, contexts.schema.field("lines").type)).append_column(
        "constant_books", pa.array(books, pa.list_(pa.string()))
    )


def _known(lines: list[Row] | None, cutoff: datetime) -> list[Row]:
    """Context and features are written one after the other: what these could not know is no offer."""
    return [line for line in lines or () if line["snapshot_at"] and line["snapshot_at"] <= cutoff]
