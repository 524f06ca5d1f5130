"""One chunk: the players of a game that a batch asked for, predicted by every system and staged once."""

import uuid
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from predictions.systems.contract import FeatureContract
from predictions.systems.rows import STAMPS, prediction_table
from predictions.systems.system_set import SystemSet
from shared.clock import utc_now
from shared.messages import PredictionRequest
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.warehouse import Warehouse

_SQL = Path(__file__).with_name("chunk.sql").read_text()


@dataclass(frozen=True)
class Staged:
    """An attempt whose rows are in prediction_staging, counted there."""

    attempt_id: str
    rows: int


def read_chunk(warehouse: Warehouse, request: PredictionRequest, contract: FeatureContract) -> pa.Table:
    """The players that a request asks for as prediction_table takes them, with features and lines.

    Raises:
        PermanentError: nobody is asked for, or the store does not keep the contract.
    """
    result = warehouse.run(
        _SQL,
        game_date=request.game_date,
        batch_id=request.batch_id,
        game_id=request.game_id,
        feature_version=contract.feature_version,
    )
    # A chunk is one game, a page of rows: the storage API would only add a round trip.
    players = result.to_arrow(create_bqstorage_client=False)
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
    """Predicts all players and stages their rows under a new attempt with one load job.

    Raises:
        TransientError: the rows counted afterwards are not those that were loaded.
    """
    attempt_id, now = uuid.uuid4().hex, utc_now()
    rows = prediction_table(players, systems)
    stamps = dict(zip(STAMPS, (request.batch_id, attempt_id, now, now), strict=True))
    for name, value in stamps.items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    warehouse.load("prediction_staging", rows)
    stored = _count(warehouse, request, attempt_id)
    if stored != rows.num_rows:
        raise TransientError(f"{request.game_id}: staged {rows.num_rows} rows but counted {stored}")
    return Staged(attempt_id, stored)


def _count(warehouse: Warehouse, request: PredictionRequest, attempt_id: str) -> int:
    (counted,) = warehouse.rows(
        """
        SELECT COUNT(*) AS stored
        FROM nba_predictions.prediction_staging
        WHERE game_date = @game_date AND batch_id = @batch_id AND attempt_id = @attempt_id
        """,
        game_date=request.game_date,
        batch_id=request.batch_id,
        attempt_id=attempt_id,
    )
    return int(counted["stored"])
