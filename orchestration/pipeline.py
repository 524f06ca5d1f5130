"""pipeline.yaml as a validated model; the one loader that everybody uses."""

from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.clock import eastern_moment
from shared.messages import Phase

# Five fields of numbers, ranges, lists and steps.
_CRON = r"^[0-9*,/-]+( [0-9*,/-]+){4}$"
# How far `recent` reaches: an input of so many days before a date renews the date's output.
RECENT_DAYS = 7


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Delivery(_Strict):
    """How every subscription retries."""

    max_attempts: int = Field(ge=5, le=100)
    min_backoff_seconds: int = Field(ge=0, le=600)
    max_backoff_seconds: int = Field(ge=0, le=600)


class Subscription(_Strict):
    """A push subscription: the topic, and the service's route that it posts to."""

    name: str
    topic: str
    service: str
    path: str = Field(pattern="^/")
    ack_seconds: int = Field(ge=10, le=600)


class Workflow(_Strict):
    """Sources that are scraped together, in order, for today or yesterday."""

    sources: tuple[str, ...] = Field(min_length=1)
    date: Literal["today", "yesterday"]


class Schedule(_Strict):
    """What Cloud Scheduler posts to a service, and when by the clocks of a time zone.

    Args:
        cron: minute, hour, day of the month, month, day of the week.
        deadline_seconds: how long the scheduler waits for the answer; 30 minutes are its limit.
    """

    name: str = Field(pattern="^[a-z][a-z0-9-]*$")
    cron: str = Field(pattern=_CRON)
    time_zone: str
    service: str
    path: str = Field(pattern="^/")
    body: dict[str, Any]
    deadline_seconds: int = Field(default=180, ge=15, le=1800)
    why: str = Field(min_length=10)

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone; use one such as America/New_York") from error
        return value


class Due(_Strict):
    """When an output of a date is overdue without an event: by the clocks of New York.

    Args:
        days_after: how many days after the date.
        by: the time of that day.
    """

    days_after: int = Field(default=0, ge=0, le=7)
    by: time

    def moment(self, day: date) -> datetime:
        """The UTC moment for a date."""
        return eastern_moment(day + timedelta(days=self.days_after), self.by)


class OutputRule(_Strict):
    """What an output of a phase waits for (`requires`, `awaits`) and what else renews it, of its own date
    (`uses`) or of the RECENT_DAYS before it (`recent`), and when it is due.

    An output without `due` may be missing without anything being wrong: a source that only some dates have.
    """

    due: Due | None = None
    requires: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    source: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Its inputs of the same date."""
        return self.requires + self.awaits + self.uses


class PhaseRule(_Strict):
    """A phase: the topic that it announces on, and its outputs in the order in which they are made."""

    topic: str
    outputs: dict[str, OutputRule]


class Pipeline(_Strict):
    """All of pipeline.yaml."""

    topics: tuple[str, ...]
    delivery: Delivery
    subscriptions: tuple[Subscription, ...]
    workflows: dict[str, Workflow]
    schedules: tuple[Schedule, ...] = ()
    phases: dict[Phase, PhaseRule]

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        made: list[str] = []
        for phase in self.phases.values():
            for name, rule in phase.outputs.items():
                if unknown := {*rule.inputs, *rule.recent} - set(made):
                    raise ValueError(f"{name} rests on {sorted(unknown)}, which nothing before it makes")
                made.append(name)
        used = {s.topic for s in self.subscriptions} | {p.topic for p in self.phases.values()}
        if unknown := used - set(self.topics):
            raise ValueError(f"unknown topics {sorted(unknown)}")
        names = [schedule.name for schedule in self.schedules]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two schedules are called {sorted(twice)}")
        return self

    def rule(self, output: str) -> OutputRule:
        """The rule of an output, whichever phase makes it."""
        return next(p.outputs[output] for p in self.phases.values() if output in p.outputs)

    def phase_of(self, output: str) -> Phase:
        """The phase that makes an output."""
        return next(phase for phase, p in self.phases.items() if output in p.outputs)


@cache
def load_pipeline() -> Pipeline:
    """The pipeline of this checkout."""
    text = Path(__file__).with_name("pipeline.yaml").read_text()
    return Pipeline.model_validate(yaml.safe_load(text))
