"""The service that analytics and precompute share: their table folders and pipeline.yaml say the rest."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from data_processors.phase_run import PhaseRun
from data_processors.renewal import renewal
from orchestration.announce import announce, completion
from orchestration.platform import Platform
from orchestration.state import State
from shared import logs
from shared.clock import eastern_today, utc_now
from shared.fields import IsoDate, LeadMinutes, Moment, Switch
from shared.http.app import create_service
from shared.http.problems import field_problem, problem_response
from shared.http.push import Delivery, add_push_route
from shared.messages import MAX_SPAN_DAYS, AsOf, DateSpan, Phase, PhaseMessage
from shared.outcomes import Outcome, PermanentError, TransientError, done, not_yet
from shared.settings import Settings, load_settings

_LOG = logging.getLogger(__name__)
MAX_DAYS_AHEAD = 14
BACKFILL_LEAD_MINUTES = 60
FIRST_DATES = 10


class RangeRequest(BaseModel):
    """An operator's order to compute some dates again."""

    model_config = ConfigDict(extra="forbid")

    start_date: IsoDate = Field(description="First game_date (US/Eastern).")
    end_date: IsoDate = Field(description=f"Last game_date, included; at most {MAX_SPAN_DAYS} days.")
    tables: list[str] = Field(default=[], max_length=20, description="Tables of this phase; all when empty.")
    as_of: Moment | None = Field(default=None, description="Nothing known later is used.")
    lead_minutes: LeadMinutes | None = Field(
        default=None, description="Nothing known later than this before a game's tip is used."
    )

    backfill: Switch = Field(
        default=False,
        description="Make the pre-game tables of games long over too, as of lead_minutes before each tip, "
        f"{BACKFILL_LEAD_MINUTES} when omitted. Without it what has tipped off stays as it is.",
    )

    @property
    def knowledge(self) -> AsOf:
        """What may be known."""
        lead = BACKFILL_LEAD_MINUTES if self.backfill and self.lead_minutes is None else self.lead_minutes
        return AsOf(as_of=self.as_of, lead_minutes=lead)


class PhaseService:
    """What the routes of a phase do."""

    def __init__(self, phase: Phase, platform: Platform) -> None:
        self._phase, self._platform = phase, platform

    def process(self, delivery: Delivery[PhaseMessage]) -> Outcome:
        """Makes what a completion of an earlier phase has made due.

        Raises:
            PermanentError: an output failed; its phase is announced all the same.
            TransientError: the warehouse or the bus could not do it now.
        """
        message = delivery.message
        logs.bind(game_date=message.span.from_date.isoformat())
        if told := self._irrelevant(message):
            return done(f"nothing in this phase rests on {', '.join(told)}")
        run = PhaseRun(self._platform, self._phase, message.span, message.knowledge, retry=message.retry)
        run.execute()
        if run.made or delivery.redelivered:
            self._announce(run, message.correlation_id, message.message_key)
        renewed = self._renew(run, message.correlation_id, message.message_key, delivery.redelivered)
        if failures := _failures(run, renewed):
            raise PermanentError("; ".join(failures))
        return _outcome(run, renewed)

    def _renew(
        self, run: PhaseRun, correlation_id: str, cause: str | None, redelivered: bool = False
    ) -> PhaseRun | None:
        """Makes and announces what a run has made out of date of the days after it."""
        later = renewal(run, again=redelivered)
        if later:
            later.execute()
            if later.made or redelivered:
                self._announce(later, correlation_id, cause)
        return later

    def _irrelevant(self, message: PhaseMessage) -> list[str]:
        """The tables that a message tells of when none of them is an input of this phase."""
        rules = self._platform.pipeline.phases[self._phase].outputs.values()
        inputs = {name for rule in rules for name in rule.inputs}
        told = [output.table.split(".")[-1] for output in message.outputs]
        return [] if inputs.intersection(told) else told

    def process_range(self, body: RangeRequest) -> Response:
        """Computes dates again, whatever their generation."""
        only = self._checked(body)
        span = DateSpan(from_date=body.start_date, to_date=body.end_date)
        run = PhaseRun(self._platform, self._phase, span, body.knowledge, only=only, again=True)
        try:
            run.execute()
            self._announce(run, logs.bound()["correlation_id"], None)
            renewed = self._renew(run, logs.bound()["correlation_id"], None)
        except TransientError as error:
            return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        if failures := _failures(run, renewed):
            return problem_response(HTTPStatus.CONFLICT, "; ".join(failures), **_figures(run, renewed))
        outcome = _outcome(run, renewed)
        return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **outcome.detail})

    def _announce(self, run: PhaseRun, correlation_id: str, cause: str | None) -> None:
        """Announces where the phase stands, also when this run had nothing to do: the last one may have
        died between its events and its message."""
        status = run.status()
        if status is None:
            return
        message = completion(
            self._phase,
            self._platform.settings.SERVICE,
            run.run_id,
            run.span,
            status,
            correlation_id,
            outputs=run.outputs(),
            generation=run.generation(),
            reason="; ".join(run.failures()) or None,
            cause=cause,
            knowledge=run.knowledge,
            # Whoever rests on what was made again may have failed for want of it.
            retry=run.retry,
        )
        announce(self._platform.bus, message)

    def _check_lead(self, body: RangeRequest) -> None:
        """A lead takes every game for open and its cutoff for past: before the tip neither is true, and rows
        on which predictions rest would be made again with what was known later.

        Raises:
            ProblemError: 422 that names the field.
        """
        if body.knowledge.lead_minutes is not None and body.end_date >= eastern_today():
            given = "backfill" if body.backfill else "lead_minutes"
            raise field_problem(given, "a lead is for dates before today; leave it out for today")

    def _checked(self, body: RangeRequest) -> tuple[str, ...]:
        """The tables asked for.

        Raises:
            ProblemError: 422 that names the field.
        """
        if body.end_date < body.start_date:
            raise field_problem("end_date", f"is before start_date {body.start_date}")
        if body.end_date - body.start_date >= timedelta(days=MAX_SPAN_DAYS):
            raise field_problem("end_date", f"is more than {MAX_SPAN_DAYS} days after start_date")
        if body.end_date > eastern_today() + timedelta(days=MAX_DAYS_AHEAD):
            raise field_problem("end_date", f"is more than {MAX_DAYS_AHEAD} days ahead")
        if body.as_of and body.as_of > utc_now():
            raise field_problem("as_of", "is in the future")
        if body.as_of and body.lead_minutes is not None:
            raise field_problem("lead_minutes", "give as_of or lead_minutes, not both")
        if body.as_of and body.backfill:
            raise field_problem("backfill", "give as_of or backfill, not both")
        self._check_lead(body)
        known = self._platform.pipeline.phases[self._phase].outputs
        for table in body.tables:
            if table not in known:
                raise field_problem(
                    "tables", f"no table {table[:60]!r} in this phase; it has {', '.join(known)}"
                )
        return tuple(body.tables)


