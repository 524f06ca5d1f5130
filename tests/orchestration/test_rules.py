"""The transition rules: when an output starts, on which generation, and when it is left alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.pipeline import OutputRule
from orchestration.rules import Verdict, verdict, verdicts
from orchestration.state import OutputState, State, States

DAY = date(2024, 12, 3)
OLD = datetime(2024, 12, 3, 6, tzinfo=UTC)
NEW = OLD + timedelta(hours=12)
RULE = OutputRule(requires=("schedule",), awaits=("odds",))


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
