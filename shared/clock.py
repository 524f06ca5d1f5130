"""The only module that knows what time it is. Timestamps are UTC; a game_date is a US/Eastern date."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
# Names the file of a simulated clock. For one machine only: shared/settings.py refuses it on Cloud Run.
CLOCK_VARIABLE = "SIMULATED_CLOCK_FILE"


def wall_clock() -> datetime:
    """Now by this machine's clock, in UTC: for what others hold against their own, as an expiry."""
    return datetime.now(UTC)


def utc_now() -> datetime:
    """Now, in UTC; on a local platform with a simulated clock, what that shows."""
    file = os.environ.get(CLOCK_VARIABLE, "").strip()
    return ClockFile(Path(file)).now() if file else wall_clock()


class ClockError(RuntimeError):
    """The simulated clock cannot be read or set; the message names its file and the remedy."""


@dataclass(frozen=True)
class ClockFile:
    """A simulated clock that several processes read: from where it was set it runs at real speed.

    It runs, and does not stand, because of two events the later one has to have the later time.
    """

    path: Path

    def set(self, moment: datetime) -> None:
        """Sets the clock; who reads meanwhile sees the old time or the new one."""
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        partial = self.path.with_name(f"{self.path.name}.partial")
        text = {"shows": moment.astimezone(UTC).isoformat(), "since": wall_clock().isoformat()}
        partial.write_text(json.dumps(text))
        partial.replace(self.path)

    def advance(self, moment: datetime) -> datetime:
        """Moves the clock forward to a moment, and never back; returns what it shows then."""
        shown = self.now()
        if moment <= shown:
            return shown
        self.set(moment)
        return moment

    def now(self) -> datetime:
        """What the clock shows.

        Raises:
            ClockError: there is none in the file.
        """
        try:
            found = json.loads(self.path.read_text())
            shows, since = (datetime.fromisoformat(found[name]) for name in ("shows", "since"))
            return shows + (wall_clock() - since)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ClockError(
                f"{CLOCK_VARIABLE} names {self.path}, which is no simulated clock ({error}); "
                "unset it for the real time"
            ) from None


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
