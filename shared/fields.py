"""Dates and moments as requests and messages bring them: bounded, so that no arithmetic on them overflows."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict

from shared.clock import eastern_today

FIRST_DAY, LAST_DAY = date(1946, 1, 1), date(2999, 12, 31)
_HAS_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


def _iso(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        return value
    raise ValueError("must be a date; use YYYY-MM-DD, e.g. 2024-12-03")


def _named_day(value: Any) -> Any:
    if value not in ("today", "yesterday"):
        return value
    return eastern_today() - timedelta(days=value == "yesterday")


def _of_the_league(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError(f"must lie between {FIRST_DAY} and {LAST_DAY}")
    return value


def _iso_moment(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _HAS_DATE.match(value)):
        return value
    raise ValueError("must be a moment; use ISO 8601, e.g. 2024-12-03T18:00:00Z")


def _moment_of_the_league(value: datetime) -> datetime:
    _of_the_league(value.date())
    return value


# Without them pydantic takes a number, also as text, for seconds since 1970, so that 0 would be a date.
IsoDate = Annotated[date, BeforeValidator(_iso), AfterValidator(_of_the_league)]
# What a schedule says, whose body is the same every day.
NamedDay = Annotated[IsoDate, BeforeValidator(_named_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_iso_moment), AfterValidator(_moment_of_the_league)]

# Of JSON bodies: true is no number, and "yes" no switch.
Switch = Annotated[bool, Strict()]
Number = Annotated[float, Strict()]
LeadMinutes = Annotated[int, Strict(), Field(ge=0, le=1440)]