def _failures(run: PhaseRun, renewed: PhaseRun | None) -> list[str]:
    return run.failures() + (renewed.failures() if renewed else [])


def _dates(days: set[date]) -> dict[str, Any]:
    """Dates as an answer has them: their number and the first of them, as there may be hundreds."""
    return {"count": len(days), "first": [day.isoformat() for day in sorted(days)[:FIRST_DATES]]}


def _figures(run: PhaseRun, renewed: PhaseRun | None) -> dict[str, Any]:
    """What a run stored, waits for and found frozen, and the later dates that were made again after it."""
    stored, made = Counter[str](), Counter[str]()
    for event in run.made:
        stored[event.output] += event.rows_stored or 0
        made[event.output] += event.state is not State.FAILED
    return {
        "run_id": run.run_id,
        "dates": len({event.game_date for event in run.made}),
        "stored": stored,
        "dates_made": made,
        "waiting": {
            output: {name: _dates(days) for name, days in awaited.items()}
            for output, awaited in run.waiting.items()
        },
        "frozen": {output: _dates(days) for output, days in run.held.items()},
        "renewed": sorted({event.game_date.isoformat() for event in renewed.made}) if renewed else [],
    }


def _unmade(run: PhaseRun) -> list[str]:
    """On how many dates each table waits: the others' rows are not the whole of what was asked for."""
    return [
        f"{output} waits on {len(set().union(*awaited.values()))}" for output, awaited in run.waiting.items()
    ]


def _awaited(run: PhaseRun) -> str:
    """What a run waits for, each with its first date and how many more."""
    days: dict[str, set[date]] = {}
    for awaited in run.waiting.values():
        for name, found in awaited.items():
            days.setdefault(name, set()).update(found)
    told = [f"{name} on {min(found)}{_more(len(found) - 1)}" for name, found in sorted(days.items())]
    return ", ".join(told[:FIRST_DATES]) + _more(len(told) - FIRST_DATES)


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _outcome(run: PhaseRun, renewed: PhaseRun | None) -> Outcome:
    figures = _figures(run, renewed)
    if run.made:
        whole = f"{len(figures['stored'])} tables on {figures['dates']} dates"
        return done("; ".join([whole, *_unmade(run)]), **figures)
    if not run.days:
        return not_yet("neither games in the schedule nor events on these dates", **figures)
    reasons = []
    if run.waiting:
        reasons.append(f"waiting for {_awaited(run)}")
    # Of a past date a message finds the pre-game tables frozen as a rule; an operator has asked for them.
    if run.held and run.again:
        reasons.append(f"frozen at tip: {', '.join(run.held)}; use backfill, for dates before today")
    if reasons:
        return not_yet("; ".join(reasons), **figures)
    return done(f"all is there already{', or frozen at its tip' if run.held else ''}", **figures)


def create_phase_app(
    phase: Phase,
    settings: Settings | None = None,
    add_routes: Callable[[OpenAPI, Platform], None] | None = None,
) -> OpenAPI:
    """The service of a phase with its own reading routes; nothing is connected before its first request."""
    settings = settings or load_settings()
    platform = Platform(settings)
    service = PhaseService(phase, platform)
    app = create_service(settings, phase.value, platform.checks())
    add_push_route(app, "/process", PhaseMessage, service.process, platform.dead_letters)

    @app.post("/process-date-range", summary="Compute dates again, whatever their generation")
    def process_date_range(body: RangeRequest) -> Response:
        return service.process_range(body)

    if add_routes:
        add_routes(app, platform)
    return app
