"""One chunk: the players of a game that a batch asked for, predicted by every system and staged once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.state import TERMINAL, OutputState, State
from predictions.chunks import chunk_event, chunk_output
from predictions.systems.contract import FeatureContract
from predictions.systems.rows import STAMPS, prediction_table
from predictions.systems.system_set import SystemSet
from shared.clock import utc_now
from shared.messages import PredictionRequest
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.warehouse import Warehouse

_SQL = Path(__file__).with_name("chunk.sql").read_text()
_ENDED = Path(__file__).with_name("ended.sql").read_text()
_ABOUT = ("chunk_state", "chunk_generation", "chunk_rows", "chunk_attempt_id", "champions")


@dataclass(frozen=True)
class Chunk:
    """A chunk as one read finds it.

    Args:
        players: whom it asks for, with features and lines.
        state: what has become of it; None while nothing has, or when it asks for nobody.
        champions: the ids of the models that are champion; one, unless something is wrong.
    """

    players: pa.Table
    state: OutputState | None
    champions: tuple[str, ...]


@dataclass(frozen=True)
class Staged:
    """An attempt whose rows are in prediction_staging, counted there.

    Args:
        open_chunks: games of the batch whose chunks had not ended when this one had; None if nobody looked.
    """

    attempt_id: str
    rows: int
    open_chunks: tuple[str, ...] | None = None


def look_up(warehouse: Warehouse, request: PredictionRequest, contract: FeatureContract) -> Chunk:
    """The chunk that a request is about."""
    result = warehouse.run(
        _SQL,
        game_date=request.game_date,
        batch_id=request.batch_id,
        game_id=request.game_id,
        feature_version=contract.feature_version,
        output=chunk_output(request.batch_id, request.game_id),
    )
    # A chunk is one game, a page of rows: the storage API would only add a round trip.
    rows = result.to_arrow(create_bqstorage_client=False)
    players = rows.drop_columns(list(_ABOUT))
    if not rows.num_rows:
        return Chunk(players, None, ())
    about = rows.select(_ABOUT).slice(0, 1).to_pylist()[0]
    return Chunk(players, _state(about), tuple(about["champions"] or ()))


def _state(about: Mapping[str, Any]) -> OutputState | None:
    if about["chunk_state"] is None:
        return None
    return OutputState(
        State(about["chunk_state"]),
        about["chunk_generation"],
        rows_stored=about["chunk_rows"],
        attempt_id=about["chunk_attempt_id"],
    )


def check_players(players: pa.Table, request: PredictionRequest, contract: FeatureContract) -> pa.Table:
    """The players of a chunk, if they can be predicted at all.

    Raises:
        PermanentError: nobody is asked for, or the store does not keep the contract.
    """
    if not players.num_rows:
        raise PermanentError(f"batch {request.batch_id} asks for nobody in {request.game_id}")
    if lacking := sorted(set(contract.features) - set(players.column_names)):
        raise PermanentError(f"the feature store has no column for {', '.join(lacking)}")
    if players["feature_version"].null_count == players.num_rows:
        raise PermanentError(
            f"the feature store has no {contract.feature_version} rows for {request.game_id}"
        )
    return players


def predict_and_stage(
    warehouse: Warehouse, request: PredictionRequest, players: pa.Table, systems: SystemSet
) -> Staged:
    """Predicts all players, stages their rows under a new attempt with one load job, and ends the chunk.

    Raises:
        TransientError: the rows counted afterwards are not those that were loaded.
    """
    attempt_id, now = uuid.uuid4().hex, utc_now()
    rows = prediction_table(players, systems)
    stamps = dict(zip(STAMPS, (request.batch_id, attempt_id, now, now), strict=True))
    for name, value in stamps.items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    warehouse.load("prediction_staging", rows)
    stored, waiting = _end(warehouse, request, attempt_id, rows.num_rows)
    if stored != rows.num_rows:
        raise TransientError(f"{request.game_id}: staged {rows.num_rows} rows but counted {stored}")
    return Staged(attempt_id, stored, waiting)


def _end(
    warehouse: Warehouse, request: PredictionRequest, attempt_id: str, rows: int
) -> tuple[int, tuple[str, ...]]:
    """Writes the chunk's event if so many rows are staged; returns how many are, and the open chunks."""
    event = chunk_event(request, State.COMPLETE, rows_stored=rows, attempt_id=attempt_id)
    (found,) = warehouse.rows(
        _ENDED,
        event_id=event.event_id,
        occurred_at=event.occurred_at,
        game_date=event.game_date,
        phase=event.phase,
        output=event.output,
        state=event.state,
        generation=event.generation,
        batch_id=event.run_id,
        rows=rows,
        attempt_id=attempt_id,
        terminal=sorted(TERMINAL),
    )
    return int(found["stored"]), tuple(found["open_chunks"])
