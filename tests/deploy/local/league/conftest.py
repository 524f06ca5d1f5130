"""Leagues, generated once: six weeks for the identities, three of two seasons for what needs many rows."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from deploy.local.league import LeagueFiles, generate


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> LeagueFiles:
    """The first 45 days of one season."""
    return generate(7, tmp_path_factory.mktemp("league"), days=45)


@pytest.fixture(scope="session")
def two_seasons(tmp_path_factory: pytest.TempPathFactory) -> LeagueFiles:
    """2023-24 and 2024-25."""
    return _simulated(tmp_path_factory, 1)


@pytest.fixture(scope="session")
def leagues(tmp_path_factory: pytest.TempPathFactory, two_seasons: LeagueFiles) -> list[LeagueFiles]:
    """The same, simulated three times over."""
    return [two_seasons, *(_simulated(tmp_path_factory, seed) for seed in (2, 3))]


def _simulated(tmp_path_factory: pytest.TempPathFactory, seed: int) -> LeagueFiles:
    return generate(seed, tmp_path_factory.mktemp("leagues") / str(seed), seasons=2, first_season=2023)


@pytest.fixture(scope="session")
def table(league: LeagueFiles) -> Callable[[str], pd.DataFrame]:
    """Reads a table of the six weeks' archive by name."""
    return lambda name: pd.read_parquet(Path(league.archive) / f"{name}.parquet")
