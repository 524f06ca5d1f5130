"""POST /check-timeouts, /heal and /monitors: what the scheduler asks, and an operator may."""

from datetime import date, timedelta

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from predictions.coordinator.checks import check_dates
from predictions.coordinator.finish import Origin
from predictions.coordinator.handlers import Coordinator
from predictions.coordinator.monitors import run_monitors
from shared import logs
from shared.clock import eastern_today, utc_now
from shared.fields import IsoDate
from shared.http.bodies import EmptyBody
from shared.http.pages import json_value
from shared.http.problems import field_problem
from shared.outcomes import Outcome

_DAYS_AHEAD = 1


class HealRequest(BaseModel):
    """Heal a date."""

    model_config = ConfigDict(extra="forbid")

    game_date: IsoDate | None = Field(default=None, description="Today's and yesterday's when omitted.")


def add_check_routes(app: OpenAPI, coordinator: Coordinator) -> None:
    """The scheduled checks; each answers with what it found and did."""

    @app.post("/check-timeouts", summary="Move on what today's and yesterday's dates wait for in vain")
    def check_timeouts(body: EmptyBody) -> Response:
        return _answer(check_dates(coordinator, _recent(), utc_now(), _cause("check-timeouts")))

    @app.post("/heal", summary="Ask again for what is overdue or failed, up to three times each")
    def heal(body: HealRequest) -> Response:
        if body.game_date and body.game_date > eastern_today() + timedelta(days=_DAYS_AHEAD):
            raise field_problem("game_date", "is later than tomorrow; nothing of it can be overdue")
        days = [body.game_date] if body.game_date else _recent()
        patient = body.game_date is None
        return _answer(check_dates(coordinator, days, utc_now(), _cause("heal"), patient=patient))

    @app.post("/monitors", summary="Look for gaps, stale sources, dead letters and what nobody graded")
    def monitors(body: EmptyBody) -> Response:
        return jsonify(json_value(run_monitors(coordinator.platform, utc_now())))


def _recent() -> list[date]:
    """Yesterday and today in New York: the night's games belong to the day on which they began."""
    today = eastern_today()
    return [today - timedelta(days=1), today]


def _cause(name: str) -> Origin:
    return Origin(logs.bound()["correlation_id"], name)


def _answer(outcome: Outcome) -> Response:
    return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **json_value(outcome.detail)})
