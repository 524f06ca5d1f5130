"""A span of slates through a platform on which things go wrong, and what came of it."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from deploy.bench.memory import resident_megabytes
from deploy.chaos.chaos import Chaos
from deploy.chaos.contents import Contents, differences, read_contents
from deploy.chaos.plan import ChaosPlan
from deploy.local.driver import DriveError, Driver
from deploy.local.stack import Stack
from deploy.registry import services
from deploy.replay.archive import ReplayArchive
from deploy.replay.day import after_games, before_games
from deploy.replay.replay import ReplayOptions, history
from orchestration.pipeline import load_pipeline
from orchestration.state import PipelineState
from predictions.coordinator.batch import read_batches
from shared.messages import AsOf

# How often a step is asked for before the platform counts as not coming back.
_TRIES, _PAUSE_SECONDS = 12, 1.0
# Rounds of deciding about dead letters.
_ROUNDS = 3
_NEVER = datetime.min.replace(tzinfo=UTC)
OnStep = Callable[[str, int, int], None]
Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)


class PatientDriver(Driver):
    """An operator who asks again when what he asked is away, was cut off, or brought a part only.

    `asked_again` counts by what was asked.
    """

    bad = (*Driver.bad, "partial")

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.asked_again = Counter[str]()
        again = Retry(total=60, status=0, allowed_methods=None, backoff_factor=0.1, backoff_max=1.0)
        self._session.mount("http://", HTTPAdapter(max_retries=again))

    def workflow(self, name: str, day: date, knowledge: AsOf | None = None) -> list[dict[str, Any]]:
        """As Driver.workflow, until it brings all."""
        return self.until_done(name, lambda: super(PatientDriver, self).workflow(name, day, knowledge))

    def until_done(self, what: str, do: Callable[[], Result]) -> Result:
        """Does something until it has its effect.

        Raises:
            DriveError: it has not, however often it was done.
        """
        for _ in range(_TRIES - 1):
            try:
                return do()
            except (DriveError, requests.RequestException) as error:
                _LOG.info("%s is asked for again: %s", what, error)
                self.asked_again[what] += 1
                time.sleep(_PAUSE_SECONDS)
        return do()


@dataclass
class Week:
    """What a span of slates did.

    Args:
        undecided: dead letters that came back, or of a source that has not brought all since.
        struck: kind of fault -> how often. asked_again: step -> how often it had to be.
        letters: dead letters at the end, by what was decided: messages are published again; bodies that could
            not be read are set aside when their source has brought all since.
        memory: service -> resident MB when everything was warm, and at the end, without a kill in between.
        open_batches, backlog: what was not ended.
    """

    days: list[date]
    contents: Contents
    struck: Counter[str] = field(default_factory=Counter)
    asked_again: Counter[str] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)
    undecided: list[str] = field(default_factory=list)
    memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    open_batches: list[str] = field(default_factory=list)
    backlog: int = 0

    def wrongs(self, expected: Contents) -> list[str]:
        """What is not as after the same span without faults; empty when all is well."""
        found = [*differences(self.contents, expected)]
        found += [f"batch {batch} is open" for batch in self.open_batches]
        found += [f"dead letter: {letter}" for letter in self.undecided]
        return found + ([f"{self.backlog} messages are undelivered"] if self.backlog else [])


def run_week(
    driver: PatientDriver,
    archive: ReplayArchive,
    days: Sequence[date],
    plan: ChaosPlan | None = None,
    on_step: OnStep = lambda *_: None,
    calm_days: int = 0,
) -> Week:
    """History without faults, then each date with them: before its games, and on the morning after.

    Args:
        plan: None for none. calm_days: in so many of the last dates nothing is killed, so that the services'
            memory can be compared; everything else goes on.

    Raises:
        DriveError: a step did not have its effect however often it was asked for.
    """
    on_step("history", 0, len(days) + 1)
    history(driver, ReplayOptions(archive, days[0], days[-1], bulk_until=days[0]))
    week = Week(list(days), {})
    warm: dict[str, float] = {}
    for number, day in enumerate(days, start=1):
        on_step(day.isoformat(), number, len(days) + 1)
        calm = number > len(days) - calm_days
        if plan:
            chaos = Chaos(driver.stack, replace(plan, seed=1000 * plan.seed + number, kills=not calm))
            with chaos:
                _date(driver, archive, day)
            week.struck.update(chaos.struck)
        else:
            _date(driver, archive, day)
        warm = warm or (_memory(driver.stack) if calm else {})
    week.asked_again = driver.asked_again
    _decide_letters(driver, week)
    driver.settle()
    if warm:
        held = _memory(driver.stack)
        week.memory = {name: (warm[name], held[name]) for name in warm}
    _look(driver, week)
    return week


def _memory(stack: Stack) -> dict[str, float]:
    return {name: resident_megabytes(stack, name) for name in services()}


def _date(driver: PatientDriver, archive: ReplayArchive, day: date) -> None:
    driver.until_done("before the games", lambda: before_games(driver, archive, day, "tip"))
    driver.until_done("after the games", lambda: after_games(driver, day))


def _decide_letters(driver: Driver, week: Week) -> None:
    """Decides about every dead letter, as an operator would when all is well again."""
    subscriptions = {each.name for each in load_pipeline().subscriptions}
    for _ in range(_ROUNDS):
        driver.settle()
        letters = driver.get("coordinator", "/api/v1/dead-letters", limit=1000)["rows"]
        brought = _last_successes(driver)
        for letter in letters:
            path = f"/api/v1/dead-letters/{letter['dead_letter_id']}"
            if letter["origin"].rpartition("/")[2] in subscriptions:
                driver.post("coordinator", f"{path}/replay", {})
                week.letters["published again"] += 1
            elif datetime.fromisoformat(letter["occurred_at"]) < brought.get(letter["origin"], _NEVER):
                driver.post("coordinator", f"{path}/discard", {"reason": "the source has brought all since"})
                week.letters["set aside"] += 1
        week.undecided = [f"{letter['origin']}: {letter['reason']}" for letter in letters]
        if not letters:
            return


def _last_successes(driver: Driver) -> dict[str, datetime]:
    """Source -> when its last run that brought all ended."""
    runs = driver.stack.warehouse.read("scrape_runs", ["source", "finished_at"], status="success").to_pylist()
    latest: dict[str, datetime] = {}
    for run in runs:
        latest[run["source"]] = max(run["finished_at"], latest.get(run["source"], run["finished_at"]))
    return latest


def _look(driver: Driver, week: Week) -> None:
    warehouse, (first, last) = driver.stack.warehouse, (week.days[0], week.days[-1])
    week.contents = read_contents(warehouse)
    week.backlog = driver.backlog()
    states = PipelineState(warehouse).read(first, last)
    batches = [batch for found in read_batches(warehouse, first, last).values() for batch in found]
    week.open_batches = [str(batch.id) for batch in batches if batch.open_chunks(states)]
