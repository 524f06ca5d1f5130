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
from shared.clock import utc_now
from shared.messages import Phase, PhaseMessage, Status
from shared.warehouse.specs import spec_of

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
    phase, text = _PHASES[found[0].service], reason[:_REASON_CHARACTERS]
    outputs = _outputs(pipeline, phase, found[0], message)
    span = message.span
    states = platform.state.read(span.from_date - timedelta(days=RECENT_DAYS), span.to_date)
    due = _due(pipeline, outputs, message, states, _begun(platform, message))
    run_id = uuid.uuid4().hex
    events = [Event(day, phase, name, State.FAILED, made, run_id, 0, reason=text) for day, name, made in due]
    platform.state.append(events)
    made = [event.generation for event in events] + _ended_before(states, outputs, message, text)
    if made:
        failed = completion(
            phase,
            f"{found[0].service}",
            run_id,
            span,
            Status.FAILED,
            message.correlation_id,
            generation=max(made),
            reason=text,
            cause=message.message_key,
            knowledge=message.knowledge,
        )
        announce(platform.bus, failed)
    return len(events)


def _ended_before(states: States, outputs: list[str], message: PhaseMessage, reason: str) -> list[datetime]:
    """The generations that an earlier delivery of the same dead letter has ended: it may have died before it
    told anybody."""
    own = [states.get((day, name)) for day in message.span.dates() for name in outputs]
    return [each.generation for each in own if each and each.state is State.FAILED and each.reason == reason]


def _begun(platform: Platform, message: PhaseMessage) -> set[date]:
    """The dates of a message all of whose games have tipped off."""
    moment = message.knowledge.as_of or utc_now()
    tips: dict[date, list[bool]] = {}
    columns = ["game_date", "tip_at", "status"]
    for game in platform.warehouse.read(
        "nba_schedule", columns, message.span.from_date, message.span.to_date
    ).to_pylist():
        if game["status"] != "POSTPONED":
            tips.setdefault(game["game_date"], []).append(game["tip_at"] <= moment)
    return {day for day, begun in tips.items() if all(begun)}


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
    """Which outputs of which dates were due, and on which generation; what a tip-off has frozen is not."""
    found = []
    runs = {run.producer: run for run in message.runs()}
    for name in outputs:
        rule = pipeline.rule(name)
        for day in message.span.dates():
            own = states.get((day, name))
            if own and own.terminal and day in begun and spec_of(name).frozen_at_tip:
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
