"""The transition rules: when an output starts, on which generation, and when it is left alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.pipeline import RECENT_DAYS, OutputRule
from orchestration.rules import Verdict, newest_recent, verdict, verdicts
from orchestration.state import OutputState, State, States

DAY = date(2024, 12, 3)
OLD = datetime(2024, 12, 3, 6, tzinfo=UTC)
NEW = OLD + timedelta(hours=12)
RULE = OutputRule(requires=("schedule",), awaits=("odds",))
RESTING = OutputRule(requires=("schedule",), recent=("summary",))


def states(**given: tuple[State, datetime]) -> States:
    return {(DAY, name): OutputState(*state) for name, state in given.items()}


@pytest.mark.parametrize("schedule", [State.COMPLETE, State.EMPTY_OK, State.DEGRADED])
@pytest.mark.parametrize("odds", [State.COMPLETE, State.EMPTY_OK, State.FAILED, State.SUPERSEDED])
def test_an_output_starts_on_usable_required_and_settled_awaited_inputs(schedule: State, odds: State) -> None:
    found = states(schedule=(schedule, OLD), odds=(odds, NEW))
    assert verdict(found, DAY, "context", RULE) == Verdict(generation=NEW)


@pytest.mark.parametrize("state", [State.RUNNING, State.FAILED, State.SUPERSEDED])
def test_an_unusable_required_input_is_waited_for(state: State) -> None:
    found = states(schedule=(state, OLD), odds=(State.COMPLETE, OLD))
    assert verdict(found, DAY, "context", RULE) == Verdict(waits_for=("schedule",))


def test_an_awaited_input_that_has_not_ended_is_waited_for() -> None:
    found = states(schedule=(State.COMPLETE, OLD), odds=(State.RUNNING, OLD))
    assert verdict(found, DAY, "context", RULE) == Verdict(waits_for=("odds",))


def test_everything_that_is_missing_is_named() -> None:
    assert verdict({}, DAY, "context", RULE) == Verdict(waits_for=("schedule", "odds"))


@pytest.mark.parametrize(("own", "current"), [(OLD, False), (NEW, True), (NEW + timedelta(1), True)])
def test_only_a_newer_generation_makes_an_output_again(own: datetime, current: bool) -> None:
    found = states(schedule=(State.COMPLETE, OLD), odds=(State.COMPLETE, NEW), context=(State.COMPLETE, own))
    assert verdict(found, DAY, "context", RULE) == (
        Verdict(current=True) if current else Verdict(generation=NEW)
    )


def test_a_running_output_is_not_current_because_its_run_may_have_died() -> None:
    found = states(schedule=(State.COMPLETE, OLD), odds=(State.COMPLETE, NEW), context=(State.RUNNING, NEW))
    assert verdict(found, DAY, "context", RULE) == Verdict(generation=NEW)


def test_degraded_mode_goes_on_past_a_failure_and_not_past_a_run() -> None:
    failed = states(schedule=(State.FAILED, NEW), odds=(State.COMPLETE, OLD))
    running = states(schedule=(State.RUNNING, NEW), odds=(State.COMPLETE, OLD))
    assert verdict(failed, DAY, "context", RULE, degraded=True) == Verdict(generation=NEW)
    assert verdict(running, DAY, "context", RULE, degraded=True) == Verdict(waits_for=("schedule",))


def test_each_date_is_judged_by_its_own_states() -> None:
    found = states(schedule=(State.COMPLETE, OLD), odds=(State.COMPLETE, NEW))
    other = DAY + timedelta(days=1)
    assert verdicts(found, [DAY, other], "context", RULE) == {
        DAY: Verdict(generation=NEW),
        other: Verdict(waits_for=("schedule", "odds")),
    }


def resting(days_before: int, state: State = State.COMPLETE) -> States:
    """A context that is older than a summary of some days before its date."""
    found = states(schedule=(State.COMPLETE, OLD), context=(State.COMPLETE, OLD))
    return {**found, (DAY - timedelta(days=days_before), "summary"): OutputState(state, NEW)}


@pytest.mark.parametrize("days_before", [1, RECENT_DAYS])
def test_a_newer_input_of_the_seven_days_before_makes_an_output_again(days_before: int) -> None:
    assert verdict(resting(days_before), DAY, "context", RESTING) == Verdict(generation=NEW)


@pytest.mark.parametrize("days_before", [-1, 0, RECENT_DAYS + 1])
def test_an_input_of_its_own_of_a_later_or_of_a_long_gone_date_does_not(days_before: int) -> None:
    assert verdict(resting(days_before), DAY, "context", RESTING) == Verdict(current=True)


@pytest.mark.parametrize("state", [State.RUNNING, State.FAILED, State.SUPERSEDED])
def test_what_the_days_before_have_not_is_neither_waited_for_nor_counted(state: State) -> None:
    """Otherwise a context that was made meanwhile would be current when the summary is there at last."""
    found = resting(1, state)
    assert newest_recent(found, DAY, RESTING) is None
    assert verdict(found, DAY, "context", RESTING) == Verdict(current=True)


def test_what_is_only_recent_starts_nothing() -> None:
    found = {(DAY - timedelta(days=1), "summary"): OutputState(State.COMPLETE, NEW)}
    assert verdict(found, DAY, "context", RESTING) == Verdict(waits_for=("schedule",))
