"""The pipeline's state: an append-only log of events, and its latest row per date, phase and output."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import pyarrow.compute as pc

from shared import logs
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
    correlation_id: str | None = field(default_factory=lambda: logs.bound().get("correlation_id"))
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
_DETAILS = [each.name for each in fields(OutputState) if each.name != "state"]
_COLUMNS = ["event_id", "occurred_at", "game_date", "phase", "output", "state", *_DETAILS]


class PipelineState:
    """Reads and appends pipeline events."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def append(self, events: Iterable[Event]) -> None:
        """Writes events, without a job; none is fine. One that is there twice has one event_id."""
        self._warehouse.append("pipeline_events", map(vars, events))

    def read(self, first: date, last: date, output_prefix: str = "") -> States:
        """The state of every output between two dates whose name begins with a prefix.

        It is read without a job, and sees every event that was written before (StorageReader): of two that
        write their event first and read second, one sees both.
        """
        events = self._warehouse.read("pipeline_events", _COLUMNS, first, last)
        if output_prefix:
            events = events.filter(pc.starts_with(events["output"], output_prefix))
        return latest(events.to_pylist())


def latest(events: Iterable[Mapping[str, Any]]) -> States:
    """What the view pipeline_state says: of each date, phase and output the last of these events."""
    newest: dict[tuple[date, Phase, str], Mapping[str, Any]] = {}
    for event in events:
        key = event["game_date"], event["phase"], event["output"]
        if key not in newest or rank(event) > rank(newest[key]):
            newest[key] = event
    return {(day, output): _output_state(event) for (day, _, output), event in newest.items()}


def rank(event: Mapping[str, Any]) -> tuple[Any, ...]:
    """By what the last of some events of an output is found, the order of the view pipeline_state."""
    return event["generation"], event["state"] != State.RUNNING, event["occurred_at"], event["event_id"]


def _output_state(event: Mapping[str, Any]) -> OutputState:
    return OutputState(State(event["state"]), **{name: event[name] for name in _DETAILS})
