"""What a batch of many times a slate costs coordinator and worker, and how the API reads under load."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from time import perf_counter
from typing import Any

from rich.table import Table

from deploy.bench import big_slate, readers
from deploy.bench.figures import quantile
from deploy.bench.memory import resident_megabytes
from deploy.bench.service_logs import JOBS, REQUEST, Span, errors, spans
from deploy.bench.shown import ROUTES, batch_header, batch_rows, reader_rows, reader_title, shown
from deploy.local.driver import DriveError, Driver
from deploy.registry import services
from deploy.replay.archive import ReplayArchive
from deploy.replay.day import LEAD_MINUTES, after_games, before_games, require
from deploy.replay.replay import ReplayOptions, history
from shared.clock import utc_now

SERVICES = ("worker", "coordinator")
_PATIENCE_SECONDS = 300.0
_COUNT = "SELECT COUNT(*) AS number FROM nba_predictions.player_prop_predictions WHERE game_date = @day"


@dataclass(frozen=True)
class Size:
    """How much is predicted at once."""

    players: int
    books: int
    lines: int


@dataclass(frozen=True)
class Route:
    """The answers of one route: how many, seconds, and how many were none or an error."""

    calls: int
    p50: float
    p95: float
    slowest: float
    failed: int


@dataclass(frozen=True)
class Batch:
    """One batch from POST /start to the complete date.

    Args:
        routes: "SERVICE METHOD PATH" -> its answers.
        megabytes: service -> resident memory before, and after.
        jobs: BigQuery jobs of each service.
        redelivered: requests for chunks that were delivered more than once.
        errors: what the services logged as errors -> how often.
    """

    size: Size
    games: int
    rows: int
    seconds: float
    start_seconds: float
    routes: dict[str, Route]
    megabytes: dict[str, tuple[float, float]]
    jobs: dict[str, int]
    redelivered: int
    errors: dict[str, int]


@dataclass(frozen=True)
class Readers:
    """Readers of the coordinator's API at once.

    Args:
        players: of the date that they read.
        megabytes: of the coordinator before, and after.
    """

    players: int
    readers: int
    requests: int
    seconds: float
    routes: dict[str, Route]
    megabytes: tuple[float, float]


@dataclass(frozen=True)
class Load:
    """Batches of growing size, and readers of each; `threads`: what an instance answers at a time."""

    batches: list[Batch]
    readers: list[Readers]
    threads: dict[str, int]

    @property
    def errors(self) -> dict[str, int]:
        """What was logged as errors during the batches, and how often."""
        return dict(sum((Counter(batch.errors) for batch in self.batches), Counter[str]()))

    def as_json(self) -> dict[str, Any]:
        """For the file of figures."""
        return {"bench": "load", **asdict(self)}


def measure(
    driver: Driver,
    archive: ReplayArchive,
    sizes: list[Size],
    clients: tuple[int, int],
    at: Callable[[str, int, int], None],
) -> Load:
    """Replays and grades a slate, predicts copies of it by the real services, then reads.

    Args:
        sizes: each is a date of its own after the archive's last.
        clients: readers, and requests of each.
    """
    steps = len(sizes) + 2
    like = archive.busiest_of_last(7)
    at(f"slate of {like}", 0, steps)
    history(driver, ReplayOptions(archive, like, like, bulk_until=like))
    before_games(driver, archive, like, "tip")
    after_games(driver, like)
    batches = []
    for number, size in enumerate(sizes, start=1):
        day = _day(archive, number)
        at(f"{size.players:,} players, {size.books} books x {size.lines} lines", number, steps)
        games = big_slate.make(driver.stack.warehouse, like, day, size.players, size.books, size.lines)
        batches.append(_batch(driver, day, size, games))
    at(f"{clients[0]} readers", steps - 1, steps)
    found = [_read(driver, size, _day(archive, n), like, *clients) for n, size in enumerate(sizes, start=1)]
    return Load(batches, found, {name: services()[name].threads for name in SERVICES})


def _day(archive: ReplayArchive, number: int) -> date:
    return archive.dates[-1] + timedelta(days=number)


def _batch(driver: Driver, day: date, size: Size, games: int) -> Batch:
    stack = driver.stack
    before = {name: resident_megabytes(stack, name) for name in SERVICES}
    delivered, began, started = driver.delivered()["worker-on-request"], utc_now(), perf_counter()
    driver.post("coordinator", "/start", {"game_date": day.isoformat(), "lead_minutes": LEAD_MINUTES})
    start_seconds = perf_counter() - started
    if not driver.rest(_PATIENCE_SECONDS):
        raise DriveError(f"the batch of {size.players} players comes to no end; see the services' logs")
    seconds, ended = perf_counter() - started, utc_now()
    require(driver, day, "player_prop_predictions")
    found = spans(stack.options.folder, began, ended)
    (stored,) = stack.warehouse.rows(_COUNT, day=day)
    return Batch(
        size,
        games,
        stored["number"],
        seconds,
        start_seconds,
        request_routes(found),
        {name: (before[name], resident_megabytes(stack, name)) for name in SERVICES},
        {name: sum(each.service == name and each.kind in JOBS for each in found) for name in SERVICES},
        driver.delivered()["worker-on-request"] - delivered - games,
        errors(stack.options.folder, began, ended),
    )


def request_routes(found: Iterable[Span]) -> dict[str, Route]:
    """The answers of coordinator and worker by route, from the lines that they log of them."""
    answers: dict[str, list[tuple[float, bool]]] = {}
    for span in found:
        if span.kind == REQUEST and span.service in SERVICES:
            route, _, status = span.about["message"].rpartition(" ")
            answer = span.ended - span.began, int(status) >= 400
            answers.setdefault(f"{span.service} {route}", []).append(answer)
    return {route: _route(given) for route, given in answers.items() if "/ready" not in route}


def _route(answers: list[tuple[float, bool]]) -> Route:
    seconds = [each for each, _ in answers]
    failed = sum(each for _, each in answers)
    return Route(len(answers), quantile(seconds, 0.5), quantile(seconds, 0.95), max(seconds), failed)


def _read(driver: Driver, size: Size, day: date, graded: date, clients: int, times: int) -> Readers:
    stack = driver.stack
    asked = readers.routes(day) | {
        route: path for route, path in readers.routes(graded).items() if route == "/api/v1/performance"
    }
    before, began = resident_megabytes(stack, "coordinator"), perf_counter()
    answers = readers.read(stack, asked, clients, times)
    seconds = perf_counter() - began
    routes = {
        route: _route([(answer.seconds, answer.failed) for answer in given])
        for route, given in readers.by_route(answers).items()
    }
    after = resident_megabytes(stack, "coordinator")
    return Readers(size.players, clients, len(answers), seconds, routes, (before, after))


def batch_table(load: Load) -> Table:
    """A column a batch."""
    batches = load.as_json()["batches"]
    threads = ", ".join(f"{name} {number}" for name, number in load.threads.items())
    title = f"From POST /start to the complete date; threads: {threads}"
    table = shown(title, batch_header(batches), batch_rows(batches))
    first, last = load.batches[0], load.batches[-1]
    if last is not first and first.rows:
        rows, seconds = last.rows / first.rows, last.seconds / first.seconds
        table.caption = f"{rows:.1f} x the rows in {seconds:.1f} x the time"
    return table


def reader_table(found: Readers) -> Table:
    """A line a route."""
    readers = asdict(found)
    return shown(reader_title(readers), ROUTES, reader_rows(readers))
