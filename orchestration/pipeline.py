"""pipeline.yaml as a validated model; the one loader that everybody uses."""

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BeforeValidator, Field, model_validator

from orchestration.timetable import Schedule, Strict, Workflow
from shared.clock import eastern_moment
from shared.messages import Phase

# How far `recent` reaches: an input of so many days before a date renews the date's output.
RECENT_DAYS = 7


class Delivery(Strict):
    """How every subscription retries."""

    max_attempts: int = Field(ge=5, le=100)
    min_backoff_seconds: int = Field(ge=0, le=600)
    max_backoff_seconds: int = Field(ge=0, le=600)


class Subscription(Strict):
    """A push subscription: the topic, and the service's route that it posts to."""

    name: str
    topic: str
    service: str
    path: str = Field(pattern="^/")
    ack_seconds: int = Field(ge=10, le=600)


def _clock_text(value: Any) -> Any:
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(r"\d{2}:\d{2}(:00)?", value)):
        return value
    raise ValueError('must be a time of day in quotes, e.g. "11:30": YAML takes 11:30 for a number')


class Due(Strict):
    """When an output of a date is overdue without an event: by the clocks of New York.

    Args:
        days_after: how many days after the date.
        by: the time of that day.
    """

    days_after: int = Field(default=0, ge=0, le=7)
    by: Annotated[time, BeforeValidator(_clock_text)]

    def moment(self, day: date) -> datetime:
        """The UTC moment for a date."""
        return eastern_moment(day + timedelta(days=self.days_after), self.by)


class OutputRule(Strict):
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


class PhaseRule(Strict):
    """A phase: the topic that it announces on, and its outputs in the order in which they are made."""

    topic: str
    outputs: dict[str, OutputRule]


class Pipeline(Strict):
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
