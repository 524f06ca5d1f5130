"""A season of the real archive in one statement a table, and the same season day by day."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deploy.replay.archive import ReplayArchive
from deploy.replay.bulk import load_absences, store_history
from orchestration.pipeline import load_pipeline
from shared.messages import Phase
from shared.warehouse.warehouse import Warehouse

FIRST, LAST = date(2022, 10, 18), date(2024, 6, 17)
SEASON = date(2023, 10, 24)


@pytest.mark.slow
def test_a_season_in_one_statement_equals_its_days(
    warehouse: Warehouse, real_archive: Path, make_tables: Any
) -> None:
    source, tables = ReplayArchive(real_archive), make_tables(warehouse)
    store_history(warehouse, source, FIRST, LAST)
    load_absences(warehouse, source, SEASON, LAST)
    phases = load_pipeline().phases
    outputs = [*phases[Phase.ANALYTICS].outputs, *phases[Phase.PRECOMPUTE].outputs]
    before = [day for day in source.dates if FIRST <= day < SEASON]
    season = [day for day in source.dates if SEASON <= day <= LAST]
    tables.make_unchecked(outputs[:4], *before)
    tables.make(outputs, *season)
    together = {name: tables.rows(name, *season) for name in outputs}
    assert len(together["ml_feature_store"]) > 30_000
    for day in season:
        tables.make_unchecked(outputs, day)
    for name in outputs:
        assert tables.rows(name, *season) == together[name], name
