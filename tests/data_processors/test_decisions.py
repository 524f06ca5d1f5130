"""What a phase decides about one output of one date."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_processors.decisions import Completeness, Decision, Slate, Step, decide
from orchestration.pipeline import OutputRule
from orchestration.rules import is_degraded
from orchestration.state import OutputState, State, States

DAY = date(2024, 12, 3)
OLD = datetime(2024, 12, 3, 6, tzinfo=UTC)
NEW = OLD + timedelta(hours=12)
SLATE = Slate(games=11, last_tip_at=NEW)
RULE = OutputRule(requires=("nba_schedule", "boxes"), awaits=("odds",))


def states(**given: tuple[State, datetime] | tuple[State, datetime, int]) -> States:
    return {(DAY, name): OutputState(*state) for name, state in given.items()}


def decided(found: States, slate: Slate | None = SLATE, **flags: bool) -> Decision:
    return decide(found, DAY, "summary", RULE, slate, **flags)


READY: dict[str, Any] = {
    "nba_schedule": (State.COMPLETE, OLD),
    "boxes": (State.COMPLETE, NEW),
    "odds": (State.COMPLETE, OLD),
}


def test_an_output_is_due_on_its_newest_input() -> None:
    assert decided(states(**READY)) == Decision(Step.DUE, NEW)


def test_missing_inputs_are_named() -> None:
    found = states(nba_schedule=(State.COMPLETE, OLD), boxes=(State.RUNNING, NEW))
    assert decided(found) == Decision(Step.WAITING, waits_for=("boxes", "odds"))


@pytest.mark.parametrize("own", [State.COMPLETE, State.FAILED, State.EMPTY_OK])
def test_an_output_that_has_ended_on_its_newest_inputs_is_current(own: State) -> None:
    assert decided(states(**READY, summary=(own, NEW))) == Decision(Step.CURRENT)


def test_an_output_that_is_only_running_is_made() -> None:
    assert decided(states(**READY, summary=(State.RUNNING, NEW))) == Decision(Step.DUE, NEW)


def test_a_newer_input_makes_an_output_due_again() -> None:
    assert decided(states(**READY, summary=(State.COMPLETE, OLD))) == Decision(Step.DUE, NEW)


def test_an_operator_gets_what_is_current_made_again() -> None:
    assert decided(states(**READY, summary=(State.COMPLETE, NEW)), again=True) == Decision(Step.DUE, NEW)


def test_a_date_without_games_is_empty_on_the_schedules_word() -> None:
    assert decided(states(nba_schedule=(State.EMPTY_OK, OLD)), None) == Decision(Step.EMPTY, OLD)


def test_an_empty_date_is_current_once_recorded() -> None:
    found = states(nba_schedule=(State.EMPTY_OK, OLD), summary=(State.EMPTY_OK, OLD))
    assert decided(found, None) == Decision(Step.CURRENT)


def test_rows_of_games_that_left_the_date_are_removed() -> None:
    found = states(nba_schedule=(State.EMPTY_OK, NEW), summary=(State.COMPLETE, OLD, 22))
    assert decided(found, None) == Decision(Step.DUE, NEW)


def test_no_games_without_a_schedule_prove_nothing() -> None:
    assert decided({}, None).step is Step.WAITING


def test_a_pregame_output_of_games_that_have_tipped_off_is_never_due() -> None:
    assert decided(states(**READY), frozen=True) == Decision(Step.FROZEN)


def test_a_failed_input_blocks_unless_degraded_mode_says_otherwise() -> None:
    found = states(**{**READY, "boxes": (State.FAILED, NEW)})
    assert decided(found) == Decision(Step.WAITING, waits_for=("boxes",))
    assert decided(found, degraded=True) == Decision(Step.DUE, NEW)


@pytest.mark.parametrize(
    ("boxes", "degraded"),
    [(State.COMPLETE, False), (State.EMPTY_OK, False), (State.DEGRADED, True), (State.FAILED, True)],
)
def test_degraded_passes_downstream(boxes: State, degraded: bool) -> None:
    assert is_degraded(states(**{**READY, "boxes": (boxes, NEW)}), DAY, RULE) is degraded


@pytest.mark.parametrize(("odds", "degraded"), [(State.FAILED, True), (State.DEGRADED, False)])
def test_what_is_awaited_degrades_only_when_it_failed(odds: State, degraded: bool) -> None:
    """Whoever awaits takes what there is: of a degraded input that is what there is to have."""
    found = states(**{**READY, "odds": (odds, OLD)})
    assert decided(found) == Decision(Step.DUE, NEW)
    assert is_degraded(found, DAY, RULE) is degraded


def test_what_is_used_is_not_waited_for_and_renews() -> None:
    rule = OutputRule(requires=("boxes",), uses=("shots",))
    found = states(boxes=(State.COMPLETE, OLD), summary=(State.COMPLETE, OLD))
    assert decide(found, DAY, "summary", rule, SLATE).step is Step.CURRENT
    found[DAY, "shots"] = OutputState(State.COMPLETE, NEW)
    assert decide(found, DAY, "summary", rule, SLATE) == Decision(Step.DUE, NEW)
    found[DAY, "shots"] = OutputState(State.FAILED, NEW)
    assert not is_degraded(found, DAY, rule)


@pytest.mark.parametrize(
    ("covered", "share", "told"),
    [
        (Completeness(4, 5), 0.8, "4 of 5 games"),
        (Completeness(5, 5, 60, 75), 0.8, "5 of 5 games, 60 of 75 rows"),
        (Completeness(4, 5, 75, 75), 0.8, "4 of 5 games, 75 of 75 rows"),
        (Completeness(0, 0), 1.0, "0 of 0 games"),
    ],
)
def test_the_lesser_share_of_games_and_rows_counts(covered: Completeness, share: float, told: str) -> None:
    assert (covered.share, covered.told) == (share, told)


@pytest.mark.parametrize(
    ("age_days", "degraded", "goes_on"), [(1, False, False), (2, False, True), (0, True, True)]
)
def test_four_fifths_are_enough_after_two_days_or_on_the_operators_word(
    age_days: int, degraded: bool, goes_on: bool
) -> None:
    assert Completeness(5, 5, 60, 75).suffices(0.9, age_days, degraded) is goes_on
