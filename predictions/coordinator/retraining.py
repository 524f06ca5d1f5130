"""POST /retrain, the weekly retraining that the scheduler or an operator orders, and GET /models."""

import logging
import threading
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from orchestration.alerts import Alert, Severity, give
from orchestration.platform import Platform
from orchestration.state import State
from predictions.coordinator.overdue import read_learning, record
from predictions.training.models import list_models
from shared.clock import eastern_today
from shared.fields import IsoDate, Switch
from shared.http.pages import json_value
from shared.http.problems import ProblemError, field_problem
from shared.outcomes import Outcome, done, not_yet

_LOG = logging.getLogger(__name__)
# Five seasons take most of an instance's memory; two retrainings at once would end both.
_UNDER_WAY = threading.Lock()
REFUSED_ALERT = "model-promotion-refused"
_REMEDY = "`nba-props models compare MODEL_ID` shows the gates; the old model goes on, and once is nothing"


class RetrainRequest(BaseModel):
    """Train a model on every game that is past."""

    model_config = ConfigDict(extra="forbid")

    through: IsoDate | None = Field(
        default=None, description="Last US/Eastern date to learn from, before today; yesterday when omitted."
    )
    promote: Switch = Field(default=True, description="Make it the champion when it passes the gates.")


def add_retrain_route(app: OpenAPI, platform: Platform) -> None:
    """Serves POST /retrain, one at a time; it answers when the model is stored, minutes later."""

    @app.post("/retrain", summary="Train on all past games; promote what passes the gates")
    def retrain(body: RetrainRequest) -> Response:
        if body.through and body.through >= eastern_today():
            raise field_problem("through", "is not before today; only finished dates can be learned from")
        if not _UNDER_WAY.acquire(blocking=False):
            raise ProblemError(HTTPStatus.CONFLICT, "A retraining is under way; its log says how far it is.")
        try:
            outcome = _retrain(platform, body.through, body.promote)
        finally:
            _UNDER_WAY.release()
        # Too few games is no error: the scheduler asks again in a week.
        return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **json_value(outcome.detail)})


def add_models_route(app: OpenAPI, platform: Platform) -> None:
    """Serves GET /models."""

    @app.get("/models", summary="Which models there are, which one predicts, whether retraining is overdue")
    def models() -> Response:
        rows = [model.summary() for model in list_models(platform.warehouse)]
        learning = read_learning(platform.warehouse, eastern_today())
        return jsonify(json_value({"count": len(rows), "rows": rows, "retraining": learning.summary()}))


def _retrain(platform: Platform, through: date | None, promote: Switch) -> Outcome:
    # Not needed to serve any other route: the learning library takes a second and 100 MB to import.
    from predictions.systems.contract import load_contract
    from predictions.training.errors import TooFewGamesError
    from predictions.training.history import History, last_finished_date
    from predictions.training.retrain import Retrained, retrain

    history = History(platform.warehouse, platform.storage, load_contract())
    try:
        found: Retrained = retrain(history, through or last_finished_date(), promote=promote, say=_LOG.info)
    except TooFewGamesError as error:
        return not_yet(str(error))
    gates: list[dict[str, Any]] = [
        {"model_id": each.challenger.model_id, **gate.as_json()}
        for each in found.judgements
        for gate in each.gates
    ]
    refused = not found.promoted and promote and found.judgements
    reason = f"{found.model.model_id} is {'trained' if found.trained else 'stored already'}"
    if found.promoted:
        reason += f"; {found.promoted} is champion now"
    elif refused:
        reason += "; no challenger passes the gates"
    record(platform, State.COMPLETE, reason)
    if refused:
        failed = ", ".join(gate["name"] for gate in gates if not gate["passed"])
        told = f"{reason}: {failed}"
        give(platform, [Alert(REFUSED_ALERT, found.model.model_id, Severity.WARNING, told, _REMEDY)])
    return done(
        reason,
        model=found.model.summary(),
        trained=found.trained,
        promoted=found.promoted,
        gates=gates,
        notes=[note for each in found.judgements for note in each.notes],
    )
