"""The messages between services: versioned models that producers and consumers share.

They carry references (runs, dates, tables), never bodies, and stay below MAX_MESSAGE_BYTES.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from shared.clock import dates_between, utc_now
from shared.fields import IsoDate, LeadMinutes, Moment

MAX_MESSAGE_BYTES = 100_000
MAX_SPAN_DAYS = 400
# A message's moment may be its sender's now, and the sender's clock a little ahead.
CLOCK_SKEW = timedelta(minutes=5)

Identifier = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.:/-]+$")]
GameId = Annotated[str, Field(pattern=r"^\d{8}_[A-Z]{3}_[A-Z]{3}$")]


class Phase(StrEnum):
    SCRAPERS = "scrapers"
    RAW = "raw"
    ANALYTICS = "analytics"
    PRECOMPUTE = "precompute"
    PREDICTIONS = "predictions"


class Status(StrEnum):
    SUCCESS = "success"
    PARTIAL = "partial"
    NO_DATA = "no_data"
    FAILED = "failed"


class Message(BaseModel):
    """What every message has. Unknown fields are refused: a drifted producer is found at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    correlation_id: Identifier
    produced_at: Moment = Field(default_factory=utc_now)

    def attributes(self) -> dict[str, str]:
        """Pub/Sub attributes to filter and to look at."""
        return {"correlation_id": self.correlation_id}


class AsOf(BaseModel):
    """What may be known: all before a moment, or (replay) all until `lead_minutes` before each tip-off.

    Neither given means now, which is production.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: Moment | None = Field(default=None, description="Nothing known later is used.")
    lead_minutes: LeadMinutes | None = Field(
        default=None, description="Nothing known later than this before a game's tip is used."
    )

    @field_validator("as_of")
    @classmethod
    def _not_in_the_future(cls, moment: datetime | None) -> datetime | None:
        if moment and moment > utc_now() + CLOCK_SKEW:
            raise ValueError("is in the future; give a moment that has passed, or none for now")
        return moment

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        if self.as_of is not None and self.lead_minutes is not None:
            raise ValueError("give as_of or lead_minutes, not both")
        return self


class DateSpan(BaseModel):
    """Game dates from first to last, both included, at most MAX_SPAN_DAYS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_date: IsoDate = Field(description="First game_date (US/Eastern).")
    to_date: IsoDate = Field(description="Last game_date, included.")

    @field_validator("to_date")
    @classmethod
    def _ordered_and_bounded(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("from_date")
        if first is None:  # it is wrong itself, and named so
            return last
        if last < first:
            raise ValueError(f"{last} is before from_date {first}")
        if last - first >= timedelta(days=MAX_SPAN_DAYS):
            raise ValueError(f"the dates span more than {MAX_SPAN_DAYS} days; ask for fewer")
        return last

    def dates(self) -> list[date]:
        return dates_between(self.from_date, self.to_date)


class Output(BaseModel):
    """Rows that a run stored in a table, verified by count."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Identifier
    rows: int = Field(ge=0)
    rows_expected: int | None = Field(
        default=None, ge=0, description="Rows that its inputs call for; null where none says how many."
    )
    games: int | None = Field(default=None, ge=0, description="Games that the rows are of.")
    games_expected: int | None = Field(default=None, ge=0, description="Games that the schedule has.")


class SourceRun(BaseModel):
    """A scrape that is announced with another of its workflow."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    producer: Identifier
    run_id: Identifier
    generation: Moment | None = None
    status: Status
    outputs: tuple[Output, ...] = Field(default=(), max_length=100)
    reason: str | None = Field(default=None, max_length=2000)


class PhaseMessage(Message):
    """A phase has finished a piece of work on a span of dates."""

    message_key: Identifier
    phase: Phase
    producer: Identifier
    run_id: Identifier
    span: DateSpan
    generation: Moment | None = Field(
        default=None, description="Newest changed input that the outputs rest on; null if nothing was stored."
    )
    status: Status
    outputs: tuple[Output, ...] = Field(default=(), max_length=100)
    reason: str | None = Field(default=None, max_length=2000)
    cause: Identifier | None = None
    knowledge: AsOf = AsOf()
    retry: bool = Field(
        default=False,
        description="What FAILED, or was degraded for want of what is there now, is made again.",
    )
    along: tuple[SourceRun, ...] = Field(
        default=(), max_length=20, description="Of phase 1: the runs of the same workflow that came after."
    )

    def runs(self) -> list["PhaseMessage"]:
        """A message a scrape, as if each had been announced alone."""
        alone = self.model_copy(update={"along": ()})
        return [alone, *(alone.model_copy(update=dict(run)) for run in self.along)]

    def attributes(self) -> dict[str, str]:
        own = {"phase": self.phase, "status": self.status, "game_date": self.span.from_date.isoformat()}
        return super().attributes() | {key: str(value) for key, value in own.items()}


class PredictionRequest(Message):
    """Predict one chunk: the requested players of one game of a batch."""

    batch_id: Identifier
    game_date: IsoDate
    game_id: GameId
    generation: Moment
    cause: Identifier | None = None
    knowledge: AsOf = AsOf()
    systems: tuple[Identifier, ...] = Field(
        default=(), max_length=100, description="Whose rows are asked for; all systems' when empty."
    )

    def attributes(self) -> dict[str, str]:
        own = {"phase": Phase.PREDICTIONS.value, "game_date": self.game_date.isoformat()}
        return super().attributes() | own


# A message names no more: whoever reads it asks only whether there are any.
MAX_OPEN_CHUNKS = 100


class PredictionReady(Message):
    """A chunk has reached a terminal state; its rows are staged under attempt_id."""

    batch_id: Identifier
    game_date: IsoDate
    game_id: GameId
    status: Literal[Status.SUCCESS, Status.FAILED]
    attempt_id: Identifier | None = None
    rows: int = Field(ge=0)
    reason: str | None = Field(default=None, max_length=2000)
    open_chunks: tuple[GameId, ...] | None = Field(
        default=None,
        max_length=MAX_OPEN_CHUNKS,
        description="Chunks of the batch that had not ended when this one had; null if nobody looked.",
    )

    def attributes(self) -> dict[str, str]:
        own = {"phase": Phase.PREDICTIONS.value, "status": self.status.value}
        return super().attributes() | own | {"game_date": self.game_date.isoformat()}
