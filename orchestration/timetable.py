"""What is asked for by the clock: schedules, and workflows with their windows."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

# Five fields of numbers, ranges, lists and steps.
_CRON = r"^[0-9*,/-]+( [0-9*,/-]+){4}$"


class Strict(BaseModel):
    """A part of pipeline.yaml: what it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UntilLastTip(Strict):
    """Open on a date with games until the last of them tips off: what is said before a game is asked for.

    Args:
        hours_before_first_tip: how long before the first game it opens.
    """

    until: Literal["last_tip"]
    hours_before_first_tip: float = Field(default=24, gt=0, le=24)


class UntilPlayed(Strict):
    """Open while a game that began long enough ago has no stored box score, or for `final`, while it is not
    final in the stored schedule either. Box scores are stored of finished games alone.

    Args:
        hours_after_tip: how long a game takes at least.
    """

    until: Literal["boxed", "final"]
    hours_after_tip: float = Field(ge=2, le=24)


class UntilStored(Strict):
    """Open for those sources of which an output of the date is neither complete nor proven to be empty."""

    until: Literal["stored"]


Window = Annotated[UntilLastTip | UntilPlayed | UntilStored, Field(discriminator="until")]


class Workflow(Strict):
    """Sources that are scraped together, in order, for today or yesterday.

    Args:
        when: outside of it a scheduled run does nothing; without it there is always something to do.
    """

    sources: tuple[str, ...] = Field(min_length=1)
    date: Literal["today", "yesterday"]
    when: Window | None = None


class Schedule(Strict):
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
