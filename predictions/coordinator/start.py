"""Starting batches: for each date that is due, the slate is read, filtered, stored and asked for."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from orchestration.platform import Platform
from orchestration.rules import Verdict, verdicts
from orchestration.state import Event, OutputState, State, States
from predictions.coordinator.batch import OUTPUT, Batch, BatchId, read_batches, superseded_events
from predictions.coordinator.consolidation import close_batch
from predictions.coordinator.finish import Origin, announce_again, date_event, finish
from predictions.coordinator.over import end_without_batch
from predictions.coordinator.plan import REQUEST_TOPIC, Order, Plan, Selection, plan_of
from predictions.coordinator.slate import WrongVersionError, read_slate
from predictions.coordinator.slate_quality import tell_quality
from shared.clock import utc_now
from shared.messages import AsOf
from shared.outcomes import Outcome, PermanentError, done, not_yet
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of

_INPUT = "ml_feature_store"


def start(platform: Platform, order: Order) -> Outcome:
    """Starts, or takes up again, a batch for every date that is due; dates without games end at once.

    Returns:
        DONE when something was due or everything is current (which is announced again), else NOT_YET.
        `over` lists the dates that ended without a batch, `unpredicted` those of which games are there and
        nobody was asked for, `closed` the batches that were closed at once, `skipped` the players by kind of
        reason.
        NOT_YET also when a selection comes too late: a stored batch asks for what it has always asked for.
    """
    first, last = min(order.days), max(order.days)
    states = platform.state.read(first, last)
    judged = _judge(platform, states, order)
    if late := _too_late(platform, order, judged) or _too_few(order, judged, states):
        return not_yet(late)
    due = {day: verdict.generation for day, verdict in judged.items() if verdict.generation}
    announce_again(platform, order.origin, [(d, states[(d, OUTPUT)]) for d, v in judged.items() if v.current])
    waits = {str(day): verdict.waits_for for day, verdict in judged.items() if verdict.waits_for}
    if not due:
        listed = "; ".join(f"{day} waits for {', '.join(names)}" for day, names in waits.items())
        ended = {day: states[(day, OUTPUT)] for day, verdict in judged.items() if verdict.current}
        return not_yet(listed, waiting=waits) if waits else _ended_already(ended)
    started = _start_due(platform, order, due, states)
    return done(_told_of(due, started), **started, waiting=waits)


def _ended_already(ended: Mapping[date, OutputState]) -> Outcome:
    """What there is to say when no date is due: one that has failed is not predicted."""
    failed = {str(day): own.reason for day, own in ended.items() if own.state is State.FAILED}
    if not failed:
        return done("predicted on the newest inputs already")
    told = "; ".join(f"{day} has failed on its newest inputs: {reason}" for day, reason in failed.items())
    remedy = "force predicts again, with lead_minutes also games that have begun"
    return done(f"{told}; {remedy}", unpredicted=list(failed))


def _told_of(due: Collection[date], started: Mapping[str, Any]) -> str:
    """What became of the dates that were due, and how to predict one whose games are over all the same."""
    told = f"{len(due)} dates were due"
    if not (begun := started["unpredicted"]):
        return told
    nobody = f"every game of {', '.join(begun)} has begun, so nobody was asked for"
    # Without force too late: the date has just ended on its newest inputs.
    return f"{told}; {nobody}; force with lead_minutes predicts it as of so long before each tip"


def _too_late(platform: Platform, order: Order, judged: Mapping[date, Verdict]) -> str | None:
    """Why an operator's selection would be without effect; None when it would not be, or there is none."""
    if order.force or order.selection == Selection():
        return None
    stored = read_batches(platform.warehouse, min(order.days), max(order.days))
    made = {(day, batch.id.generation) for day, batches in stored.items() for batch in batches}
    bound = [str(day) for day, v in judged.items() if v.current or (day, v.generation) in made]
    if not bound:
        return None
    return f"{', '.join(bound)} has a batch on its newest inputs already; force makes one of this selection"


def _too_few(order: Order, judged: Mapping[date, Verdict], states: States) -> str | None:
    """Why some systems alone cannot be predicted: the others' rows would be of older inputs, or gone."""
    if not order.selection.systems:
        return None
    ended = {day: states.get((day, OUTPUT)) for day in judged}
    older = [
        str(day)
        for day, own in ended.items()
        if own and own.rows_stored and judged[day].generation not in (None, own.generation)
    ]
    if not older:
        return None
    return f"{', '.join(older)} is predicted on older inputs: start it once with every system, then with some"


def _judge(platform: Platform, states: States, order: Order) -> dict[date, Verdict]:
    rule, degraded = platform.pipeline.rule(OUTPUT), platform.settings.ALLOW_DEGRADED_MODE
    judged = verdicts(states, order.days, OUTPUT, rule, degraded)
    return {
        day: Verdict(states[(day, _INPUT)].generation) if verdict.current and order.forces(day) else verdict
        for day, verdict in judged.items()
    }


