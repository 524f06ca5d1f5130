"""Messages are versioned, bounded and strict."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.clock import utc_now
from shared.messages import AsOf, DateSpan, Output, Phase, PhaseMessage, Status

NOW = datetime(2024, 12, 3, 23, tzinfo=UTC)
SPAN = DateSpan(from_date=date(2024, 12, 3), to_date=date(2024, 12, 3))


def message(**changes: object) -> PhaseMessage:
    fields = {
        "message_key": "raw:raw:r1",
        "phase": Phase.RAW,
        "producer": "raw",
        "run_id": "r1",
        "span": SPAN,
        "status": Status.SUCCESS,
        "generation": NOW,
        "outputs": (Output(table="nba_schedule", rows=3),),
        "correlation_id": "c1",
    }
    return PhaseMessage(**(fields | changes))  # type: ignore[arg-type]


def test_a_message_survives_the_wire() -> None:
    sent = message(knowledge=AsOf(lead_minutes=60))
    assert PhaseMessage.model_validate_json(sent.model_dump_json()) == sent


def test_attributes_say_phase_status_and_date() -> None:
    attributes = message().attributes()
    assert attributes["phase"] == "raw"
    assert attributes["status"] == "success"
    assert attributes["game_date"] == "2024-12-03"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "complete"},
        {"surprise": 1},
        {"schema_version": 2},
        {"generation": datetime(2024, 12, 3)},  # noqa: DTZ001  a moment without a zone is the point
        {"run_id": "has spaces"},
        {"run_id": ""},
    ],
)
def test_a_drifted_message_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        message(**changes)


@given(st.integers(0, 2000))
def test_a_span_holds_at_most_400_days(days: int) -> None:
    first = date(2020, 1, 1)
    last = date.fromordinal(first.toordinal() + days)
    if days < 400:
        assert len(DateSpan(from_date=first, to_date=last).dates()) == days + 1
    else:
        with pytest.raises(ValidationError, match="400"):
            DateSpan(from_date=first, to_date=last)


def test_a_backward_span_is_refused() -> None:
    with pytest.raises(ValidationError, match="before"):
        DateSpan(from_date=date(2024, 12, 4), to_date=date(2024, 12, 3))


@pytest.mark.parametrize("day", ["0001-01-01", "1945-12-31", "3000-01-01", "9999-12-31", 0])
def test_a_date_that_arithmetic_could_break_on_is_refused(day: object) -> None:
    with pytest.raises(ValidationError, match="must"):
        DateSpan(from_date=day, to_date=day)  # type: ignore[arg-type]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_arithmetic_could_break_on_is_refused(moment: str) -> None:
    with pytest.raises(ValidationError, match="must lie between"):
        AsOf(as_of=moment)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="must lie between"):
        message(generation=moment)


@pytest.mark.parametrize("known", [{"lead_minutes": True}, {"lead_minutes": "60"}, {"as_of": 1733400000}])
def test_nothing_is_taken_for_what_it_is_not(known: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AsOf(**known)  # type: ignore[arg-type]


def test_nobody_knows_the_future_and_a_clock_may_be_a_little_ahead() -> None:
    AsOf(as_of=utc_now() + timedelta(seconds=30))
    with pytest.raises(ValidationError, match="is in the future"):
        message(knowledge={"as_of": utc_now() + timedelta(hours=1)})


def test_knowledge_is_a_moment_or_a_lead_never_both() -> None:
    with pytest.raises(ValidationError, match="not both"):
        AsOf(as_of=NOW, lead_minutes=60)
