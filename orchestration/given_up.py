"""What follows when a phase's message runs out of attempts: its outputs end FAILED, and downstream is told.

Without it whoever awaits them would wait for ever.
"""

import uuid
from datetime import date, datetime, timedelta

from orchestration.announce import announce, completion
from orchestration.pipeline import RECENT_DAYS, OutputRule, Pipeline, Subscription
from orchestration.platform import Platform
from orchestration.rules import verdict
from orchestration.state import Event, OutputState, State, States
from orchestration.status import read_slates
from shared.clock import utc_now
from shared.messages import Phase, PhaseMessage, Status
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

_COORDINATOR_OUTPUTS = {"/process": "player_prop_predictions", "/grade": "prediction_accuracy"}
# The services that make outputs of phase messages; the worker is asked for chunks.
_PHASES = {
    "raw": Phase.RAW,
    "analytics": Phase.ANALYTICS,
    "precompute": Phase.PRECOMPUTE,
    "coordinator": Phase.PREDICTIONS,
}
_REASON_CHARACTERS = 1000


def fail_outputs(platform: Platform, subscription_name: str, message: PhaseMessage, reason: str) -> int:
    """Ends FAILED what the subscription's service should have made of a message; returns how many outputs.

    A letter that comes again, as after a crash between event and message, is announced again.

    Args:
        subscription_name: the short name of the subscription that gave up.
        reason: the same each time that the letter comes.

    Raises:
        TransientError: the warehouse or the bus could not be reached.
    """
    pipeline = platform.pipeline
    found = [s for s in pipeline.subscriptions if s.name == subscription_name and s.service in _PHASES]
    if not found:
        return 0
    phase = _PHASES[found[0].service]
    outputs = _outputs(pipeline, phase, found[0], message)
    states = platform.state.read(message.span.from_date - timedelta(days=RECENT_DAYS), message.span.to_date)
    due = _due(pipeline, outputs, message, states, _begun(platform.warehouse, message))
    text, run_id = reason[:_REASON_CHARACTERS], uuid.uuid4().hex
    events = [Event(day, phase, name, State.FAILED, made, run_id, 0, reason=text) for day, name, made in due]
    platform.state.append(events)
    generations = [event.generation for event in events] + _failed_before(outputs, message, states, text)
    if generations:
        announce(platform.bus, _failed(phase, found[0].service, run_id, message, text, max(generations)))
    return len(events)


def _failed(
    phase: Phase, service: str, run_id: str, message: PhaseMessage, reason: str, generation: datetime
) -> PhaseMessage:
    """The completion of what a message should have brought about."""
    return completion(
        phase,
        service,
        run_id,
        message.span,
        Status.FAILED,
        message.correlation_id,
        generation=generation,
        reason=reason,
        cause=message.message_key,
        knowledge=message.knowledge,
    )


def _failed_before(outputs: list[str], message: PhaseMessage, states: States, reason: str) -> list[datetime]:
    """The generations of what the same letter has ended before: nobody may have been told."""
    found = [states.get((day, name)) for name in outputs for day in message.span.dates()]
    return [own.generation for own in found if own and own.state is State.FAILED and own.reason == reason]


def _begun(warehouse: Warehouse, message: PhaseMessage) -> set[date]:
    """The dates whose games have all tipped off; with a lead before each tip none has."""
    if message.knowledge.lead_minutes is not None:
        return set()
    moment = message.knowledge.as_of or utc_now()
    slates = read_slates(warehouse, message.span.from_date, message.span.to_date)
    return {day for day, slate in slates.items() if slate.last_tip and slate.last_tip <= moment}


def _outputs(
    pipeline: Pipeline, phase: Phase, subscription: Subscription, message: PhaseMessage
) -> list[str]:
    """The outputs that the subscription's service makes of such a message."""
    outputs = pipeline.phases[phase].outputs
    if phase is Phase.RAW:
        sources = {run.producer for run in message.runs()}
        return [name for name, rule in outputs.items() if rule.source in sources]
    if phase is Phase.PREDICTIONS:
        return [_COORDINATOR_OUTPUTS[subscription.path]]
    return list(outputs)


def _due(
    pipeline: Pipeline, outputs: list[str], message: PhaseMessage, states: States, begun: set[date]
) -> list[tuple[date, str, datetime]]:
    """Which outputs of which dates were due, and on which generation.

    Args:
        begun: dates whose games have all tipped off. What is frozen at the tip is not made there again, so
            that an end stands; what has none gets one, as somebody may await it.
    """
    found = []
    runs = {run.producer: run for run in message.runs()}
    for name in outputs:
        rule, frozen = pipeline.rule(name), begun if spec_of(name).frozen_at_tip else set()
        for day in message.span.dates():
            own = states.get((day, name))
            if own and own.terminal and day in frozen:
                continue
            made = _landed(runs[rule.source], own) if rule.source else _judged(states, day, name, rule)
            if made:
                found.append((day, name, made))
    return found


def _judged(states: States, day: date, name: str, rule: OutputRule) -> datetime | None:
    """The generation that an output was due on; None when it stands as it is. So does one that only earlier
    dates have made out of date: its games may have begun."""
    own = states.get((day, name))
    if own and own.terminal:
        rule = rule.model_copy(update={"recent": ()})
    return verdict(states, day, name, rule).generation


def _landed(message: PhaseMessage, own: OutputState | None) -> datetime | None:
    """The generation of a scrape's bodies, unless the raw table rests on them already."""
    made = message.generation or message.produced_at
    return None if own and own.terminal and own.generation >= made else made
