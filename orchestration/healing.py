"""Carries out what heal.py plans, as far as messages can: the events first, then whoever makes it is told."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from orchestration.announce import SCRAPERS_TOPIC, announce, completion
from orchestration.heal import NEVER, Ask, Plan, Planner, ScrapeRun, needs_runs
from orchestration.platform import Platform
from orchestration.state import Event, State
from orchestration.status import DateStatus, OutputStatus
from shared.messages import DateSpan, Output, Phase, PhaseMessage, Status

PRODUCER = "heal"
_REASON_CHARACTERS = 1000
# How long before its date a source is scraped at the earliest.
_AHEAD = timedelta(days=15)
_RUNS = """
SELECT source, run_id, status, reason, finished_at
FROM nba_orchestration.scrape_runs
WHERE from_date <= @day AND to_date >= @day AND started_at >= @since
QUALIFY ROW_NUMBER() OVER (PARTITION BY source ORDER BY started_at DESC, run_id) = 1
"""


def plan_for(platform: Platform, status: DateStatus, now: datetime, *, patient: bool = True) -> Plan:
    """What to do about a date; asks the warehouse only when raw outputs are missing."""
    runs = _newest_runs(platform, status.game_date) if needs_runs(status, now) else {}
    degraded = platform.settings.ALLOW_DEGRADED_MODE
    planner = Planner(platform.pipeline, status, runs, now, patient=patient, degraded=degraded)
    plan = planner.plan()
    _carry_out(platform, status, plan, runs)
    return plan


def _newest_runs(platform: Platform, day: date) -> dict[str, ScrapeRun]:
    since = datetime.combine(day, datetime.min.time(), NEVER.tzinfo) - _AHEAD
    rows = platform.warehouse.rows(_RUNS, day=day, since=since)
    return {
        row["source"]: ScrapeRun(
            row["source"], row["run_id"], Status(row["status"]), row["reason"], row["finished_at"]
        )
        for row in rows
    }
