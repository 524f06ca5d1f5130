"""Batches: what one is called, what it asked for, and how its chunks stand."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import total_ordering
from typing import Any

from orchestration.state import Event, OutputState, State, States
from predictions.chunks import chunk_output
from shared.messages import AsOf, Phase, PredictionRequest
from shared.outcomes import PermanentError
from shared.warehouse.warehouse import Warehouse

OUTPUT = "player_prop_predictions"
_COLUMNS = ["batch_id", "game_id", "as_of", "lead_minutes", "systems", "status", "skip_kind", "written_at"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH_ID = re.compile(r"(\d{8})-(\d{1,18})(?:-(\d{1,4}))?")


@total_ordering
@dataclass(frozen=True)
class BatchId:
    """Follows from date and generation, so that every delivery of the same news means the same batch.

    Args:
        attempt: above 1 when an operator forced the generation again.
    """

    game_date: date
    generation: datetime
    attempt: int = 1

    def __str__(self) -> str:
        microseconds = (self.generation - _EPOCH) // timedelta(microseconds=1)
        suffix = f"-{self.attempt}" if self.attempt > 1 else ""
        return f"{self.game_date:%Y%m%d}-{microseconds}{suffix}"

    def __lt__(self, other: "BatchId") -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[date, datetime, int]:
        return self.game_date, self.generation, self.attempt

    @classmethod
    def parse(cls, text: str) -> "BatchId":
        """The batch that an id names.

        Raises:
            PermanentError: it names none.
        """
        match = _BATCH_ID.fullmatch(text)
        if not match:
            raise PermanentError(f"batch_id must look like 20241203-1733200000000000, not {text!r}")
        day, microseconds, attempt = match.groups()
        try:
            game_date = date(int(day[:4]), int(day[4:6]), int(day[6:]))
            generation = _EPOCH + timedelta(microseconds=int(microseconds))
        except (ValueError, OverflowError) as error:
            raise PermanentError(f"batch_id {text!r}: {error}") from error
        return cls(game_date, generation, int(attempt or 1))


@dataclass(frozen=True)
class Batch:
    """A stored batch.

    Args:
        chunks: game_id -> players asked for; games whose players are all skipped are no chunks.
        skips: kind of reason -> players skipped for it before any system saw them.
        systems: whose rows are asked for; all systems' when empty.
        stored_at: when it was stored; None until it is.
    """

    id: BatchId
    knowledge: AsOf
    chunks: dict[str, int] = field(default_factory=dict)
    skips: dict[str, int] = field(default_factory=dict)
    systems: tuple[str, ...] = ()
    stored_at: datetime | None = None

    @property
    def skipped(self) -> int:
        """Players skipped for whatever reason."""
        return sum(self.skips.values())

    def output(self, game_id: str) -> str:
        """The name of a chunk in the pipeline's state."""
        return chunk_output(str(self.id), game_id)

    def chunk_states(self, states: States) -> dict[str, OutputState | None]:
        """How each chunk stands; None while nothing is known of it."""
        return {game: states.get((self.id.game_date, self.output(game))) for game in sorted(self.chunks)}

    def open_chunks(self, states: States) -> list[str]:
        """The games whose chunk has no terminal state."""
        return [game for game, state in self.chunk_states(states).items() if not (state and state.terminal)]

    def request(self, game_id: str, correlation_id: str, cause: str | None) -> PredictionRequest:
        """The message that asks for a chunk."""
        return PredictionRequest(
            correlation_id=correlation_id,
            batch_id=str(self.id),
            game_date=self.id.game_date,
            game_id=game_id,
            generation=self.id.generation,
            cause=cause,
            knowledge=self.knowledge,
            systems=self.systems,
        )

    def event(self, output: str, state: State, **details: Any) -> Event:
        """An event of this batch, under its date, generation and run."""
        return Event(
            game_date=self.id.game_date,
            phase=Phase.PREDICTIONS,
            output=output,
            state=state,
            generation=self.id.generation,
            run_id=str(self.id),
            **details,
        )


def read_batches(warehouse: Warehouse, first: date, last: date) -> dict[date, list[Batch]]:
    """The batches stored for each date, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in warehouse.read("prediction_requests", _COLUMNS, first, last).to_pylist():
        found.setdefault(row["batch_id"], []).append(row)
    batches = sorted((_stored(rows) for rows in found.values()), key=lambda batch: batch.id)
    by_date: dict[date, list[Batch]] = {}
    for batch in batches:
        by_date.setdefault(batch.id.game_date, []).append(batch)
    return by_date


def _stored(rows: list[dict[str, Any]]) -> Batch:
    """A batch from its players."""
    first = rows[0]
    asked = Counter(row["game_id"] for row in rows if row["status"] != "SKIPPED")
    skips = Counter(row["skip_kind"] or "unknown" for row in rows if row["status"] == "SKIPPED")
    return Batch(
        BatchId.parse(first["batch_id"]),
        AsOf(as_of=first["as_of"], lead_minutes=first["lead_minutes"]),
        dict(asked),
        dict(skips),
        tuple(first["systems"] or ()),
        min(row["written_at"] for row in rows),
    )


def superseded_events(newest: Batch, batches: Iterable[Batch], states: States) -> list[Event]:
    """What ends the open chunks of every older batch of the date."""
    return [
        older.event(older.output(game), State.SUPERSEDED, reason=f"batch {newest.id} is newer")
        for older in batches
        if older.id < newest.id
        for game in older.open_chunks(states)
    ]
