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
from shared.messages import Phase, PhaseMessage, Status

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

    Args:
        subscription_name: the short name of the subscription that gave up.
    """
    pipeline = platform.pipeline
    found = [s for s in pipeline.subscriptions if s.name == subscription_name and s.service in _PHASES]
    if not found:
        return 0
    phase = _PHASES[found[0].service]
    states = platform.state.read(message.span.from_date - timedelta(days=RECENT_DAYS), message.span.to_date)
    due = _due(pipeline, _outputs(pipeline, phase, found[0], message), message, states)
    run_id = uuid.uuid4().hex
    text = reason[:_REASON_CHARACTERS]
    events = [Event(day, phase, name, State.FAILED, made, run_id, 0, reason=text) for day, name, made in due]
    platform.state.append(events)
    if events:
        newest = max(event.generation for event in events)
        failed = completion(
            phase,
            f"{found[0].service}",
            run_id,
            message.span,
            Status.FAILED,
            message.correlation_id,
            generation=newest,
            reason=text,
            cause=message.message_key,
            knowledge=message.knowledge,
        )
        announce(platform.bus, failed)
    return len(events)


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
    pipeline: Pipeline, outputs: list[str], message: PhaseMessage, states: States
) -> list[tuple[date, str, datetime]]:
    """Which outputs of which dates were due, and on which generation."""
    found = []
    runs = {run.producer: run for run in message.runs()}
    for name in outputs:
        rule = pipeline.rule(name)
        for day in message.span.dates():
            own = states.get((day, name))
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
