"""What the tests share: real emulators, the real data where it is at hand, and a service's environment."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.bigquery.process import running_emulator
from shared.settings import Settings
from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.client import make_client
from shared.warehouse.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[1]
# Seasons of the league; a running platform.
_SHARING = ("tests/deploy/local/league/", "tests/deploy/local/test_")
_DEFAULT_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data. Absent data skips the test, unless it was promised: then it fails."""
    named = os.environ.get("NBA_PROPS_DATA")
    folder = Path(named) if named else _DEFAULT_DATA
    if not named and not folder.is_dir():
        pytest.skip("no real data: set NBA_PROPS_DATA")
    assert folder.is_dir(), f"NBA_PROPS_DATA={folder} is not a folder"
    return folder


@pytest.fixture(scope="session")
def real_archive(real_data: Path) -> Path:
    """The archive of real seasons."""
    folder = real_data / "archive"
    assert (folder / "games.parquet").is_file(), f"{folder} has no games.parquet"
    return folder


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """An emulated BigQuery with every table of the platform, empty, one a test module."""
    with running_emulator(tmp_path_factory.mktemp("bigquery")) as emulator:
        warehouse = Warehouse(make_client(emulator.project, "us-west2", emulator.rest))
        bootstrap(warehouse, "us-west2")
        yield warehouse


@pytest.fixture
def settings() -> Settings:
    """A service's settings with known keys."""
    return Settings(
        SERVICE="analytics",
        PORT=8080,
        GOOGLE_CLOUD_PROJECT="nba-local",
        VALID_API_KEYS=("first-test-key", "second-test-key"),
        OIDC_AUDIENCE="nba-props/analytics",
        OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps together on one core the tests of a file, and of several files that share something costly."""
    for item in items:
        shared = [prefix for prefix in _SHARING if item.nodeid.startswith(prefix)]
        item.add_marker(pytest.mark.xdist_group((shared or [item.nodeid.partition("::")[0]])[0]))
