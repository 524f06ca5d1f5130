"""Starting batches: for each date that is due, the slate is read, filtered, stored and asked for."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from orchestration.platform import Platform
from orchestration.rules import Verdict, verdicts
from orchestration.state import Event, State, States
from predictions.coordinator.batch import OUTPUT, Batch, BatchId, read_batches, superseded_events
from predictions.coordinator.consolidation import close_batch, remove_open_rows, rows_of
from predictions.coordinator.finish import Origin, announce_again, finish, run_id_of
from predictions.coordinator.slate import Player, WrongVersionError, read_slate, requests_of
from shared.clock import utc_now
from shared.messages import AsOf, Phase
from shared.outcomes import Outcome, PermanentError, done, not_yet
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of

REQUEST_TOPIC = "prediction-request"
_INPUT = "ml_feature_store"


@dataclass(frozen=True)
class Order:
    """What to start.

    Args:
        force: predict a date again although it has ended on its newest inputs.
    """

    days: list[date]
    knowledge: AsOf
    origin: Origin
    force: bool = False


@dataclass(frozen=True)
class Plan:
    """A batch to bring on its way.

    Args:
        requests: its players, if it is new and not yet stored.
        waiting: what says that newer news waits for it to close.
    """

    batch: Batch
    requests: list[dict[str, Any]] = field(default_factory=list)
    waiting: Event | None = None


def start(platform: Platform, order: Order) -> Outcome:
    """Starts, or takes up again, a batch for every date that is due; dates without games end at once.

    Returns:
        DONE when something was due or everything is current (which is announced again), else NOT_YET.
        `over` lists the dates that ended without a batch, `closed` the batches that were closed at once.
    """
    first, last = min(order.days), max(order.days)
    states = platform.state.read(first, last)
    judged = _judge(platform, states, order)
    due = {day: verdict.generation for day, verdict in judged.items() if verdict.generation}
    announce_again(platform, order.origin, [(d, states[(d, OUTPUT)]) for d, v in judged.items() if v.current])
    waits = {str(day): verdict.waits_for for day, verdict in judged.items() if verdict.waits_for}
    if not due:
        listed = "; ".join(f"{day} waits for {', '.join(names)}" for day, names in waits.items())
        return not_yet(listed, waiting=waits) if waits else done("predicted on the newest inputs already")
    started = _start_due(platform, order, due, states)
    return done(f"{len(due)} dates were due", **started, waiting=waits)


def _judge(platform: Platform, states: States, order: Order) -> dict[date, Verdict]:
    rule, degraded = platform.pipeline.rule(OUTPUT), platform.settings.ALLOW_DEGRADED_MODE
    judged = verdicts(states, order.days, OUTPUT, rule, degraded)
    if not order.force:
        return judged
    return {
        day: Verdict(states[(day, _INPUT)].generation) if verdict.current else verdict
        for day, verdict in judged.items()
    }


def _start_due(
    platform: Platform, order: Order, due: Mapping[date, datetime], states: States
) -> dict[str, list[str]]:
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
        plan = _plan(BatchId(day, generation), stored.get(day, []), slates.get(day, []), states, order)
        if plan:
            plans.append(plan)
        else:
            over.append(_over(platform, BatchId(day, generation), order.knowledge, day in with_games))
    finish(platform, order.origin, *over)
    closed = _launch(platform, order, plans, stored, states)
    return {
        "batches": [str(plan.batch.id) for plan in plans],
        "closed": closed,
        "over": [str(event.game_date) for event in over],
    }


def _fail(
    platform: Platform, order: Order, due: Mapping[date, datetime], states: States, error: WrongVersionError
) -> None:
    """Ends the dates that cannot be predicted and starts the others."""
    failed = [BatchId(day, due[day]) for day in error.days]
    events = [_date_event(batch_id, State.FAILED, reason=str(error)) for batch_id in failed]
    finish(platform, order.origin, *events)
    if others := {day: generation for day, generation in due.items() if day not in error.days}:
        _start_due(platform, order, others, states)


def _resolved(knowledge: AsOf) -> AsOf:
    """With the moment that `now` means, so that closing the batch means the same one."""
    if knowledge.as_of or knowledge.lead_minutes is not None:
        return knowledge
    return AsOf(as_of=utc_now())


def _plan(
    batch_id: BatchId, stored: list[Batch], players: list[Player], states: States, order: Order
) -> Plan | None:
    """The stored batch of this generation, or a new one; None when nobody is left to predict."""
    same = [batch for batch in stored if batch.id.generation == batch_id.generation]
    if same and not order.force:
        return Plan(same[-1])
    attempt = same[-1].id.attempt + 1 if same else 1
    new = _new(BatchId(batch_id.game_date, batch_id.generation, attempt), players, order.knowledge)
    begun = _begun_chunks(stored, players, batch_id, states)
    if begun or (new is None and stored and stored[-1].open_chunks(states)):
        # Asked for before the games began and still to be taken into place; its closing comes back here.
        reason = f"batch {stored[-1].id} is open"
        return Plan(stored[-1], waiting=_date_event(batch_id, State.RUNNING, reason=reason))
    return new


def _begun_chunks(stored: list[Batch], players: list[Player], batch_id: BatchId, states: States) -> set[str]:
    """Open chunks of the newest stored batch that a newer one would supersede and could not ask for again."""
    if not stored or stored[-1].id.generation >= batch_id.generation:
        return set()
    return set(stored[-1].open_chunks(states)) - {player["game_id"] for player in players}


def _new(batch_id: BatchId, players: Iterable[Player], knowledge: AsOf) -> Plan | None:
    requests = requests_of(players)
    if not requests:
        return None
    asked = [row["game_id"] for row in requests if row["status"] == "REQUESTED"]
    chunks = {game: asked.count(game) for game in sorted(set(asked))}
    batch = Batch(batch_id, knowledge, chunks, skipped=len(requests) - len(asked))
    own = {"batch_id": str(batch_id), "generation": batch_id.generation, **knowledge.model_dump()}
    return Plan(batch, [{**row, **own} for row in requests])


def _over(platform: Platform, batch_id: BatchId, knowledge: AsOf, has_games: bool) -> Event:
    """How a date ends on which nobody is left to predict: what was predicted of games that began stands."""
    rows = rows_of(platform, batch_id)
    if rows:
        remove_open_rows(platform, batch_id, knowledge)
        rows = rows_of(platform, batch_id)
    began = "every game has begun; what was predicted before stands" if rows else "every game has begun"
    state = State.COMPLETE if rows else State.EMPTY_OK
    return _date_event(batch_id, state, rows_stored=rows, reason=began if has_games else "no games")


def _date_event(batch_id: BatchId, state: State, **details: Any) -> Event:
    """An event of a date that has no batch of its generation."""
    return Event(
        game_date=batch_id.game_date,
        phase=Phase.PREDICTIONS,
        output=OUTPUT,
        state=state,
        generation=batch_id.generation,
        run_id=run_id_of(batch_id.game_date, batch_id.generation),
        **details,
    )


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
