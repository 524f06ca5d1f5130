"""How long phases 3 and 4 take, and how many queries they ask, on an archive and one machine."""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.table import Table

from data_processors.phase_run import PhaseRun
from deploy.local.bigquery.process import Emulator, running_emulator
from deploy.replay.archive import ReplayArchive
from deploy.replay.bulk import load_absences, store_history
from orchestration.pipeline import load_pipeline
from orchestration.platform import Platform
from orchestration.state import Event, State
from shared.clock import utc_now
from shared.messages import AsOf, DateSpan, Phase
from shared.settings import Settings
from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.checks import enforce
from shared.warehouse.replace import replace_dates
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

PHASES = (Phase.ANALYTICS, Phase.PRECOMPUTE)
_KNOWLEDGE = AsOf(lead_minutes=60)
_QUERIES = logging.getLogger("shared.warehouse.warehouse")


@dataclass
class TableFigures:
    """Of one table: rows and seconds of the whole archive."""

    name: str
    rows: int
    seconds: float


@dataclass
class Measured:
    """What was measured."""

    dates: int
    raw_rows: dict[str, int]
    tables: list[TableFigures] = field(default_factory=list)
    slate_seconds: list[float] = field(default_factory=list)
    slate_players: list[int] = field(default_factory=list)
    slate_queries: list[dict[Phase, int]] = field(default_factory=list)

    def table(self) -> Table:
        """A line a table."""
        shown = Table(title="Phases 3 and 4, one statement a table and its checks")
        for name in ("table", "rows", "seconds"):
            shown.add_column(name, justify="left" if name == "table" else "right")
        for each in self.tables:
            shown.add_row(each.name, f"{each.rows:,}", f"{each.seconds:.2f}")
        total = sum(each.seconds for each in self.tables)
        shown.add_row("total", f"{sum(each.rows for each in self.tables):,}", f"{total:.2f}", style="bold")
        return shown

    def summary(self) -> str:
        """The seconds and queries of a slate, beside the size of what was loaded."""
        games = self.raw_rows["nba_player_boxscores"]
        lines = [f"{self.dates} dates with {games:,} box-score rows: the table above."]
        first, *rest = self.slate_seconds
        usual = f"; then median {median(rest):.2f} s ({min(rest):.2f} to {max(rest):.2f})" if rest else ""
        lines.append(
            f"{len(self.slate_seconds)} slates of {min(self.slate_players)} to {max(self.slate_players)} "
            f"players, all tables, checks and events: the first {first:.2f} s{usual}."
        )
        for phase in PHASES:
            outputs = len(load_pipeline().phases[phase].outputs)
            most = max(queries[phase] for queries in self.slate_queries)
            lines.append(
                f"{phase}: {most} queries a slate for {outputs} tables, {most / outputs:.1f} a table "
                "with state and events."
            )
        return "\n".join(lines)


def measure(archive: ReplayArchive, slates: int, say: Callable[[str], None]) -> Measured:
    """Loads an archive into an emulated warehouse, computes all of it, then the last slates one by one."""
    first, last = archive.dates[0], archive.dates[-1]
    with tempfile.TemporaryDirectory() as folder, running_emulator(Path(folder)) as emulator:
        platform = Platform(_settings(emulator))
        bootstrap(platform.warehouse, platform.settings.BIGQUERY_LOCATION)
        say("loading the archive")
        rows = store_history(platform.warehouse, archive, first, last)
        rows["nba_injury_report"] = load_absences(platform.warehouse, archive, first, last)
        measured = Measured(len(archive.dates), rows)
        for name in _outputs():
            say(name)
            measured.tables.append(_whole(platform.warehouse, name, archive.dates))
        for day in archive.dates[-slates:]:
            say(f"slate of {day}")
            _slate(platform, day, measured)
    return measured


def _settings(emulator: Emulator) -> Settings:
    return Settings(
        SERVICE="analytics",
        PORT=8080,
        GOOGLE_CLOUD_PROJECT=emulator.project,
        VALID_API_KEYS=("benchmark",),
        OIDC_AUDIENCE="benchmark",
        OIDC_SERVICE_ACCOUNTS=("benchmark",),
        BIGQUERY_EMULATOR_HOST=emulator.rest,
        BIGQUERY_STORAGE_EMULATOR_HOST=emulator.grpc,
    )


def _outputs() -> list[str]:
    return [name for phase in PHASES for name in load_pipeline().phases[phase].outputs]


def _whole(warehouse: Warehouse, name: str, days: list[date]) -> TableFigures:
    spec, generation = spec_of(name), utc_now()
    started = perf_counter()
    made = replace_dates(warehouse, spec, dict.fromkeys(days, generation), _KNOWLEDGE, "benchmark")
    enforce(warehouse, spec, days[0], days[-1])
    return TableFigures(name, made.stored, perf_counter() - started)


def _slate(platform: Platform, day: date, measured: Measured) -> None:
    """What a message about new raw data makes the two services do."""
    raw = load_pipeline().phases[Phase.RAW].outputs
    generation = utc_now()
    platform.state.append(
        Event(day, Phase.RAW, name, State.COMPLETE, generation, "benchmark", 1) for name in raw
    )
    seconds, queries = 0.0, {}
    for phase in PHASES:
        run = PhaseRun(platform, phase, DateSpan(from_date=day, to_date=day), _KNOWLEDGE)
        with _counted() as counted:
            started = perf_counter()
            run.execute()
            seconds += perf_counter() - started
        queries[phase] = len(counted)
        players = next((e.rows_stored or 0 for e in run.made if e.output == "ml_feature_store"), 0)
    measured.slate_seconds.append(seconds)
    measured.slate_queries.append(queries)
    measured.slate_players.append(players)


class _Collector(logging.Handler):
    """Keeps what is logged of queries."""

    def __init__(self, found: list[logging.LogRecord]) -> None:
        super().__init__()
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "query":
            self._found.append(record)


@contextmanager
def _counted() -> Iterator[list[logging.LogRecord]]:
    """The warehouse's own record of each query that it asks."""
    found: list[logging.LogRecord] = []
    handler = _Collector(found)
    level = _QUERIES.level
    _QUERIES.addHandler(handler)
    _QUERIES.setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        _QUERIES.setLevel(level)
        _QUERIES.removeHandler(handler)
