"""The pipeline's state: an append-only log of events, and its latest row per date, phase and output."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shared.clock import utc_now
from shared.messages import Phase
from shared.warehouse.warehouse import Warehouse


class State(StrEnum):
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    EMPTY_OK = "EMPTY_OK"
    DEGRADED = "DEGRADED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"


USABLE = frozenset({State.COMPLETE, State.EMPTY_OK, State.DEGRADED})
TERMINAL = USABLE | {State.FAILED, State.SUPERSEDED}


@dataclass(frozen=True)
class Event:
    """One thing that happened to an output of a date."""

    game_date: date
    phase: Phase
    output: str
    state: State
    generation: datetime
    run_id: str
    rows_stored: int | None = None
    rows_expected: int | None = None
    games: int | None = None
    games_expected: int | None = None
    attempt: int | None = None
    attempt_id: str | None = None
    reason: str | None = None
    event_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    occurred_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True)
class OutputState:
    """The latest state of an output of a date."""

    state: State
    generation: datetime
    rows_stored: int | None = None
    reason: str | None = None
    attempt_id: str | None = None
    games: int | None = None
    games_expected: int | None = None
    rows_expected: int | None = None

    @property
    def usable(self) -> bool:
        return self.state in USABLE

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL


States = dict[tuple[date, str], OutputState]


class PipelineState:
    """Reads and appends pipeline events."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def append(self, events: Iterable[Event]) -> None:
        """Writes events, many a statement; none is fine."""
        if rows := [vars(event) for event in events]:
            self._warehouse.insert("pipeline_events", rows)

    def read(self, first: date, last: date, output_prefix: str = "") -> States:
        """The state of every output between two dates whose name begins with a prefix."""
        rows = self._warehouse.rows(
            """
            SELECT
              game_date, output, state, generation, rows_stored, rows_expected, reason, attempt_id,
              games, games_expected
            FROM nba_orchestration.pipeline_state
            WHERE game_date BETWEEN @first AND @last AND STARTS_WITH(output, @prefix)
            """,
            first=first,
            last=last,
            prefix=output_prefix,
        )
        return {
            (row.pop("game_date"), row.pop("output")): OutputState(**{**row, "state": State(row["state"])})
            for row in rows
        }
