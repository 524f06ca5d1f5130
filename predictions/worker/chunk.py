"""One chunk: the players of a game that a batch asked for, predicted by every system and staged once."""

import uuid
from dataclasses import dataclass

import pyarrow as pa

from orchestration.state import PipelineState, State
from predictions.chunks import chunk_event
from predictions.systems.contract import FeatureContract
from predictions.systems.rows import STAMPS, prediction_table
from predictions.systems.system_set import SystemSet
from shared.clock import utc_now
from shared.messages import PredictionRequest
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class Staged:
    """An attempt whose rows are in prediction_staging, counted there.

    Args:
        open_chunks: games of the batch whose chunks had not ended when this one had; None if nobody looked.
    """

    attempt_id: str
    rows: int
    open_chunks: tuple[str, ...] | None = None


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
    """Predicts all players, stages their rows under a new attempt, and ends the chunk.

    Raises:
        TransientError: the rows counted afterwards are not those that were loaded.
    """
    attempt_id, now = uuid.uuid4().hex, utc_now()
    rows = prediction_table(players, systems)
    stamps = dict(zip(STAMPS, (request.batch_id, attempt_id, now, now), strict=True))
    for name, value in stamps.items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    warehouse.append("prediction_staging", rows)
    stored, waiting = _end(warehouse, request, attempt_id, rows.num_rows)
    if stored != rows.num_rows:
        raise TransientError(f"{request.game_id}: staged {rows.num_rows} rows but counted {stored}")
    return Staged(attempt_id, stored, waiting)


def _end(
    warehouse: Warehouse, request: PredictionRequest, attempt_id: str, rows: int
) -> tuple[int, tuple[str, ...]]:
    """Writes the chunk's event if so many rows are staged; returns how many are, and the open chunks.

    The event is written first and the state read second: of two chunks that end at once one sees both.
    """
    day = request.game_date
    stored = warehouse.read(
        "prediction_staging", ["attempt_id"], batch_id=request.batch_id, attempt_id=attempt_id
    ).num_rows
    if stored != rows:
        return stored, ()
    state, batch = PipelineState(warehouse), f"chunk/{request.batch_id}/"
    state.append([chunk_event(request, State.COMPLETE, rows_stored=rows, attempt_id=attempt_id)])
    asked = warehouse.read(
        "prediction_requests", ["game_id"], day, day, batch_id=request.batch_id, status="REQUESTED"
    )
    states = state.read(day, day, batch)
    ended = {output for (_, output), chunk in states.items() if chunk.terminal}
    games = asked["game_id"].unique().to_pylist()
    return stored, tuple(sorted(game for game in games if f"{batch}{game}" not in ended))
