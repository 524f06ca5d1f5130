"""What an operator can order: predict a date, look after stalled batches, grade a date."""

from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from predictions.coordinator.finish import Origin
from predictions.coordinator.handlers import Coordinator
from predictions.coordinator.overdue import check_overdue
from predictions.coordinator.plan import Order, Selection
from predictions.coordinator.stalled import check_stalled
from predictions.grading.grade import grade
from predictions.systems.registry import SYSTEM_IDS
from shared import logs
from shared.clock import eastern_today, utc_now
from shared.fields import IsoDate, NamedDay, Number, Switch
from shared.http.openapi import takes
from shared.http.problems import ProblemError, field_problem
from shared.http.push import PushEnvelope, push_view
from shared.messages import AsOf, Identifier, PhaseMessage
from shared.outcomes import Outcome, OutcomeKind, PermanentError, TransientError, done, not_yet

MAX_DAYS_AHEAD = 14
_CAUSE = "operator"
_EITHER = 'The body is neither an order such as {"game_date": "2024-12-03"} nor a Pub/Sub push envelope.'


class StartRequest(AsOf):
    """Predict one date."""

    game_date: IsoDate = Field(description="The US/Eastern date to predict, at most 14 days ahead.")
    force: Switch = Field(default=False, description="Predict again what is predicted on its newest inputs.")
    systems: tuple[Identifier, ...] = Field(
        default_factory=tuple,
        min_length=1,
        max_length=20,
        description="Whose rows are replaced; every system's when omitted.",
    )
    min_minutes: Number | None = Field(
        default=None, ge=0, le=48, description="Skip whoever averages fewer minutes and has no line."
    )

    def selection(self) -> Selection:
        """What of the slate is wanted. Raises ProblemError 422 naming `systems` and the valid ones."""
        if unknown := [name for name in self.systems if name not in SYSTEM_IDS]:
            raise field_problem("systems", f"{', '.join(unknown)} is unknown; use {', '.join(SYSTEM_IDS)}")
        return Selection(tuple(name for name in SYSTEM_IDS if name in self.systems), self.min_minutes)


class StalledRequest(BaseModel):
    """Look after the batches of a date."""

    model_config = ConfigDict(extra="forbid")

    game_date: IsoDate | None = Field(default=None, description="Today's and yesterday's when omitted.")
    older_than_minutes: Number = Field(
        default=10, ge=0, le=1440, description="How long a chunk may be unanswered."
    )


class GradeRequest(BaseModel):
    """Grade one date again."""

    model_config = ConfigDict(extra="forbid")

    game_date: NamedDay = Field(
        description="The US/Eastern date to grade, or today or yesterday; not in the future."
    )
    if_due: Switch = Field(
        default=False,
        description="Only if it is not graded on its newest inputs; a date that waits is no error.",
    )


def add_order_routes(app: OpenAPI, coordinator: Coordinator) -> None:
    """POST /start, /check-stalled and /grade."""

    @app.post("/start", summary="Predict a date now, without waiting for phase 4 to say so")
    def start(body: StartRequest) -> tuple[Response, int]:
        if body.game_date > eastern_today() + timedelta(days=MAX_DAYS_AHEAD):
            raise field_problem("game_date", f"is more than {MAX_DAYS_AHEAD} days ahead")
        if body.as_of and body.as_of > utc_now():
            raise field_problem("as_of", "is in the future")
        knowledge = AsOf(as_of=body.as_of, lead_minutes=body.lead_minutes)
        order = Order([body.game_date], knowledge, _operator(), body.force, body.selection())
        return _answer(lambda: _start(coordinator, order), HTTPStatus.ACCEPTED)

    @app.post("/check-stalled", summary="Move stalled batches on; say whether retraining is overdue")
    def stalled(body: StalledRequest) -> tuple[Response, int]:
        today = eastern_today()
        days = [body.game_date] if body.game_date else [today - timedelta(days=1), today]
        older = timedelta(minutes=body.older_than_minutes)
        return _answer(lambda: _monitor(coordinator, days, older), HTTPStatus.OK)

    _add_grade_route(app, coordinator)


def _start(coordinator: Coordinator, order: Order) -> Outcome:
    """DONE only if the date is predicted or on its way: that it has ended is not what was ordered."""
    outcome = coordinator.start(order)
    return not_yet(outcome.reason) if outcome.detail.get("unpredicted") else outcome


def _add_grade_route(app: OpenAPI, coordinator: Coordinator) -> None:
    """One route for both: who orders says a game_date, what is pushed is an envelope with a message."""
    pushed = push_view(PhaseMessage, coordinator.grade, coordinator.platform.dead_letters)

    @app.post("/grade", summary='Grade a date again ({"game_date": ...}), or a Pub/Sub push of PhaseMessage')
    @takes(GradeRequest, PushEnvelope)
    def grade_date() -> Response | tuple[Response, int]:
        body: Any = request.get_json(silent=True)
        if not isinstance(body, dict) or not body.keys() & {"message", "game_date"}:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST, _EITHER, [{"field": "game_date", "reason": "is missing"}]
            )
        return pushed() if "message" in body else _grade(coordinator, GradeRequest.model_validate(body))


def _grade(coordinator: Coordinator, order: GradeRequest) -> tuple[Response, int]:
    if order.game_date > eastern_today():
        raise field_problem("game_date", "is in the future; only a finished date can be graded")
    return _answer(
        lambda: grade(coordinator.platform, [order.game_date], _operator(), force=not order.if_due),
        HTTPStatus.OK,
        may_wait=order.if_due,
    )


def _monitor(coordinator: Coordinator, days: list[date], older: timedelta) -> Outcome:
    """The scheduled look at what nobody else would notice: batches that wait, models that grow old."""
    found = check_stalled(coordinator, days, older, _operator())
    return done(found.reason, **found.detail, retraining=check_overdue(coordinator.platform))


def _operator() -> Origin:
    return Origin(logs.bound()["correlation_id"], _CAUSE)


def _answer(
    work: Callable[[], Outcome], status: HTTPStatus, *, may_wait: bool = False
) -> tuple[Response, int]:
    """An operator's answer: what was done, or as a problem why it was not; a schedule's may be `not_yet`."""
    try:
        outcome = work()
    except TransientError as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"Try again: {error}") from error
    except PermanentError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    if outcome.kind is OutcomeKind.NOT_YET and not may_wait:
        raise ProblemError(HTTPStatus.CONFLICT, outcome.reason)
    return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **outcome.detail}), status
