"""Dates by outputs: what each output's state is, and one date in full."""

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from orchestration.pipeline import Pipeline
from orchestration.platform import Platform
from orchestration.status import DateStatus, OutputStatus, read_statuses
from predictions.coordinator.console.questions import asked, link, newest_date
from predictions.coordinator.status import read_batch_statuses
from shared.clock import utc_now
from shared.fields import IsoDate
from shared.messages import Phase


class GridQuestion(BaseModel):
    """Which dates."""

    model_config = ConfigDict(extra="forbid")

    to_date: IsoDate | None = Field(default=None, description="The newest with an event, if not given.")
    days: int = Field(default=7, ge=1, le=31, description="How many dates, up to it.")


class DateQuestion(BaseModel):
    """Which date."""

    game_date: IsoDate


@dataclass(frozen=True)
class GridRow:
    """An output over all dates, with the phase that it begins."""

    output: str
    cells: tuple[OutputStatus, ...]


def add_grid(console: Blueprint, platform: Platform) -> None:
    """GET /console, also with a slash at its end, and /console/dates/{game_date}."""

    @console.get("", endpoint="grid")
    def grid() -> str:
        question = asked(GridQuestion)
        last = question.to_date or newest_date(platform.warehouse, "pipeline_events")
        statuses = read_statuses(platform, last - timedelta(days=question.days - 1), last, utc_now())
        home = url_for("console.grid")
        step = timedelta(days=question.days)
        return render_template(
            "console/grid.html",
            last=last,
            days=question.days,
            dates=statuses[::-1],
            phases=_rows(platform.pipeline, statuses[::-1]),
            earlier=link(home, {"to_date": last - step, "days": question.days}),
            later=link(home, {"to_date": last + step, "days": question.days}),
        )

    @console.get("/")
    def home() -> Response:
        return redirect(url_for("console.grid"), HTTPStatus.SEE_OTHER)

    @console.get("/dates/<game_date>", endpoint="date")
    def one_date(game_date: str) -> str:
        day: date = DateQuestion.model_validate({"game_date": game_date}).game_date
        (status,) = read_statuses(platform, day, day, utc_now())
        found = read_batch_statuses(platform.warehouse, day, day)
        return render_template(
            "console/date.html", status=status, batches=[batch.summary() for batch in reversed(found)]
        )


def _rows(pipeline: Pipeline, statuses: list[DateStatus]) -> dict[Phase, list[GridRow]]:
    """By phase, in the order of the pipeline; newest date first."""
    return {
        phase: [GridRow(name, tuple(status.output(name) for status in statuses)) for name in rule.outputs]
        for phase, rule in pipeline.phases.items()
    }
