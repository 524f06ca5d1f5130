"""The scheduled look at dates: what is overdue or failed is asked for again or given up, and told of once."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from orchestration.alerts import Alert, Severity, give, heartbeat
from orchestration.heal import Ask, Plan, is_news
from orchestration.healing import carry_out, read_plan
from orchestration.pipeline import Pipeline
from orchestration.rules import verdict
from orchestration.state import State
from orchestration.status import DateStatus, OutputStatus, at_fault, read_statuses
from predictions.coordinator.batch import OUTPUT
from predictions.coordinator.finish import Origin
from predictions.coordinator.handlers import Coordinator
from predictions.coordinator.plan import Order
from predictions.coordinator.stalled import check_stalled
from predictions.grading.grade import grade
from shared.messages import AsOf, Phase
from shared.outcomes import Outcome, PermanentError, done

_LOG = logging.getLogger(__name__)
UNANSWERED = timedelta(minutes=10)
_INPUT = "ml_feature_store"
_REMEDY = "`nba-props status DATE` says how the date stands, `nba-props heal DATE` scrapes and asks again"


@dataclass(frozen=True)
class Found:
    """What was done about one date."""

    status: DateStatus
    plan: Plan
    started: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "game_date": self.status.game_date.isoformat(),
            "health": self.status.health,
            "asked": {ask.output.output: ask.attempt for ask in self.plan.asks},
            "ended": {end.output.output: end.reason for end in self.plan.ends},
            "spent": {spent.output.output: spent.reason for spent in self.plan.spent},
            "scrape": self.plan.scrapes,
            "started": self.started,
        }


def check_dates(
    coordinator: Coordinator, days: list[date], now: datetime, origin: Origin, *, patient: bool = True
) -> Outcome:
    """Looks once at each date; where nothing is wrong it costs three reads and no job.

    Args:
        patient: leave time between two attempts; an operator who asks does not.

    Returns:
        DONE; `dates` says of each what was asked for again, given up, started, and is to be scraped,
        `batches` what was done about open ones, `alerts` which were given.

    Raises:
        TransientError: the warehouse or the bus could not be reached; what was done is recorded.
    """
    platform = coordinator.platform
    statuses = read_statuses(platform, min(days), max(days), now)
    looked = [
        Found(status, read_plan(platform, status, now, patient=patient))
        for status in statuses
        if status.game_date in days
    ]
    try:
        found = [_move_on(coordinator, each, now, origin) for each in looked]
        batches = _check_batches(coordinator, looked, origin)
    finally:
        # Also when the bus is out, which may last longer than an end is news.
        alerts = [alert for each in looked for alert in alerts_of(platform.pipeline, each, now)]
        given = give(platform, alerts)
    heartbeat(origin.cause or "check", dates=[day.isoformat() for day in days], alerts=len(given))
    return done(
        f"looked at {len(found)} dates",
        dates=[each.as_json() for each in found],
        batches=batches,
        alerts=[alert.text for alert in given],
    )


def _check_batches(coordinator: Coordinator, looked: list[Found], origin: Origin) -> list[dict[str, Any]]:
    """Looks after the open batches; says what was done about each."""
    days = [each.status.game_date for each in looked if each.status.slate.open_batch]
    if not days:
        return []
    found: list[dict[str, Any]] = check_stalled(coordinator, days, UNANSWERED, origin).detail["batches"]
    return found


def _move_on(coordinator: Coordinator, found: Found, now: datetime, origin: Origin) -> Found:
    """Does what is planned about a date, and starts what nobody has started."""
    status, plan = found.status, found.plan
    carry_out(coordinator.platform, status, plan, now, origin.correlation_id)
    own = [ask for ask in plan.asks if ask.output.phase is Phase.PREDICTIONS]
    if own:
        return replace(found, started="; ".join(_make(coordinator, status, ask, origin) for ask in own))
    if _is_ready(coordinator, status):
        return replace(found, started=_start(coordinator, status, origin, force=False))
    return found


def _is_ready(coordinator: Coordinator, status: DateStatus) -> bool:
    """The features are there, nobody predicts on them, and the message that should have said so is lost."""
    store, own = status.output(_INPUT), status.output(OUTPUT)
    if not store.usable or status.slate.open_batch or own.state == State.FAILED:
        return False
    rule = coordinator.platform.pipeline.rule(OUTPUT)
    due = verdict(status.states, status.game_date, OUTPUT, rule).generation
    return bool(due) and (store.age_seconds or 0) > UNANSWERED.total_seconds()


def _make(coordinator: Coordinator, status: DateStatus, ask: Ask, origin: Origin) -> str:
    """What is made here needs no message."""
    failed = ask.output.state == State.FAILED
    if ask.output.output == OUTPUT:
        return _start(coordinator, status, origin, force=failed)
    return _told(lambda: grade(coordinator.platform, [status.game_date], origin, force=failed))


def _start(coordinator: Coordinator, status: DateStatus, origin: Origin, *, force: bool) -> str:
    order = Order([status.game_date], AsOf(), origin, force=force)
    return _told(lambda: coordinator.start(order))


def _told(work: Callable[[], Outcome]) -> str:
    """What can never succeed is told of, and the other dates go on."""
    try:
        outcome = work()
    except PermanentError as error:
        _LOG.error("%s", error)
        return f"failed: {error}"
    return f"{outcome.kind}: {outcome.reason}"


def alerts_of(pipeline: Pipeline, found: Found, now: datetime) -> Iterator[Alert]:
    """An alert for each phase of the date in which something has ended FAILED."""
    ended = [replace(end.output, state=State.FAILED, reason=end.reason) for end in found.plan.ends]
    spent = [spent.output for spent in found.plan.spent if is_news(spent.output, now)]
    listed = sorted([*ended, *spent], key=lambda output: list(Phase).index(output.phase))
    faults = at_fault(pipeline, [*found.status.outputs, *ended])
    for phase, outputs in groupby(listed, key=lambda output: output.phase):
        yield _alert(found.status.game_date, phase, list(outputs), faults)


def _alert(day: date, phase: Phase, outputs: list[OutputStatus], faults: set[str]) -> Alert:
    severity = Severity.ERROR if any(output.required for output in outputs) else Severity.WARNING
    names = tuple(output.output for output in outputs if output.output in faults)
    return Alert(f"{phase}-overdue", day.isoformat(), severity, _listed(outputs), _REMEDY, names)


def _listed(outputs: Iterable[OutputStatus]) -> str:
    return "; ".join(f"{output.output} FAILED: {output.reason}" for output in outputs)
