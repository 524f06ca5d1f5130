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
    first = load.batches[0]
    shown = Table(title=f"From POST /start to the complete date; threads: {_told(load.threads)}")
    shown.add_column("figure")
    for batch in load.batches:
        shown.add_column(f"{batch.size.players:,} players", justify="right")
    for name, cells in batch_rows(load.batches):
        shown.add_row(name, *cells)
    if len(load.batches) > 1 and first.rows:
        last = load.batches[-1]
        times = last.rows / first.rows
        shown.caption = f"{times:.1f} x the rows in {last.seconds / first.seconds:.1f} x the time"
    return shown


def _told(threads: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in threads.items())


def batch_rows(batches: list[Batch]) -> list[tuple[str, list[str]]]:
    """The figures of batches, a line each with a cell a batch."""
    rows = [
        ("games", [f"{b.games}" for b in batches]),
        ("books x lines", [f"{b.size.books} x {b.size.lines}" for b in batches]),
        ("predictions stored", [f"{b.rows:,}" for b in batches]),
        ("seconds", [f"{b.seconds:.1f}" for b in batches]),
        ("predictions a second", [f"{b.rows / b.seconds:,.0f}" for b in batches]),
        ("answer to /start, s", [f"{b.start_seconds:.2f}" for b in batches]),
    ]
    for route in dict.fromkeys(route for b in batches for route in b.routes):
        rows.append((f"{route}: p50, p95, s", [_quantiles(b.routes.get(route)) for b in batches]))
    for name in SERVICES:
        rows.append((f"memory of {name}, MB", [_change(b.megabytes[name]) for b in batches]))
        rows.append((f"BigQuery jobs of {name}", [f"{b.jobs[name]}" for b in batches]))
    rows.append(("errors and timeouts", [f"{sum(r.failed for r in b.routes.values())}" for b in batches]))
    rows.append(("chunks delivered again", [f"{b.redelivered}" for b in batches]))
    return rows


def _quantiles(route: Route | None) -> str:
    return f"{route.p50:.2f}, {route.p95:.2f}" if route else "-"


def _change(megabytes: tuple[float, float]) -> str:
    before, after = megabytes
    return f"{before:.0f} -> {after:.0f}"


def reader_table(found: Readers, threads: int) -> Table:
    """A line a route; `threads` requests are answered at a time."""
    shown = Table(
        title=f"{found.readers} readers at once of the date with {found.players:,} players, "
        f"{found.requests} requests in {found.seconds:.1f} s; the coordinator answers {threads} at a time "
        f"and grew {_change(found.megabytes)} MB"
    )
    for name in ("route", "requests", "p50 s", "p95 s", "slowest s", "errors and timeouts"):
        shown.add_column(name, justify="left" if name == "route" else "right")
    for name, route in sorted(found.routes.items()):
        figures = (f"{figure:.2f}" for figure in (route.p50, route.p95, route.slowest))
        shown.add_row(name, str(route.calls), *figures, str(route.failed))
    return shown
