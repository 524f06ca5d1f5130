"""A whole operating day on a simulated clock: every scheduled job at its time, the bus at rest after each."""

import time as wall
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from deploy.local.driver import Driver
from deploy.local.scheduler import Answer, Scheduler, firings
from deploy.replay.archive import ReplayArchive
from deploy.replay.job_log import JobLog
from deploy.replay.replay import ReplayOptions, history
from orchestration.timetable import Schedule
from shared.clock import eastern_moment, utc_now, wall_clock

BEGINS = time(5)
HOURS = 36
# When the history before the day is loaded.
_EARLIER = timedelta(minutes=30)
# Who uses more jobs than this has done more than look.
LOOKING = 3


@dataclass(frozen=True)
class Act:
    """Something else that happens at a moment, as a fault that begins or ends."""

    at: datetime
    name: str
    do: Callable[[Driver], Answer]


@dataclass(frozen=True)
class DayPlan:
    """The span of a day and what fires in it.

    Args:
        patience: how many seconds of silence end the wait for the bus, when a part may be down; without it,
            every message has to be handled.
    """

    archive: ReplayArchive
    day: date
    schedules: tuple[Schedule, ...]
    acts: tuple[Act, ...] = ()
    hours: float = HOURS
    patience: float | None = None

    @property
    def begins(self) -> datetime:
        return eastern_moment(self.day, BEGINS)

    @property
    def ends(self) -> datetime:
        return self.begins + timedelta(hours=self.hours)

    @property
    def loads(self) -> datetime:
        """What the clock shows while the history is loaded."""
        return self.begins - _EARLIER


@dataclass(frozen=True)
class Step:
    """A line of the timeline.

    Args:
        at: when it was done, by the simulated clock. due: when it had to be.
        seconds: until the bus was at rest. jobs: BigQuery's, until then.
    """

    at: datetime
    due: datetime
    job: str
    answer: Answer
    seconds: float
    jobs: int

    @property
    def idle(self) -> bool:
        """It looked, and found nothing to do."""
        return self.answer.ok and self.jobs <= LOOKING


@dataclass
class DayRun:
    """What a day did."""

    plan: DayPlan
    log: JobLog
    history_rows: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    deliveries: dict[str, int] = field(default_factory=dict)

    def jobs_until(self, moment: datetime) -> int:
        return sum(run.at < moment for run in self.log.runs)


OnStep = Callable[[str, int, int], None]
AfterStep = Callable[[Step], None]


def run_day(
    driver: Driver,
    plan: DayPlan,
    on_step: OnStep = lambda *_: None,
    after: AfterStep = lambda _: None,
) -> DayRun:
    """Loads the history before the day, then lets the day pass.

    Args:
        on_step: told (what, steps done, steps in all) before each step. after: given each step that is done.

    Raises:
        DriveError: the history could not be loaded, or messages stay undelivered.
    """
    scheduler = Scheduler(driver.stack)
    timeline = _timeline(plan, scheduler)
    run = DayRun(plan, JobLog(driver.stack.warehouse.client))
    on_step("history", 0, len(timeline) + 1)
    driver.set_now(plan.loads)
    options = ReplayOptions(plan.archive, plan.day, plan.day, bulk_until=plan.day)
    run.history_rows = history(driver, options)
    run.log.skip()
    earlier = driver.delivered()
    for number, act in enumerate(timeline, start=1):
        on_step(f"{act.at:%d %H:%M} UTC  {act.name}", number, len(timeline) + 1)
        step = _take(driver, act, run.log, plan.patience)
        run.steps.append(step)
        after(step)
    run.deliveries = {name: count - earlier.get(name, 0) for name, count in driver.delivered().items()}
    return run


def _timeline(plan: DayPlan, scheduler: Scheduler) -> list[Act]:
    by_name = {schedule.name: schedule for schedule in plan.schedules}

    def job(name: str) -> Callable[[Driver], Answer]:
        return lambda _: scheduler.fire(by_name[name])

    fired = [Act(f.at, f.name, job(f.name)) for f in firings(plan.schedules, plan.begins, plan.ends)]
    # A fault begins before the jobs of its moment.
    return sorted([*plan.acts, *fired], key=lambda act: act.at)


def _take(driver: Driver, act: Act, log: JobLog, patience: float | None) -> Step:
    """Does one thing at its time, or later when what came before took longer, and waits for the bus."""
    started = wall.perf_counter()
    driver.set_now(act.at)
    at, ahead = utc_now(), utc_now() - wall_clock()
    answer = act.do(driver)
    if patience is None:
        driver.settle()
    else:
        driver.rest(patience)
    jobs = log.look(ahead)
    seconds = wall.perf_counter() - started
    return Step(at, act.at, act.name, answer, seconds, len(jobs))
