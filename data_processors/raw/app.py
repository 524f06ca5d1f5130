"""Phase 2, raw: POST /process is pushed each scrape's completion; an operator reprocesses what is landed."""

from datetime import date, timedelta
from http import HTTPStatus

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from data_processors.raw.handler import RawHandler
from data_processors.raw.tables import tables_by_source
from data_processors.raw.work import Work
from orchestration.platform import Platform
from shared import logs
from shared.clock import eastern_today
from shared.fields import IsoDate
from shared.http.app import create_service
from shared.http.problems import ProblemError, field_problem
from shared.http.push import add_push_route
from shared.messages import MAX_SPAN_DAYS, DateSpan, PhaseMessage
from shared.outcomes import PermanentError, TransientError
from shared.settings import Settings, load_settings

_DAYS_AHEAD = 14


class DateRange(BaseModel):
    """Which landed bodies to process again."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1, max_length=100)
    from_date: IsoDate = Field(description="First US/Eastern date.")
    to_date: IsoDate = Field(description="Last US/Eastern date, included.")

    def works(self, today: date) -> list[Work]:
        """The work on each table of the source. Raises ProblemError 422 naming the field."""
        tables = tables_by_source().get(self.source)
        if tables is None:
            raise field_problem(
                "source", f"unknown source; there are {', '.join(sorted(tables_by_source()))}"
            )
        if self.to_date < self.from_date:
            raise field_problem("to_date", f"{self.to_date} is before from_date {self.from_date}")
        if self.to_date - self.from_date >= timedelta(days=MAX_SPAN_DAYS):
            raise field_problem("to_date", f"the dates span more than {MAX_SPAN_DAYS} days; ask for fewer")
        if self.to_date > today + timedelta(days=_DAYS_AHEAD):
            raise field_problem("to_date", f"{self.to_date} is more than {_DAYS_AHEAD} days ahead")
        span = DateSpan(from_date=self.from_date, to_date=self.to_date)
        correlation_id = logs.bound()["correlation_id"]
        return [Work(table, self.source, span, correlation_id, force=True) for table in tables]


def create_app(settings: Settings | None = None) -> OpenAPI:
    """The raw service."""
    settings = settings or load_settings()
    platform = Platform(settings)
    handler = RawHandler(platform)
    app = create_service(settings, "raw processors", platform.checks())

    @app.post("/process-date-range", summary="Process landed bodies again, without the network")
    def process_date_range(body: DateRange) -> Response:
        works = body.works(eastern_today())
        try:
            outcome = handler.process(works)
        except PermanentError as error:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        except TransientError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None
        return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **outcome.detail})

    add_push_route(app, "/process", PhaseMessage, handler.handle, platform.dead_letters)
    return app
