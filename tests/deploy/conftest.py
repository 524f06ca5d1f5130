"""Running platforms for the tests that need all of it at once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.driver import Driver
from deploy.local.league import generate
from deploy.local.stack import StackOptions, running_stack
from shared.warehouse.specs import all_specs
from shared.warehouse.warehouse import Warehouse

LEAGUE_DAYS = 14


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short simulated season in the archive format."""
    return generate(7, tmp_path_factory.mktemp("league"), days=LEAGUE_DAYS).archive


@pytest.fixture(scope="session")
def driver(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A platform over the simulated league that tests share; one that needs a clean one has its own."""
    with running_stack(StackOptions(tmp_path_factory.mktemp("stack"), league)) as stack:
        yield Driver(stack)


Contents = dict[str, set[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def contents() -> Callable[[Warehouse], Contents]:
    """Reads a warehouse's tables for comparison."""
    return _contents


def _contents(warehouse: Warehouse) -> Contents:
    """Every replaced table as a set of rows over its stable columns ."""
    tables = {}
    for spec in all_specs().values():
        if spec.kind == "replaced":
            names = spec.stable_columns()
            rows = warehouse.rows(f"SELECT {', '.join(names)} FROM {spec.table}")
            tables[spec.table] = {tuple(_hashable(row[name]) for name in names) for row in rows}
            if set(spec.key) <= set(names):
                assert len(rows) == len(tables[spec.table]), f"{spec.table} has a row twice"
    return tables


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_hashable(each) for each in value)
    if isinstance(value, dict):
        return tuple(sorted((key, _hashable(each)) for key, each in value.items()))
    return value
