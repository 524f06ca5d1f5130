"""What ran, newest first, and where its log is."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from flask import Blueprint, render_template, url_for
from pydantic import Field

from orchestration.platform import Platform
from predictions.coordinator.console.questions import asked, link, turned
from shared.clock import utc_now
from shared.http.pages import Page
from shared.warehouse.parameters import nullable

_SQL = Path(__file__).with_name("runs.sql").read_text()
_STATUSES = ("success", "partial", "no_data", "failed", "degraded", "complete", "running")


class RunsQuestion(Page):
    """Which runs."""

    source: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,100}$")
    status: Literal["success", "partial", "no_data", "failed", "degraded", "complete", "running"] | None = (
        None
    )
    days: int = Field(default=7, ge=1, le=400, description="How far back.")


def add_runs(console: Blueprint, platform: Platform) -> None:
    """GET /console/runs."""

    @console.get("/runs")
    def runs() -> str:
        question = asked(RunsQuestion)
        rows = platform.warehouse.rows(
            _SQL,
            since=utc_now() - timedelta(days=question.days),
            source=nullable(question.source, "STRING"),
            status=nullable(question.status, "STRING"),
            **question.bounds,
        )
        return render_template(
            "console/runs.html",
            question=question,
            statuses=_STATUSES,
            **turned(question, rows, lambda offset: _link(question, offset)),
        )


def _link(question: RunsQuestion, offset: int) -> str:
    kept = question.model_dump(include={"source", "status", "days"})
    return link(url_for("console.runs"), kept | {"offset": offset})
