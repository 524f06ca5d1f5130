"""A short simulated season, and what a platform makes of its last slates when nothing goes wrong."""

import pytest

from deploy.local.league import generate
from deploy.replay.archive import ReplayArchive

LEAGUE_DAYS, SHORT_DAYS = 14, 6


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ReplayArchive:
    return ReplayArchive(generate(7, tmp_path_factory.mktemp("league"), days=LEAGUE_DAYS).archive)


@pytest.fixture(scope="session")
def short_archive(tmp_path_factory: pytest.TempPathFactory) -> ReplayArchive:
    """The first days of a season, the last of them a slate of four games."""
    return ReplayArchive(generate(7, tmp_path_factory.mktemp("league"), days=SHORT_DAYS).archive)
