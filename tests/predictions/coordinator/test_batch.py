"""What a batch is called, and how batches are told apart."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.state import OutputState, State
from predictions.coordinator.batch import Batch, BatchId, superseded_events
from shared.messages import AsOf, PredictionRequest
from shared.outcomes import PermanentError

DAY = date(2024, 12, 3)
NOON = datetime(2024, 12, 3, 17, tzinfo=UTC)
BATCH_IDS = st.builds(
    BatchId,
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 999),
)


def batch(generation: datetime = NOON, attempt: int = 1, *games: str) -> Batch:
    return Batch(BatchId(DAY, generation, attempt), AsOf(as_of=NOON), dict.fromkeys(games, 1))


@given(BATCH_IDS)
def test_a_batch_id_says_what_it_was_made_of(batch_id: BatchId) -> None:
    assert BatchId.parse(str(batch_id)) == batch_id


@given(BATCH_IDS)
def test_a_batch_id_is_fit_for_messages(batch_id: BatchId) -> None:
    message = PredictionRequest(
        correlation_id="c",
        batch_id=str(batch_id),
        game_date=batch_id.game_date,
        game_id="20241203_MEM_DAL",
        generation=batch_id.generation,
    )
    assert message.batch_id == str(batch_id)


def test_the_newer_generation_and_then_the_later_attempt_is_the_newer_batch() -> None:
    old, again, new = batch(), batch(attempt=2), batch(NOON + timedelta(microseconds=1))
    assert sorted([new.id, again.id, old.id]) == [old.id, again.id, new.id]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20241203",
        "20241303-17332000",
        "20241203-x",
        "a-1",
        "20241203-1-2-3",
        "20241203-999999999999999999",
    ],
)
def test_what_is_no_batch_id_is_refused(text: str) -> None:
    with pytest.raises(PermanentError, match="batch_id"):
        BatchId.parse(text)


def test_only_open_chunks_of_older_batches_are_superseded() -> None:
    older = batch(NOON, 1, "20241203_AAA_BBB", "20241203_CCC_DDD")
    newest = batch(NOON + timedelta(hours=1), 1, "20241203_AAA_BBB")
    ended = {(DAY, older.output("20241203_AAA_BBB")): OutputState(State.COMPLETE, NOON)}
    (event,) = superseded_events(newest, [older, newest], ended)
    assert event.output == f"chunk/{older.id}/20241203_CCC_DDD"
    assert event.state is State.SUPERSEDED
    assert event.generation == NOON


def test_a_running_chunk_is_open() -> None:
    one = batch(NOON, 1, "20241203_AAA_BBB")
    assert one.open_chunks({}) == ["20241203_AAA_BBB"]
    running = {(DAY, one.output("20241203_AAA_BBB")): OutputState(State.RUNNING, NOON)}
    assert one.open_chunks(running) == ["20241203_AAA_BBB"]
