"""The pipeline's state as it is read, against the view that says the same in SQL."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.state import Event, OutputState, PipelineState, State, latest
from shared.messages import Phase
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
NOON = datetime(2024, 12, 3, 17, tzinfo=UTC)
_VIEW = "SELECT * FROM nba_orchestration.pipeline_state WHERE game_date BETWEEN @first AND @last"
_NAMES = [each.name for each in fields(OutputState)]
# Few values of each, so that most events are rivals and the later parts of the order decide.
moments = st.integers(0, 2).map(lambda hours: NOON + timedelta(hours=hours))
events = st.builds(
    Event,
    game_date=st.sampled_from([DAY, DAY + timedelta(days=1)]),
    phase=st.just(Phase.RAW),
    output=st.sampled_from(["nba_schedule", "chunk/20241203-1/20241203_MEM_DAL"]),
    state=st.sampled_from(State),
    generation=moments,
    run_id=st.just("run"),
    rows_stored=st.none() | st.integers(0, 9),
    games=st.none() | st.integers(0, 9),
    reason=st.none() | st.sampled_from(['it\'s "late"', "back\\slash"]),
    event_id=st.text("aB1", min_size=1, max_size=2),
    occurred_at=moments,
)
logs = st.lists(events, max_size=12, unique_by=lambda event: event.event_id)


@pytest.fixture
def state(warehouse: Warehouse) -> PipelineState:
    return PipelineState(warehouse)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=logs)
def test_the_latest_events_are_those_of_the_view(
    warehouse: Warehouse, state: PipelineState, log: list[Event]
) -> None:
    warehouse.run("DELETE FROM nba_orchestration.pipeline_events WHERE TRUE")
    state.append(log)
    shown = warehouse.rows(_VIEW, first=DAY, last=DAY + timedelta(days=1))
    said = {
        (row["game_date"], row["output"]): OutputState(**{name: row[name] for name in _NAMES})
        for row in shown
    }
    assert len(said) == len(shown)
    assert latest(map(vars, log)) == said
    assert state.read(DAY, DAY + timedelta(days=1)) == said


def test_only_the_dates_and_the_outputs_asked_for_are_read(state: PipelineState) -> None:
    made = [
        Event(day, Phase.PREDICTIONS, output, State.COMPLETE, NOON, "run")
        for day in (DAY, DAY + timedelta(days=1), DAY + timedelta(days=2))
        for output in ("chunk/1/A", "chunk/2/A", "player_prop_predictions")
    ]
    state.append(made)
    read = state.read(DAY, DAY + timedelta(days=1), "chunk/1/")
    assert set(read) == {(DAY, "chunk/1/A"), (DAY + timedelta(days=1), "chunk/1/A")}


def test_what_was_written_before_a_read_began_is_in_it(state: PipelineState) -> None:
    """Of two that write first and read second, one sees both: each read sees at least its own event."""
    for number in range(20):
        output = f"chunk/seen/{number}"
        state.append([Event(DAY, Phase.PREDICTIONS, output, State.COMPLETE, NOON, "run")])
        assert (DAY, output) in state.read(DAY, DAY)


def test_no_job_is_begun_to_read_or_to_write(
    warehouse: Warehouse, state: PipelineState, jobs_of: Any
) -> None:
    assert jobs_of(warehouse, lambda: state.read(DAY, DAY)) == 0
    event = Event(DAY, Phase.RAW, "nba_schedule", State.COMPLETE, NOON, "run")
    assert jobs_of(warehouse, lambda: state.append([event])) == 0
    assert jobs_of(warehouse, lambda: warehouse.rows("SELECT 1 AS one")) == 1


@pytest.fixture
def jobs_of() -> Callable[[Warehouse, Callable[[], object]], int]:
    """How many jobs a piece of work begins."""

    def count(warehouse: Warehouse, work: Callable[[], object]) -> int:
        before = {job.job_id for job in warehouse.client.list_jobs()}
        work()
        return len({job.job_id for job in warehouse.client.list_jobs()} - before)

    return count
