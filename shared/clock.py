"""The only module that knows what time it is. Timestamps are UTC; a game_date is a US/Eastern date."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def eastern_date(moment: datetime) -> date:
    """The game_date on which an aware moment falls."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(EASTERN).date()


def eastern_today() -> date:
    """Today's game_date."""
    return eastern_date(utc_now())


def eastern_moment(day: date, at: time) -> datetime:
    """The UTC moment at which clocks in New York show `at` on `day`."""
    return datetime.combine(day, at, EASTERN).astimezone(UTC)


def dates_between(first: date, last: date) -> list[date]:
    """Every date from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
