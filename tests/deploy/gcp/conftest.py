"""A cloud in a folder: a gcloud that is first on PATH, its revisions on HTTP, and the log of releases."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.gcp.cloud_run import CloudRun
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.records import Records, Step
from deploy.local.stack import free_ports
from deploy.registry import services
from shared.warehouse.warehouse import Warehouse

DOUBLE = Path(__file__).parent / "double"
ROOT = Path(__file__).resolve().parents[3]
PLACE = Environment("nba-props-test")
_AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
COMMITS = {name: name * 40 for name in "abc"}


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Does something in a thread of its own, and waits for its end."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


class World:
    """One cloud, and what was released in it."""

    def __init__(self, folder: Path, front: str, records: Records) -> None:
        self.folder, self.records, self.said = folder, records, list[str]()
        secrets = {secret: f"{name}-value" for s in services().values() for name, secret in s.secrets.items()}
        secrets |= {s.api_key_secret: f"{s.name}-first-key,{s.name}-second-key" for s in services().values()}
        state = {"front": front, "services": {}, "secrets": secrets, "log_delay": 0.0}
        (folder / "state.json").write_text(json.dumps(state))

    @property
    def gcloud(self) -> Gcloud:
        return Gcloud(PLACE, self.said.append)

    @property
    def cloud_run(self) -> CloudRun:
        return CloudRun(self.gcloud)

    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "state.json").read_text()))

    def configure(self, **values: Any) -> None:
        (self.folder / "state.json").write_text(json.dumps(self.state() | values))

    def cue(self, kind: str, **details: Any) -> None:
        """Asks for trouble, after what was asked for before."""
        path = self.folder / "cues.json"
        cues = json.loads(path.read_text()) if path.exists() else []
        path.write_text(json.dumps([*cues, {"kind": kind, **details}]))

    def traffic(self, name: str = "analytics") -> dict[str, int]:
        serving = self.cloud_run.serving(services()[name])
        return dict(serving.traffic) if serving else {}

    def tags(self, name: str = "analytics") -> set[str]:
        serving = self.cloud_run.serving(services()[name])
        return set(serving.tags) if serving else set()

    def calls(self, *beginning: str) -> list[list[str]]:
        """The gcloud commands so far that begin so."""
        path = self.folder / "calls.jsonl"
        rows = [json.loads(line)["argv"] for line in path.read_text().splitlines()] if path.exists() else []
        return [argv for argv in rows if argv[: len(beginning)] == list(beginning)]

    def steps(self, name: str = "analytics") -> list[Step]:
        """What was recorded, oldest first."""
        return self.records.newest(name)[::-1]

    def last(self, name: str = "analytics") -> Step:
        return self.steps(name)[-1]

    @contextmanager
    def once_hanging(self, do: Callable[[], object]) -> Iterator[None]:
        """Does something as soon as a gcloud hangs that is started inside."""

        hangs = self.folder / "hanging"

        def wait() -> None:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and not hangs.exists():
                time.sleep(0.05)
            if hangs.exists():
                do()

        with beside(wait):
            yield
        assert hangs.exists(), "no gcloud has hung"

    @contextmanager
    def callers(self, method: str = "GET", path: str = "/api/v1/teams/BOS/games") -> Iterator[None]:
        """Somebody who calls analytics all the while, as its users do, or its pushes."""
        service, done = services()["analytics"], threading.Event()
        url = f"{self.state()['front']}/{self.folder.name}/{service.cloud_run}{path}"

        def call() -> None:
            while not done.wait(0.02):
                requests.request(method, url, headers={"X-API-Key": "analytics-first-key"}, timeout=30)

        with beside(call):
            try:
                yield
            finally:
                done.set()


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of worlds, and the address at which their revisions answer."""
    folder, (port,) = tmp_path_factory.mktemp("worlds"), free_ports(1)
    argv = [sys.executable, DOUBLE / "front.py", folder, str(port)]
    with (folder / "front.log").open("w") as log:
        process = subprocess.Popen(argv, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=log, stdout=log)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not _answers(address):
            assert process.poll() is None, (folder / "front.log").read_text()
            time.sleep(0.05)
        yield folder, address
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(address: str) -> bool:
    try:
        requests.get(f"{address}/x/y/z", timeout=2)
    except requests.ConnectionError:
        return False
    return True


@pytest.fixture
def world(
    front: tuple[Path, str],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> World:
    """An empty cloud whose gcloud is the first on PATH."""
    folder = front[0] / f"w{time.time_ns()}"
    (folder / "bin").mkdir(parents=True)
    gcloud = folder / "bin" / "gcloud"
    # Without site-packages, of which it needs none: it is started some thousand times.
    gcloud.write_text(f'#!/bin/sh\nexec {sys.executable} -ES {DOUBLE / "gcloud.py"} {folder} "$@"\n')
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gcloud.parent}:{os.environ['PATH']}")
    warehouse.run("DELETE FROM nba_orchestration.deployments WHERE TRUE")
    return World(folder, front[1], Records(warehouse))


@pytest.fixture
def deploy(world: World) -> Callable[..., None]:
    """Deploys a service as the command line does after its checks."""
    from deploy.gcp.keys import service_key
    from deploy.gcp.preflight import check_mounts
    from deploy.gcp.rollout import Plan, Rollout

    def run(
        *names: str,
        commit: str = "a",
        ready_seconds: float = 5.0,
        commit_now: Callable[[], str] | None = None,
        **options: bool,
    ) -> None:
        wanted = [services()[name] for name in names or ("analytics",)]
        gcloud = world.gcloud
        plan = Plan(
            COMMITS[commit],
            check_mounts(gcloud, wanted, ()),
            {service.name: service_key(gcloud, service) for service in wanted},
            ready_seconds,
            **options,
        )
        now = commit_now or (lambda: plan.commit)
        Rollout(world.cloud_run, world.records, world.said.append, now).deploy_all(wanted, plan)

    return run


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean repository with what this one holds now, whether it is committed or not."""
    folder = tmp_path_factory.mktemp("checkout")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all of it"]):
        subprocess.run(["git", *_AUTHOR, *args], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def real_gcloud() -> str:
    """Where the real gcloud is, for what it does without a network; CI has it."""
    found = shutil.which("gcloud")
    if found is None:
        assert not os.environ.get("CI"), "gcloud is missing: CI checks with it what would be run and uploaded"
        pytest.skip("gcloud is not installed: what needs it is not checked")
    return found
