"""Replays a span of days of an archive through the running services and measures what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from deploy.local.driver import Driver
from deploy.replay.archive import ArchiveError, ReplayArchive
from deploy.replay.bulk import load_absences, load_history
from deploy.replay.day import AsOfMode, after_games, backfill, before_games
from predictions.grading.summary import accuracy_summary

Availability = Literal["none", "assumed"]
# No feature looks back further.
LOOKBACK_DAYS = 400


@dataclass(frozen=True)
class ReplayOptions:
    """What to replay and what may be known.

    Args:
        bulk_until: earlier days go straight into the raw tables; from this day on the services scrape.
        availability: `assumed` lands the archive's absences as known one hour before tip.
    """

    archive: ReplayArchive
    first: date
    last: date
    bulk_until: date | None = None
    as_of: AsOfMode = "tip"
    availability: Availability = "none"

    def check(self) -> None:
        """Raises ArchiveError, before anything is started, when archive or dates cannot be used."""
        self.archive.check()
        if self.last < self.first:
            raise ArchiveError(f"--to {self.last} is before --from {self.first}")
        if self.bulk_until and self.bulk_until > self.first:
            raise ArchiveError(f"--bulk-history-until {self.bulk_until} is after --from {self.first}")
        if not any(self.first <= day <= self.last for day in self.archive.dates):
            self.archive.check_date(self.first)


@dataclass
class ReplayResult:
    """What a replay measured."""

    dates: list[date] = field(default_factory=list)
    history_rows: dict[str, int] = field(default_factory=dict)
    absences: int = 0
    accuracy: list[dict[str, Any]] = field(default_factory=list)


def replay(driver: Driver, options: ReplayOptions, on_day: Callable[[str, int, int], None]) -> ReplayResult:
    """Runs history, then every day: before the games, and the morning after.

    Args:
        on_day: told (what, steps done, steps in all) as it goes.

    Raises:
        DriveError: a step did not have its effect.
        ArchiveError: the span has no games.
    """
    archive = options.archive
    options.check()
    days = [day for day in archive.dates if options.first <= day <= options.last]
    result = ReplayResult(dates=days)
    steps = 1 + len(days)
    on_day("history", 0, steps)
    result.history_rows = history(driver, options)
    if options.availability == "assumed":
        result.absences = load_absences(driver.stack.warehouse, archive, days[0], days[-1])
    for number, day in enumerate(days, start=1):
        on_day(day.isoformat(), number, steps)
        before_games(driver, archive, day, options.as_of)
        after_games(driver, day)
    on_day("measuring", steps, steps)
    result.accuracy = accuracy_summary(driver.stack.warehouse, days[0], days[-1])
    return result


def history(driver: Driver, options: ReplayOptions) -> dict[str, int]:
    """What is before the first day: loaded or scraped, and summarised; returns the rows loaded per table."""
    earliest = options.first - timedelta(days=LOOKBACK_DAYS)
    before = [day for day in options.archive.dates if earliest <= day < options.first]
    bulk = [day for day in before if options.bulk_until and day < options.bulk_until]
    scraped = before[len(bulk) :]
    rows: dict[str, int] = {}
    if bulk:
        with driver.timed("history: bulk load and analytics"):
            rows = load_history(driver.stack.warehouse, driver.stack.bus, options.archive, bulk[0], bulk[-1])
            driver.settle()
    if scraped:
        backfill(driver, scraped[0], scraped[-1])
    return rows
