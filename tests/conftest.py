"""What the tests share: real emulators, the real data where it is at hand, and a service's environment."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from deploy.local.bigquery.process import Emulator, running_emulator
from shared.settings import Settings
from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.client import make_client
from shared.warehouse.specs import all_specs
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[1]
# Test processes share two cores: threads of each would wait for the others' at every step of a fit.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Seasons of the league; running platforms.
_SHARING = ("tests/deploy/local/league/", "tests/deploy/local/test_", "tests/deploy/fuzz/")
# In the order in which they begin.
_LONGEST = (
    "tests/faults/test_chaos",
    "tests/deploy/gcp/",
    "tests/deploy/replay/",
    *_SHARING,
    "tests/deploy/cli/",
    "tests/data_processors/",
    "tests/predictions/",
)
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


@pytest.fixture(scope="session")
def bigquery_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulated BigQuery, one a test process."""
    with running_emulator(tmp_path_factory.mktemp("bigquery")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def emulated_bigquery(bigquery_emulator: Emulator) -> Warehouse:
    """The emulated BigQuery with every table of the platform."""
    emulator = bigquery_emulator
    storage = StorageReader(emulator.project, emulator.grpc)
    warehouse = Warehouse(make_client(emulator.project, "us-west2", emulator.rest), storage)
    bootstrap(warehouse, "us-west2")
    return warehouse


@pytest.fixture(scope="session")
def storage(emulated_bigquery: Warehouse) -> StorageReader:
    """The other way into the emulated BigQuery: whole columns at once."""
    return emulated_bigquery.storage


@pytest.fixture(scope="module")
def warehouse(emulated_bigquery: Warehouse) -> Warehouse:
    """The emulated BigQuery as bootstrap left it: every table empty when a module begins."""
    tables = [spec.table for spec in all_specs().values() if spec.kind != "view"]
    emulated_bigquery.run("; ".join(f"DELETE FROM {table} WHERE TRUE" for table in tables))
    return emulated_bigquery


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
        # An emulator of the test process is in its environment, in which these settings are not to look.
        PUBSUB_EMULATOR_HOST=None,
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with what takes longest, so that no core waits for the other at the end."""

    def place(item: pytest.Item) -> int:
        found = (at for at, prefix in enumerate(_LONGEST) if item.nodeid.startswith(prefix))
        return next(found, len(_LONGEST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was loaded for all tests stays: no search for garbage has to look through it again."""
    gc.collect()
    gc.freeze()


class ByFile(LoadFileScheduling):
    """Keeps together on one core the tests of a file, and of several files that share something costly."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (prefix for prefix in _SHARING if nodeid.startswith(prefix))
        return next(shared, super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """xdist's own groups do nothing with this pytest: they rely on an attribute that it no longer has."""
    return ByFile(config, log)
