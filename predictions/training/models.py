"""Models as rows of nba_predictions.ml_models: stored with their artifact, promoted one at a time."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from predictions.systems.artifact import MAX_BYTES
from shared.clock import utc_now
from shared.outcomes import PermanentError
from shared.warehouse.parameters import nullable
from shared.warehouse.warehouse import Warehouse

CHAMPION, CHALLENGER, RETIRED = "champion", "challenger", "retired"
_TABLE = "ml_models"
_PROMOTE = """
BEGIN TRANSACTION;
UPDATE nba_predictions.ml_models SET status = 'retired', retired_at = @now
WHERE status = 'champion' AND model_id != @model_id;
UPDATE nba_predictions.ml_models
SET status = 'champion', promoted_at = @now, promotion_reason = @reason
WHERE model_id = @model_id AND status != 'champion';
COMMIT TRANSACTION;
"""


@dataclass(frozen=True)
class ModelRow:
    """A model without its artifact and its walked figures."""

    model_id: str
    status: str
    feature_version: str
    contract_sha256: str
    trained_from: date
    trained_through: date
    training_rows: int
    data_fingerprint: str
    recipe: str
    metrics: str
    artifact_sha256: str
    origin: str
    created_at: datetime
    promoted_at: datetime | None = None
    retired_at: datetime | None = None
    promotion_reason: str | None = None

    def summary(self) -> dict[str, Any]:
        """As JSON has it: of its figures those over all rows."""
        figures = [row for row in json.loads(self.metrics) if row["population"] == "all"]
        return {**vars(self), "recipe": json.loads(self.recipe), "metrics": figures}


def model_id_of(trained_through: date, artifact: bytes) -> str:
    """The name of a model: what it has seen, and what it is."""
    return f"{trained_through:%Y%m%d}-{hashlib.sha256(artifact).hexdigest()[:8]}"


def store_model(warehouse: Warehouse, artifact: bytes, facts: Mapping[str, Any]) -> ModelRow:
    """Stores a challenger, verified by reading it back; a model that is stored already is left as it is.

    Args:
        facts: the other columns of its row that training knows.

    Raises:
        PermanentError: the artifact is too large, or what is stored is not what was sent.
    """
    if len(artifact) > MAX_BYTES:
        raise PermanentError(f"the artifact has {len(artifact):,} bytes, more than {MAX_BYTES:,}")
    model_id = model_id_of(facts["trained_through"], artifact)
    if not [row for row in list_models(warehouse) if row.model_id == model_id]:
        own = {
            "model_id": model_id,
            "status": CHALLENGER,
            "artifact": artifact,
            "artifact_sha256": hashlib.sha256(artifact).hexdigest(),
            "created_at": utc_now(),
        }
        warehouse.load(_TABLE, [{**facts, **own}])
    (row,) = [row for row in list_models(warehouse) if row.model_id == model_id]
    read_artifact(warehouse, row)
    return row


def list_models(warehouse: Warehouse) -> list[ModelRow]:
    """Every model, the newest first."""
    rows = warehouse.rows(
        """
        SELECT
          model_id, status, feature_version, contract_sha256, trained_from, trained_through, training_rows,
          data_fingerprint, recipe, metrics, artifact_sha256, origin, created_at, promoted_at, retired_at,
          promotion_reason
        FROM nba_predictions.ml_models
        ORDER BY created_at DESC, model_id
        """
    )
    return [ModelRow(**row) for row in rows]


def champion_of(warehouse: Warehouse) -> ModelRow:
    """The model that predicts.

    Raises:
        PermanentError: there is none, or more than one.
    """
    found = [row for row in list_models(warehouse) if row.status == CHAMPION]
    if len(found) != 1:
        raise PermanentError(
            f"nba_predictions.ml_models has {len(found)} champions instead of one: "
            "`nba-props models promote MODEL_ID` makes one"
        )
    return found[0]


def read_artifact(warehouse: Warehouse, model: ModelRow) -> bytes:
    """The artifact of a model.

    Raises:
        PermanentError: it is not there, or not what was stored.
    """
    rows = warehouse.rows(
        "SELECT artifact FROM nba_predictions.ml_models WHERE model_id = @model_id", model_id=model.model_id
    )
    if not rows:
        raise PermanentError(f"no model {model.model_id} is stored")
    artifact = bytes(rows[0]["artifact"])
    if hashlib.sha256(artifact).hexdigest() != model.artifact_sha256:
        raise PermanentError(f"model {model.model_id}: the artifact does not have its SHA-256")
    return artifact


def read_walked(warehouse: Warehouse, model_id: str) -> str | None:
    """The walked figures of a model (walked.py); None of one that was stored before there were any."""
    rows = warehouse.rows(
        "SELECT walked FROM nba_predictions.ml_models WHERE model_id = @model_id", model_id=model_id
    )
    return rows[0]["walked"] if rows else None


def promote(warehouse: Warehouse, model_id: str, reason: str | None = None) -> ModelRow:
    """Makes a model the champion and retires the one before it; verified by reading it back.

    It asks no gates: gates.promote_judged does. Called directly to seed a table and to roll back.

    Args:
        reason: why, to be stored with it.

    Raises:
        PermanentError: no such model.
        TransientError: another promotion was under way.
    """
    if model_id not in [row.model_id for row in list_models(warehouse)]:
        raise PermanentError(f"no model {model_id} is stored; `nba-props models list` shows them")
    warehouse.run(_PROMOTE, model_id=model_id, now=utc_now(), reason=nullable(reason, "STRING"))
    champion = champion_of(warehouse)
    if champion.model_id != model_id:
        raise PermanentError(f"{champion.model_id} is champion although {model_id} was promoted")
    return champion


def rollback(warehouse: Warehouse) -> ModelRow:
    """Makes the champion before the present one champion again.

    Raises:
        PermanentError: there was none before.
    """
    before = [row for row in list_models(warehouse) if row.status == RETIRED and row.retired_at]
    if not before:
        raise PermanentError("no earlier champion to roll back to")
    latest = max(before, key=lambda row: (row.retired_at, row.model_id))
    return promote(warehouse, latest.model_id, "rolled back to")
