"""A platform that nothing else is tested on: what is sent here leaves letters and dates behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.driver import Driver
from deploy.local.stack import StackOptions, running_stack


@pytest.fixture(scope="session")
def driver(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with running_stack(StackOptions(tmp_path_factory.mktemp("fuzzed"), league)) as stack:
        yield Driver(stack)
