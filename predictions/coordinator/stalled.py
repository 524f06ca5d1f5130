"""Batches that wait for an answer too long: their chunks are asked for again a few times, then given up."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.platform import Platform
from orchestration.state import Event, State
from predictions.coordinator.finish import Origin
from predictions.coordinator.handlers import Coordinator
from predictions.coordinator.plan import REQUEST_TOPIC
from predictions.coordinator.status import BatchStatus, ChunkStatus, read_batch_statuses
from shared.clock import utc_now
from shared.outcomes import Outcome, PermanentError, done

# Each request is delivered five times before it is a dead letter; whoever answers to none of three will not.
MAX_ASKS = 3


@dataclass(frozen=True)
class Triage:
    """The open chunks of a batch: to ask for again, to give up, and to wait for."""

    again: list[ChunkStatus]
    spent: list[ChunkStatus]
    waiting: list[ChunkStatus]


def triage(status: BatchStatus, asked_before: datetime) -> Triage:
    """Sorts a batch's open chunks; those asked for since `asked_before` are still waited for."""
    open_chunks = [chunk for chunk in status.chunks if chunk.is_open]
    stale = [chunk for chunk in open_chunks if chunk.asked_at <= asked_before]
    return Triage(
        [chunk for chunk in stale if chunk.attempt < MAX_ASKS],
        [chunk for chunk in stale if chunk.attempt >= MAX_ASKS],
        [chunk for chunk in open_chunks if chunk not in stale],
    )


def check_stalled(coordinator: Coordinator, days: list[date], older: timedelta, origin: Origin) -> Outcome:
    """Looks once at the newest batch of each date, if it is open; what it finds stalled it moves on.

    Returns:
        DONE; `batches` says of each open batch which chunks were asked for again, given up or are waited for,
        and whether it was thereby closed.
    """
    warehouse = coordinator.platform.warehouse
    found = [s for s in read_batch_statuses(warehouse, min(days), max(days)) if s.batch.id.game_date in days]
    running = [status for status in found if status.state is State.RUNNING]
    batches = [_move_on(coordinator, status, utc_now() - older, origin) for status in running]
    return done(f"{len(batches)} batches are open", batches=batches)


def _move_on(
    coordinator: Coordinator, status: BatchStatus, asked_before: datetime, origin: Origin
) -> dict[str, Any]:
    sorted_out = triage(status, asked_before)
    _record(coordinator.platform, status, sorted_out)
    _ask_again(coordinator.platform, status, sorted_out.again, origin)
    answer = {
        "batch_id": str(status.batch.id),
        "asked_again": {chunk.game_id: chunk.attempt + 1 for chunk in sorted_out.again},
        "given_up": [chunk.game_id for chunk in sorted_out.spent],
        "waiting": [chunk.game_id for chunk in sorted_out.waiting],
        "closed": False,
    }
    if sorted_out.again or sorted_out.waiting or not _may_close(status, sorted_out, asked_before):
        return answer
    return answer | _close(coordinator, status, origin)


def _may_close(status: BatchStatus, sorted_out: Triage, asked_before: datetime) -> bool:
    """A batch whose last chunk has just ended is being closed by that chunk's own message."""
    ends = [chunk.ended_at for chunk in status.chunks if chunk.ended_at]
    return bool(sorted_out.spent) or max(ends, default=status.started_at) <= asked_before


def _close(coordinator: Coordinator, status: BatchStatus, origin: Origin) -> dict[str, Any]:
    try:
        outcome = coordinator.close(status.batch.id, origin)
    except PermanentError as error:
        return {"error": str(error)}
    return {"closed": bool(outcome.detail.get("closed"))}


def _record(platform: Platform, status: BatchStatus, sorted_out: Triage) -> None:
    """The events come before the requests, so that a crash between costs an attempt and never the bound."""
    again = [_event(status, chunk, State.RUNNING, chunk.attempt + 1) for chunk in sorted_out.again]
    spent = [
        _event(status, chunk, State.FAILED, chunk.attempt, reason=_unanswered(chunk))
        for chunk in sorted_out.spent
    ]
    platform.state.append([*again, *spent])


def _event(status: BatchStatus, chunk: ChunkStatus, state: State, attempt: int, **details: Any) -> Event:
    return status.batch.event(status.batch.output(chunk.game_id), state, attempt=attempt, **details)


def _unanswered(chunk: ChunkStatus) -> str:
    return f"asked for {chunk.attempt} times, last at {chunk.asked_at:%Y-%m-%d %H:%M} UTC, and never answered"


def _ask_again(platform: Platform, status: BatchStatus, chunks: list[ChunkStatus], origin: Origin) -> None:
    messages = [status.batch.request(chunk.game_id, origin.correlation_id, origin.cause) for chunk in chunks]
    if messages:
        platform.bus.publish(REQUEST_TOPIC, *messages)
