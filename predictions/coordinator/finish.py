"""How a date's predictions end: the event first, then the announcement that follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from orchestration.announce import announce, completion
from orchestration.platform import Platform
from orchestration.state import Event, OutputState, State
from predictions.coordinator.batch import OUTPUT, BatchId
from shared.messages import DateSpan, Output, Phase, PhaseMessage, Status

PRODUCER = "coordinator"
_STATUS = {
    State.COMPLETE: Status.SUCCESS,
    State.DEGRADED: Status.PARTIAL,
    State.EMPTY_OK: Status.NO_DATA,
    State.FAILED: Status.FAILED,
}


@dataclass(frozen=True)
class Origin:
    """Where a piece of work came from."""

    correlation_id: str
    cause: str | None = None


def finish(platform: Platform, origin: Origin, *events: Event) -> None:
    """Records terminal events of dates and announces each."""
    platform.state.append(events)
    _announce(platform, [_message(event, event.run_id, event.game_date, origin) for event in events])


def announce_again(platform: Platform, origin: Origin, ended: Iterable[tuple[date, OutputState]]) -> None:
    """Repeats the announcements of dates that have ended, in case a crash swallowed the first."""
    _announce(platform, [_message(state, _run_id(day, state), day, origin) for day, state in ended])


def _announce(platform: Platform, messages: Iterable[PhaseMessage]) -> None:
    for message in messages:
        announce(platform.bus, message)


def _message(ended: Event | OutputState, run_id: str, day: date, origin: Origin) -> PhaseMessage:
    return completion(
        Phase.PREDICTIONS,
        PRODUCER,
        run_id,
        DateSpan(from_date=day, to_date=day),
        _STATUS[ended.state],
        origin.correlation_id,
        outputs=[
            Output(
                table=OUTPUT,
                rows=ended.rows_stored or 0,
                games=ended.games,
                games_expected=ended.games_expected,
            )
        ],
        generation=ended.generation,
        reason=ended.reason,
        cause=origin.cause,
    )


def closing_id(batch_id: BatchId, digest: str) -> str:
    """The mark of a batch's closing with certain attempts; it names the batch."""
    return f"{batch_id}:{digest}"


def _run_id(day: date, ended: OutputState) -> str:
    """The run of the first announcement: the batch, which the closing's mark names if it was repeated."""
    return (ended.attempt_id or run_id_of(day, ended.generation)).partition(":")[0]


def run_id_of(day: date, generation: datetime) -> str:
    """The run under which a date ends that needed no batch."""
    return str(BatchId(day, generation))


def date_event(batch_id: BatchId, state: State, **details: Any) -> Event:
    """An event of a date that has no batch of its generation."""
    return Event(
        game_date=batch_id.game_date,
        phase=Phase.PREDICTIONS,
        output=OUTPUT,
        state=state,
        generation=batch_id.generation,
        run_id=run_id_of(batch_id.game_date, batch_id.generation),
        **details,
    )