def _start_due(
    platform: Platform, order: Order, due: Mapping[date, datetime], states: States
) -> dict[str, Any]:
    """Brings every due date on its way; returns the batches, those closed, the dates that ended without."""
    order = replace(order, knowledge=_resolved(order.knowledge))
    stored = read_batches(platform.warehouse, min(due), max(due))
    with_games = sorted(day for day in due if states[(day, _INPUT)].state is not State.EMPTY_OK)
    try:
        slates = read_slate(platform.warehouse, with_games, order.knowledge)
    except WrongVersionError as error:
        _fail(platform, order, due, states, error)
        raise
    plans, over = [], []
    for day, generation in due.items():
        tell_quality(day, slates.get(day, []))
        plan = plan_of(BatchId(day, generation), stored.get(day, []), slates.get(day, []), states, order)
        if plan:
            plans.append(plan)
        else:
            over.append(BatchId(day, generation))
    _end(platform, order, over, with_games, states)
    closed = _launch(platform, order, plans, stored, states)
    skipped = Counter[str]()
    for plan in plans:
        skipped.update(plan.batch.skips)
    return {
        "batches": [str(plan.batch.id) for plan in plans],
        "asked": sum(sum(plan.batch.chunks.values()) for plan in plans),
        "skipped": dict(skipped),
        "closed": closed,
        "over": [str(batch_id.game_date) for batch_id in over],
        "unpredicted": [str(batch_id.game_date) for batch_id in over if batch_id.game_date in with_games],
    }


def _end(
    platform: Platform, order: Order, over: Iterable[BatchId], with_games: Iterable[date], states: States
) -> None:
    """Ends the dates on which nobody is left to predict; what has ended so before is only announced again."""
    ended, known = [], []
    for batch_id in over:
        day = batch_id.game_date
        own = states.get((day, OUTPUT))
        event = end_without_batch(platform, batch_id, order.knowledge, own, has_games=day in with_games)
        if event:
            ended.append(event)
        elif own:
            known.append((day, own))
    finish(platform, order.origin, *ended)
    announce_again(platform, order.origin, known)


def _fail(
    platform: Platform, order: Order, due: Mapping[date, datetime], states: States, error: WrongVersionError
) -> None:
    """Ends the dates that cannot be predicted and starts the others."""
    failed = [BatchId(day, due[day]) for day in error.days]
    events = [date_event(batch_id, State.FAILED, reason=str(error)) for batch_id in failed]
    finish(platform, order.origin, *events)
    if others := {day: generation for day, generation in due.items() if day not in error.days}:
        _start_due(platform, order, others, states)


def _resolved(knowledge: AsOf) -> AsOf:
    """With the moment that `now` means, so that closing the batch means the same one."""
    if knowledge.as_of or knowledge.lead_minutes is not None:
        return knowledge
    return AsOf(as_of=utc_now())


def _launch(
    platform: Platform,
    order: Order,
    plans: list[Plan],
    stored: Mapping[date, list[Batch]],
    states: States,
) -> list[str]:
    """Stores what is asked for before it asks; closes at once, and returns, what has nothing to ask."""
    if requests := [row for plan in plans for row in plan.requests]:
        days = [row["game_date"] for row in requests]
        spec, run_id = spec_of("prediction_requests"), uuid.uuid4().hex
        replace_rows(platform.warehouse, spec, requests, run_id, (min(days), max(days)))
    platform.state.append(_opening_events(plans, stored, states))
    messages = [
        plan.batch.request(game, order.origin.correlation_id, order.origin.cause)
        for plan in plans
        for game in plan.batch.open_chunks(states)
    ]
    platform.bus.publish(REQUEST_TOPIC, *messages)
    ended = [plan.batch for plan in plans if not plan.batch.open_chunks(states)]
    return _close_all(platform, ended, order.origin)


def _close_all(platform: Platform, batches: Iterable[Batch], origin: Origin) -> list[str]:
    """Closes, and returns, every batch that it can before it says which could not be closed."""
    closed, failures = [], []
    for batch in batches:
        try:
            if close_batch(platform, batch.id, origin).detail.get("closed"):
                closed.append(str(batch.id))
        except PermanentError as error:
            failures.append(str(error))
    if failures:
        raise PermanentError("; ".join(failures))
    return closed


def _opening_events(plans: Iterable[Plan], stored: Mapping[date, list[Batch]], states: States) -> list[Event]:
    events = [plan.waiting for plan in plans if plan.waiting]
    for plan in plans:
        day, batch = plan.batch.id.game_date, plan.batch
        own = states.get((day, OUTPUT))
        if own is None or own.state is not State.RUNNING or own.generation != batch.id.generation:
            events.append(batch.event(OUTPUT, State.RUNNING))
        events += superseded_events(batch, stored.get(day, []), states)
    return events
