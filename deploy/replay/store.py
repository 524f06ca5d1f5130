"""A warehouse with an archive's features in it: bulk-loaded, and computed by the production SQL."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from deploy.local.bigquery.process import running_emulator
from deploy.replay.archive import MORNING_HOUR, ReplayArchive
from deploy.replay.bulk import load_absences, load_lines, load_reports, load_rosters, store_history
from deploy.replay.day import LEAD_MINUTES, AsOfMode
from orchestration.pipeline import load_pipeline
from shared.clock import utc_now
from shared.messages import AsOf, Phase
from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.checks import enforce
from shared.warehouse.client import make_client
from shared.warehouse.replace import replace_dates
from shared.warehouse.specs import spec_of
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

_LOCATION = "us-west2"


class Computed(NamedTuple):
    """A warehouse with features in it: `storage` reads whole columns, `warehouse` asks."""

    storage: StorageReader
    warehouse: Warehouse


@contextmanager
def computed_archive(
    archive: ReplayArchive,
    say: Callable[[str], None],
    *,
    mode: AsOfMode = "tip",
    lines: bool = True,
    availability: bool = False,
) -> Iterator[Computed]:
    """Every feature row of an archive, read through what is yielded while it lasts.

    Args:
        mode: when it is known what a row may rest on: `tip`, an hour before each; `morning`, that or ten
            o'clock Eastern of the game's date, whichever is earlier.
        lines: with the archive's lines.
        availability: with its absences as if they had been reported, an hour before each tip.
    """
    with tempfile.TemporaryDirectory() as folder, running_emulator(Path(folder)) as emulator:
        storage = StorageReader(emulator.project, emulator.grpc)
        warehouse = Warehouse(make_client(emulator.project, _LOCATION, emulator.rest), storage)
        bootstrap(warehouse, _LOCATION)
        fill(warehouse, archive, say, mode=mode, lines=lines, availability=availability)
        yield Computed(storage, warehouse)


def fill(
    warehouse: Warehouse,
    archive: ReplayArchive,
    say: Callable[[str], None],
    *,
    mode: AsOfMode = "tip",
    lines: bool = True,
    availability: bool = False,
) -> None:
    """Loads all of an archive straight into the raw tables and computes phases 3 and 4 of its dates."""
    first, last = archive.dates[0], archive.dates[-1]
    say("loading the archive")
    store_history(warehouse, archive, first, last)
    load_rosters(warehouse, archive, first, last)
    if lines:
        load_lines(warehouse, archive, first, last)
    load_reports(warehouse, archive, first, last)
    if availability:
        load_absences(warehouse, archive, first, last)
    compute(warehouse, archive.dates, say, mode)


def compute(warehouse: Warehouse, days: list[date], say: Callable[[str], None], mode: AsOfMode) -> None:
    """Makes every table of phases 3 and 4 for some dates from the raw ones, a statement a table."""
    hour = MORNING_HOUR if mode == "morning" else None
    knowledge = AsOf(lead_minutes=LEAD_MINUTES)
    for phase in (Phase.ANALYTICS, Phase.PRECOMPUTE):
        for name in load_pipeline().phases[phase].outputs:
            say(name)
            spec, made = spec_of(name), dict.fromkeys(days, utc_now())
            replace_dates(warehouse, spec, made, knowledge, "archive", latest_hour=hour)
            enforce(warehouse, spec, days[0], days[-1])
