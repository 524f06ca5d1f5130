"""Carries out what heal.py plans, as far as messages can: events first, then who is to look again is told."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from orchestration.announce import announce, completion
from orchestration.heal import NEVER, Plan, Planner, ScrapeRun, ended_lately, needs_runs
from orchestration.platform import Platform
from orchestration.state import Event, State
from orchestration.status import DateStatus
from shared.messages import DateSpan, Output, Phase, PhaseMessage, Status

PRODUCER = "heal"
_REASON_CHARACTERS = 1000
# The longest that a source is scraped before its date.
_AHEAD = timedelta(days=15)
_RUN = ["source", "run_id", "status", "reason", "finished_at"]


def read_plan(platform: Platform, status: DateStatus, now: datetime, *, patient: bool = True) -> Plan:
    """What to do about a date; the scrapes are read only when raw outputs are missing."""
    runs = _newest_runs(platform, status.game_date) if needs_runs(status, now) else {}
    degraded = platform.settings.ALLOW_DEGRADED_MODE
    return Planner(platform.pipeline, status, runs, now, patient=patient, degraded=degraded).plan()


def _newest_runs(platform: Platform, day: date) -> dict[str, ScrapeRun]:
    since = datetime.combine(day, time(0), NEVER.tzinfo) - _AHEAD
    columns = [*_RUN, "started_at", "from_date", "to_date"]
    rows = platform.warehouse.read("scrape_runs", columns, since).to_pylist()
    covering = [row for row in rows if row["from_date"] <= day <= row["to_date"]]
    covering.sort(key=lambda row: (row["started_at"], row["run_id"]))
    return {row["source"]: _run(row) for row in covering}


def _run(row: Mapping[str, Any]) -> ScrapeRun:
    return ScrapeRun(**{**{name: row[name] for name in _RUN}, "status": Status(row["status"])})


def carry_out(platform: Platform, status: DateStatus, plan: Plan, now: datetime, correlation_id: str) -> None:
    """Records the plan's ends and attempts, and publishes what makes the services look again.

    The events come before the messages, so that a crash between costs an attempt and never the bound. What
    phase 5 is asked for is only recorded here: it is the coordinator's own work. Who awaits what ended lately
    is told again at each look, as the messages of the look that ended it may never have been published.

    Raises:
        TransientError: the warehouse or the bus could not be reached.
    """
    run_id = f"{PRODUCER}-{uuid.uuid4().hex}"
    platform.state.append(_events(status.game_date, plan, run_id, now))
    for message in _messages(platform, status, plan, run_id, now, correlation_id):
        announce(platform.bus, message)


def _events(day: date, plan: Plan, run_id: str, now: datetime) -> list[Event]:
    ends = [
        Event(
            day,
            end.output.phase,
            end.output.output,
            State.FAILED,
            end.generation,
            run_id,
            0,
            attempt=end.output.attempts or None,
            reason=end.reason[:_REASON_CHARACTERS],
            occurred_at=now,
        )
        for end in plan.ends
    ]
    asks = [
        Event(
            day,
            ask.output.phase,
            ask.output.output,
            State.RUNNING,
            ask.generation,
            run_id,
            attempt=ask.attempt,
            reason=f"asked for again, attempt {ask.attempt}",
            occurred_at=now,
        )
        for ask in plan.asks
    ]
    return ends + asks


def _messages(
    platform: Platform, status: DateStatus, plan: Plan, run_id: str, now: datetime, correlation_id: str
) -> list[PhaseMessage]:
    """A scrape's completion for each source whose tables are asked for; else that of the phase before what is
    asked for, and of each phase of which something ends or ended lately: who awaits that looks again."""
    phases = list(Phase)
    sources = {
        str(platform.pipeline.rule(ask.output.output).source): ask.generation
        for ask in plan.asks
        if ask.output.phase is Phase.RAW
    }
    before = {phases[phases.index(ask.output.phase) - 1] for ask in plan.asks} - {Phase.SCRAPERS}
    ended = {end.output.phase for end in plan.ends}
    ended |= {spent.output.phase for spent in plan.spent if ended_lately(spent.output, now)}
    told = [phase for phase in phases if phase in before | ended]
    made = [
        _scraped(plan.runs[source], status, generation, correlation_id)
        for source, generation in sources.items()
    ]
    # The last phase has no listener but the coordinator, which asks itself.
    return made + [
        _stands(platform, status, phase, run_id, correlation_id, retry=phase in before)
        for phase in told
        if phase is not Phase.PREDICTIONS
    ]


def _scraped(run: ScrapeRun, status: DateStatus, generation: datetime, correlation_id: str) -> PhaseMessage:
    """The completion that the run announced once already; of a failed table on the generation that it has, so
    that another failure of the same bodies is counted as the same."""
    return completion(
        Phase.SCRAPERS,
        run.source,
        run.run_id,
        _span(status),
        run.status,
        correlation_id,
        generation=run.finished_at if generation == NEVER else generation,
        reason=run.reason,
        cause=PRODUCER,
        retry=True,
    )


def _stands(
    platform: Platform, status: DateStatus, phase: Phase, run_id: str, correlation_id: str, *, retry: bool
) -> PhaseMessage:
    """How a phase stands on the date, to those who rest on it."""
    usable = [output for output in status.outputs if output.phase is phase and output.usable]
    generations = [output.generation for output in usable if output.generation]
    return completion(
        phase,
        PRODUCER,
        run_id,
        _span(status),
        Status.PARTIAL if usable else Status.FAILED,
        correlation_id,
        outputs=[Output(table=output.output, rows=output.rows_stored or 0) for output in usable],
        generation=max(generations, default=None),
        cause=PRODUCER,
        retry=retry,
    )


def _span(status: DateStatus) -> DateSpan:
    return DateSpan(from_date=status.game_date, to_date=status.game_date)
