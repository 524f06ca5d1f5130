"""Running platforms for the tests that need all of it at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.driver import Driver
from deploy.local.league import generate
from deploy.local.stack import StackOptions, running_stack

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
