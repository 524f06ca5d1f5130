"""A short simulated season, and what a platform makes of its last slates when nothing goes wrong."""

import pytest

from deploy.local.league import generate
from deploy.replay.archive import ReplayArchive

LEAGUE_DAYS = 14


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ReplayArchive:
    return ReplayArchive(generate(7, tmp_path_factory.mktemp("league"), days=LEAGUE_DAYS).archive)
