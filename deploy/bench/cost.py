"""What a slate costs by phase, as history and slate grow: seconds, BigQuery jobs and bytes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from statistics import median
from string import Template
from typing import Any

from deploy.bench import seasons
from deploy.bench.cut_archive import cut
from deploy.bench.intervals import covered
from deploy.bench.processor import processor_seconds
from deploy.bench.scanned import Statistics, scanned_bytes
from deploy.bench.service_logs import JOBS, REQUEST, Span, spans
from deploy.local.driver import Driver
from deploy.local.stack import Stack
from deploy.replay.archive import ReplayArchive
from deploy.replay.day import before_games
from shared.clock import utc_now
from shared.warehouse.specs import TableSpec
from shared.warehouse.warehouse import Warehouse

PHASES = {
    "scrapers": ("scrapers",),
    "raw": ("raw",),
    "analytics": ("analytics",),
    "precompute": ("precompute",),
    "predictions": ("worker", "coordinator"),
}
WHOLE = "slate"
LIMIT = 1.2
# As many as the emulator keeps and gives.
_JOBS_PAGE = 1000
_COUNTED = Template("SELECT $partition AS day, COUNT(*) AS stored FROM $table GROUP BY day")


@dataclass(frozen=True)
class Cost:
    """What a phase of a slate cost, or all of it; the median of several times.

    Args:
        seconds: in which at least one request of the phase was being answered; of a slate, from begin to end.
        processor: processor seconds of all processes; of a slate only.
        jobs: BigQuery jobs.
        megabytes: logical, of the partitions that its statements name and of what it read without a job.
    """

    seconds: float
    processor: float | None
    jobs: int
    megabytes: float


@dataclass(frozen=True)
class Point:
    """A slate of so many games after so many seasons, by phase."""

    seasons: int
    games: int
    players: int
    history_rows: int
    phases: dict[str, Cost]


@dataclass(frozen=True)
class Curve:
    """All points that were measured."""

    points: list[Point]
    repetitions: int

    def as_json(self) -> dict[str, Any]:
        """For the file of figures."""
        return {"bench": "cost", "limit": LIMIT, **asdict(self)}


@dataclass(frozen=True)
class Plan:
    """What to measure: the slate of a date of a whole season, cut to so many games, after so many seasons."""

    source: Path
    day: date
    seasons: tuple[int, ...]
    games: tuple[int, ...]
    repetitions: int


def measure(driver: Driver, plan: Plan, at: Callable[[str, int, int], None]) -> Curve:
    """Fills a running platform season by season and plays the slate at each size.

    Its archive is where the platform's upstream server looks; it is written anew for each size of the slate.
    """
    warehouse, whole = driver.stack.warehouse, ReplayArchive(plan.source)
    steps = len(plan.seasons) * len(plan.games) + 1
    at("one season", 0, steps)
    seasons.compute_season(warehouse, whole, lambda what: at(f"one season: {what}", 0, steps))
    seasons.keep_season(warehouse)
    seasons.end_before(warehouse, plan.day)
    _warm_up(driver, plan)
    points, there = [], 1
    for number, size in enumerate(plan.seasons):
        for back in range(there, size):
            at(f"season {back + 1}", number * len(plan.games), steps)
            seasons.add_season(warehouse, back)
        there = max(there, size)
        for place, games in enumerate(plan.games):
            at(f"{size} seasons, {games} games", number * len(plan.games) + place + 1, steps)
            points.append(_point(driver, plan, size, games))
    return Curve(points, plan.repetitions)


def _warm_up(driver: Driver, plan: Plan) -> None:
    """Once without measuring, and its predictions are what history has for each date."""
    _play(driver, plan, _prepared(driver, plan, max(plan.games)))
    seasons.keep_predictions(driver.stack.warehouse, plan.day)


def _point(driver: Driver, plan: Plan, size: int, games: int) -> Point:
    stack, costs = driver.stack, []
    statistics: dict[str, Statistics] = {}
    for _ in range(plan.repetitions):
        archive = _prepared(driver, plan, games)
        began, used = utc_now(), _processor(stack)
        _play(driver, plan, archive)
        ended, used = utc_now(), _processor(stack) - used
        # Counted once: the same slate again has the same rows.
        statistics = statistics or table_statistics(stack.warehouse, plan.day)
        found = spans(stack.options.folder, began, ended)
        costs.append(_costs(found, began, ended, used, _bytes(stack.warehouse, found, plan.day, statistics)))
    rows = sum(sum(each.rows.values()) for each in statistics.values())
    players = stack.warehouse.read("ml_feature_store", ["player_lookup"], plan.day, plan.day).num_rows
    phases = {name: _median([cost[name] for cost in costs]) for name in costs[0]}
    return Point(size, games, players, rows, phases)


def _prepared(driver: Driver, plan: Plan, games: int) -> ReplayArchive:
    """The archive with so many games on the slate, of which the platform knows nothing any more."""
    stack = driver.stack
    seasons.end_before(stack.warehouse, plan.day)
    seasons.forget_scrapes(stack.warehouse)
    cut(plan.source, stack.options.archive, plan.day, games)
    stack.supervisor.take_down("upstream")
    stack.supervisor.bring_up("upstream")
    stack.wait_for_upstream()
    return ReplayArchive(stack.options.archive)


def _play(driver: Driver, plan: Plan, archive: ReplayArchive) -> None:
    before_games(driver, archive, plan.day, "tip")


def _processor(stack: Stack) -> float:
    return sum(processor_seconds(int(row["pid"])) for row in stack.supervisor.processes().values())


def _bytes(
    warehouse: Warehouse, found: Iterable[Span], day: date, statistics: Mapping[str, Statistics]
) -> dict[str, float]:
    """Service -> logical bytes of its statements and reads."""
    statements = {job.job_id: job.query for job in _jobs(warehouse) if job.job_type == "query"}
    read: dict[str, float] = defaultdict(float)
    for span in found:
        if span.kind == "query":
            read[span.service] += scanned_bytes(statements[span.about["job_id"]], day, statistics)
        elif span.kind == "read":
            read[span.service] += span.about["bytes"]
    return read


def _jobs(warehouse: Warehouse) -> list[Any]:
    return list(warehouse.client.list_jobs(all_users=True, page_size=_JOBS_PAGE, max_results=_JOBS_PAGE))


def table_statistics(warehouse: Warehouse, day: date) -> dict[str, Statistics]:
    """Rows by partition of every dated table, and the bytes of a row as those of a date have them."""
    return {spec.table: _statistics(warehouse, spec, day) for spec in seasons.dated_tables()}


def _statistics(warehouse: Warehouse, spec: TableSpec, day: date) -> Statistics:
    rows = warehouse.rows(_COUNTED.substitute(partition=spec.partition, table=spec.table))
    counted = {row["day"]: row["stored"] for row in rows}
    sample = max((each for each in counted if each <= day), default=None)
    if sample is None:
        return Statistics({}, 0.0)
    like = warehouse.read(spec.name, spec.column_names(), sample, sample)
    return Statistics(counted, like.nbytes / max(like.num_rows, 1))


def _costs(
    found: list[Span], began: datetime, ended: datetime, used: float, read: Mapping[str, float]
) -> dict[str, Cost]:
    costs = {}
    for phase, names in PHASES.items():
        own = [span for span in found if span.service in names]
        costs[phase] = Cost(
            covered(span.interval() for span in own if span.kind == REQUEST),
            None,
            sum(span.kind in JOBS for span in own),
            sum(read.get(name, 0.0) for name in names) / 1e6,
        )
    jobs, megabytes = sum(c.jobs for c in costs.values()), sum(c.megabytes for c in costs.values())
    return costs | {WHOLE: Cost((ended - began).total_seconds(), used, jobs, megabytes)}


def _median(costs: list[Cost]) -> Cost:
    processor = [cost.processor for cost in costs if cost.processor is not None]
    return Cost(
        median(cost.seconds for cost in costs),
        median(processor) if processor else None,
        round(median(cost.jobs for cost in costs)),
        median(cost.megabytes for cost in costs),
    )
