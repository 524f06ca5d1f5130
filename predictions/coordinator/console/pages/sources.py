"""How fresh each source is and what it was asked."""

from datetime import datetime, timedelta
from pathlib import Path

from flask import Blueprint, render_template

from orchestration.pipeline import Pipeline
from orchestration.platform import Platform
from orchestration.status import read_statuses
from predictions.coordinator.freshness import unfresh_sources
from predictions.coordinator.monitors import RUNS
from predictions.coordinator.watched import read_runs
from shared.clock import eastern_date, utc_now

_SQL = Path(__file__).with_name("sources.sql").read_text()
_DAYS = 30


def add_sources(console: Blueprint, platform: Platform) -> None:
    """GET /console/sources."""

    @console.get("/sources")
    def sources() -> str:
        now = utc_now()
        found = platform.warehouse.rows(_SQL, since=now - timedelta(days=_DAYS))
        rows = [{**row, "age": _seconds(now, row["newest_good_run"])} for row in found]
        today = eastern_date(now)
        yesterday, current = read_statuses(platform, today - timedelta(days=1), today, now)
        runs = read_runs(platform.warehouse, now - RUNS)
        stale = unfresh_sources(platform.pipeline, runs, current.slate, yesterday.slate, now)
        silent = sorted(_sources(platform.pipeline) - {row["source"] for row in rows})
        return render_template("console/sources.html", rows=rows, stale=stale, silent=silent, days=_DAYS)


def _seconds(now: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else (now - moment).total_seconds()


def _sources(pipeline: Pipeline) -> set[str]:
    rules = (rule for phase in pipeline.phases.values() for rule in phase.outputs.values())
    return {rule.source for rule in rules if rule.source}
