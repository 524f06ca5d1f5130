"""The transition rules, pure: which outputs of a date may be made now, and on which generation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from orchestration.pipeline import RECENT_DAYS, OutputRule
from orchestration.state import OutputState, State, States
from shared.clock import dates_between


@dataclass(frozen=True)
class Verdict:
    """What an output of a date may do: `generation` when it is due, else why not.

    `current` says that it is terminal on its newest inputs already.
    """

    generation: datetime | None = None
    waits_for: tuple[str, ...] = ()
    current: bool = False


def verdict(states: States, day: date, output: str, rule: OutputRule, degraded: bool = False) -> Verdict:
    """Judges one output of one date.

    Args:
        states: of the date, and of the RECENT_DAYS before it for an output with `recent` inputs.
        degraded: ALLOW_DEGRADED_MODE, the operator's word to go on past a failed required input.
    """
    found = {name: states.get((day, name)) for name in rule.inputs}
    missing = [n for n in rule.requires if not _usable(found[n], degraded)]
    missing += [n for n in rule.awaits if not _settled(found[n])]
    if missing:
        return Verdict(waits_for=tuple(missing))
    newest = newest_input(states, day, rule)
    own = states.get((day, output))
    if own and own.terminal and newest and own.generation >= newest:
        return Verdict(current=True)
    return Verdict(generation=newest)


def newest_input(states: States, day: date, rule: OutputRule) -> datetime | None:
    """The generation to make an output on: the newest of its inputs; None while none is known."""
    found = (states.get((day, name)) for name in rule.inputs)
    made = [state.generation for state in found if state]
    return max([*made, *_recent(states, day, rule)], default=None)


def newest_recent(states: States, day: date, rule: OutputRule) -> datetime | None:
    """The newest generation of an output's `recent` inputs; None while none is known."""
    return max(_recent(states, day, rule), default=None)


def _recent(states: States, day: date, rule: OutputRule) -> list[datetime]:
    """Of usable ones alone: what is still being made, or failed, has no rows that an output could rest on."""
    if not rule.recent:
        return []
    days = dates_between(day - timedelta(days=RECENT_DAYS), day - timedelta(days=1))
    found = (states.get((earlier, name)) for earlier in days for name in rule.recent)
    return [state.generation for state in found if state and state.usable]


def _usable(state: OutputState | None, degraded: bool) -> bool:
    return state is not None and (state.usable or (degraded and state.terminal))


def _settled(state: OutputState | None) -> bool:
    return state is not None and state.terminal


def is_degraded(states: States, day: date, rule: OutputRule) -> bool:
    """Whether an output rests on an input that failed, or on a required one that is degraded itself."""
    required = [states.get((day, name)) for name in rule.requires]
    awaited = [states.get((day, name)) for name in rule.awaits]
    return any(state is None or not state.usable for state in required + awaited) or any(
        state is not None and state.state is State.DEGRADED for state in required
    )


def may_be_better(states: States, day: date, output: str, rule: OutputRule) -> bool:
    """Whether to make an output anew on the inputs it has.

    It failed, or it was degraded by inputs of which none is lacking any more.
    """
    own = states.get((day, output))
    if own is None:
        return False
    return own.state is State.FAILED or (own.state is State.DEGRADED and not is_degraded(states, day, rule))


def verdicts(
    states: States, days: Iterable[date], output: str, rule: OutputRule, degraded: bool = False
) -> dict[date, Verdict]:
    """Judges one output on several dates."""
    return {day: verdict(states, day, output, rule, degraded) for day in days}
