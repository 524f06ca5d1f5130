"""One chunk: the players of a game that a batch asked for, predicted by every system and staged once."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from predictions.systems.base import System
from predictions.systems.contract import FeatureContract
from predictions.systems.rows import prediction_rows
from shared.clock import utc_now
from shared.messages import PredictionRequest
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.warehouse import Warehouse

_SQL = Path(__file__).with_name("chunk.sql").read_text()
Player = dict[str, Any]


@dataclass(frozen=True)
class Staged:
    """An attempt whose rows are in prediction_staging, counted there."""

    attempt_id: str
    rows: int


def read_chunk(warehouse: Warehouse, request: PredictionRequest, contract: FeatureContract) -> list[Player]:
    """The players that a request asks for, each with features and lines.

    Raises:
        PermanentError: nobody is asked for, or the store does not keep the contract.
    """
    players = warehouse.rows(
        _SQL,
        game_date=request.game_date,
        batch_id=request.batch_id,
        game_id=request.game_id,
        feature_version=contract.feature_version,
    )
    if not players:
        raise PermanentError(f"batch {request.batch_id} asks for nobody in {request.game_id}")
    if lacking := sorted(set(contract.features) - players[0].keys()):
        raise PermanentError(f"the feature store has no column for {', '.join(lacking)}")
    if all(player["feature_version"] is None for player in players):
        raise PermanentError(
            f"the feature store has no {contract.feature_version} rows for {request.game_id}"
        )
    return [_as_asked(player) for player in players]


def _as_asked(player: Player) -> Player:
    """A player whom the store has dropped since he was asked for keeps the cutoff and quality of then."""
    if player["feature_version"] is not None:
        return player
    return {
        **player,
        "cutoff": player["requested_cutoff"],
        "quality_score": player["requested_quality"],
    }


def predict_and_stage(
    warehouse: Warehouse, request: PredictionRequest, players: list[Player], systems: tuple[System, ...]
) -> Staged:
    """Predicts all players and stages their rows under a new attempt with one load job.

    Raises:
        TransientError: the rows counted afterwards are not those that were loaded.
    """
    attempt_id, now = uuid.uuid4().hex, utc_now()
    stamp = {
        "batch_id": request.batch_id,
        "attempt_id": attempt_id,
        "staged_at": now,
        "predicted_at": now,
    }
    rows = [{**row, **stamp} for row in prediction_rows(players, systems)]
    warehouse.load("prediction_staging", rows)
    stored = _count(warehouse, request, attempt_id)
    if stored != len(rows):
        raise TransientError(f"{request.game_id}: staged {len(rows)} rows but counted {stored}")
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
