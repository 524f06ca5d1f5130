"""How batches stand: what each asked for, what became of every chunk, and how it ended."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from orchestration.state import TERMINAL, State, rank
from predictions.coordinator.batch import OUTPUT, Batch, BatchId, read_batches
from shared.warehouse.warehouse import Warehouse

_COLUMNS = [
    "event_id",
    "run_id",
    "output",
    "state",
    "generation",
    "rows_stored",
    "attempt_id",
    "reason",
    "occurred_at",
    "attempt",
]
# (run_id, output) -> its latest event.
Events = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class ChunkStatus:
    """One game of a batch.

    Args:
        attempt: how often it has been asked for.
        asked_at: when it was asked for last.
    """

    game_id: str
    players: int
    state: State
    attempt: int
    asked_at: datetime
    ended_at: datetime | None = None
    rows: int | None = None
    attempt_id: str | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state not in TERMINAL


@dataclass(frozen=True)
class BatchStatus:
    """A stored batch as it stands.

    Args:
        started_at: when it was stored, which is before the first chunk was asked for.
        superseded_by: the newest batch of its date, if that is another.
        ended: the event with which it closed.
    """

    batch: Batch
    chunks: tuple[ChunkStatus, ...]
    started_at: datetime
    superseded_by: BatchId | None
    ended: Mapping[str, Any] | None

    @property
    def state(self) -> State:
        """What it ended as; a batch that a newer one overtook before it could close is SUPERSEDED."""
        if self.ended:
            return State(self.ended["state"])
        return State.SUPERSEDED if self.superseded_by else State.RUNNING

    def summary(self) -> dict[str, Any]:
        """The batch without its chunks, as JSON has it."""
        ended = self.ended or {}
        return {
            "batch_id": str(self.batch.id),
            "game_date": self.batch.id.game_date,
            "state": self.state,
            "reason": ended.get("reason"),
            "rows_of_the_date": ended.get("rows_stored"),
            "started_at": self.started_at,
            "ended_at": ended.get("occurred_at"),
            "superseded_by": self.superseded_by and str(self.superseded_by),
            "systems": self.batch.systems or "all",
            **self.batch.knowledge.model_dump(),
            "asked": sum(self.batch.chunks.values()),
            "skipped": self.batch.skips,
            "chunk_states": Counter(chunk.state for chunk in self.chunks),
        }


def read_batch_statuses(warehouse: Warehouse, first: date, last: date) -> list[BatchStatus]:
    """Every batch stored for some dates, oldest first."""
    stored = read_batches(warehouse, first, last)
    if not stored:
        return []
    events = _events(warehouse, first, last)
    return [
        _status(batch, batches[-1].id, events) for _, batches in sorted(stored.items()) for batch in batches
    ]


def _events(warehouse: Warehouse, first: date, last: date) -> Events:
    """The latest event of each output of each batch, with how often and when it was asked for."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for event in warehouse.read("pipeline_events", _COLUMNS, first, last).to_pylist():
        if event["output"] == OUTPUT or event["output"].startswith("chunk/"):
            found.setdefault((event["run_id"], event["output"]), []).append(event)
    return {key: _latest(events) for key, events in found.items()}


def _latest(events: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    last = max(events, key=rank)
    attempts = [event["attempt"] for event in events if event["attempt"] is not None]
    asked = [event["occurred_at"] for event in events if event["state"] == State.RUNNING]
    return {**last, "attempt": max(attempts, default=None), "asked_at": max(asked, default=None)}


def _status(batch: Batch, newest: BatchId, events: Events) -> BatchStatus:
    started_at = batch.stored_at or batch.id.generation
    own = events.get((str(batch.id), OUTPUT))
    return BatchStatus(
        batch,
        tuple(
            _chunk(game, players, started_at, events.get((str(batch.id), batch.output(game)), {}))
            for game, players in sorted(batch.chunks.items())
        ),
        started_at,
        None if newest == batch.id else newest,
        own if own and own["state"] in TERMINAL else None,
    )


def _chunk(game_id: str, players: int, started_at: datetime, event: Mapping[str, Any]) -> ChunkStatus:
    """A chunk of which nothing is known was asked for once, when the batch was stored."""
    state = State(event.get("state", State.RUNNING))
    return ChunkStatus(
        game_id,
        players,
        state,
        event.get("attempt") or 1,
        event.get("asked_at") or started_at,
        event.get("occurred_at") if state in TERMINAL else None,
        event.get("rows_stored"),
        event.get("attempt_id"),
        event.get("reason"),
    )
