"""The prediction coordinator: starts batches, closes them, grades finished dates, keeps dead letters."""

from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from orchestration.platform import Platform
from predictions.coordinator.dead_letters import add_dead_letter_route
from predictions.coordinator.finish import Origin
from predictions.coordinator.handlers import Coordinator
from predictions.coordinator.published import DatePath, PredictionFilter, read_predictions
from predictions.coordinator.start import Order
from predictions.grading.grade import grade
from predictions.systems.contract import load_contract
from shared import logs
from shared.clock import eastern_today, utc_now
from shared.http.app import create_service
from shared.http.problems import ProblemError, field_problem
from shared.http.push import add_push_route
from shared.messages import AsOf, PhaseMessage, PredictionReady
from shared.outcomes import Outcome, OutcomeKind, PermanentError, TransientError
from shared.settings import Settings, load_settings

MAX_DAYS_AHEAD = 14
_CAUSE = "operator"


class StartRequest(AsOf):
    """Predict one date."""

    game_date: date = Field(description="The US/Eastern date to predict, at most 14 days ahead.")
    force: bool = Field(default=False, description="Predict again what is predicted on its newest inputs.")


class GradeRequest(BaseModel):
    """Grade one date again."""

    model_config = ConfigDict(extra="forbid")

    game_date: date = Field(description="The US/Eastern date to grade; not in the future.")


def create_app(settings: Settings | None = None) -> OpenAPI:
    """The coordinator's Flask app."""
    settings = settings or load_settings()
    platform = Platform(settings)
    coordinator, letters = Coordinator(platform), platform.dead_letters
    checks = {**platform.checks(), "feature contract": _check_contract}
    app = create_service(settings, "prediction coordinator", checks)
    add_push_route(app, "/process", PhaseMessage, coordinator.process, letters)
    add_push_route(app, "/complete", PredictionReady, coordinator.complete, letters)
    add_push_route(app, "/grade", PhaseMessage, coordinator.grade, letters)
    add_dead_letter_route(app, coordinator)
    _add_operator_routes(app, coordinator)
    return app


def _check_contract() -> None:
    load_contract()


def _add_operator_routes(app: OpenAPI, coordinator: Coordinator) -> None:
    @app.post("/start", summary="Predict a date now, without waiting for phase 4 to say so")
    def start(body: StartRequest) -> tuple[Response, int]:
        if body.game_date > eastern_today() + timedelta(days=MAX_DAYS_AHEAD):
            raise field_problem("game_date", f"is more than {MAX_DAYS_AHEAD} days ahead")
        if body.as_of and body.as_of > utc_now():
            raise field_problem("as_of", "is in the future")
        knowledge = AsOf(as_of=body.as_of, lead_minutes=body.lead_minutes)
        order = Order([body.game_date], knowledge, _operator(), body.force)
        return _answer(lambda: coordinator.start(order), HTTPStatus.ACCEPTED)

    @app.post("/grade-date", summary="Grade a finished date again")
    def grade_date(body: GradeRequest) -> tuple[Response, int]:
        if body.game_date > eastern_today():
            raise field_problem("game_date", "is in the future; only a finished date can be graded")
        return _answer(
            lambda: grade(coordinator.platform, [body.game_date], _operator(), force=True), HTTPStatus.OK
        )

    @app.get("/api/v1/predictions/<game_date>", summary="The predictions of a date")
    def predictions(path: DatePath, query: PredictionFilter) -> Response:
        try:
            rows = read_predictions(coordinator.platform.warehouse, path.game_date, query)
        except TransientError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
        return jsonify({"game_date": path.game_date.isoformat(), "count": len(rows), "predictions": rows})


def _operator() -> Origin:
    return Origin(logs.bound()["correlation_id"], _CAUSE)


def _answer(work: Callable[[], Outcome], status: HTTPStatus) -> tuple[Response, int]:
    """An operator's answer: what was done, or as a problem why it was not."""
    try:
        outcome = work()
    except TransientError as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"Try again: {error}") from error
    except PermanentError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    if outcome.kind is OutcomeKind.NOT_YET:
        raise ProblemError(HTTPStatus.CONFLICT, outcome.reason)
    return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **outcome.detail}), status
