"""The rollback drill: a bad version gets a part of the pushes of a replay, and no message is lost."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.chaos.contents import differences, read_contents
from deploy.gcp.canary import Canary, CanaryOptions
from deploy.gcp.gate import Limits
from deploy.gcp.release import ReleaseError
from deploy.gcp.request_log import RequestLog
from deploy.local.driver import Driver
from deploy.local.environment import variable
from deploy.local.stack import (
    PROJECT,
    PUSH_ACCOUNT,
    StackOptions,
    free_ports,
    procfile_command,
    running_stack,
)
from deploy.registry import services
from deploy.replay.archive import ReplayArchive
from deploy.replay.replay import ReplayOptions, replay
from orchestration.bus_setup import BusSetup, Target
from orchestration.pipeline import load_pipeline

RAW = services()["raw"]
FIRST, SECOND = (f"{RAW.cloud_run}-0000{n}-abc" for n in (1, 2))
WATCH = CanaryOptions((10, 50, 100), 120.0, Limits(minimum=10), log_delay_seconds=0.5)
Deploy = Callable[..., None]


@pytest.fixture
def bad_version(checkout: Path, tmp_path: Path) -> Path:
    """The same code, healthy in every way that one can ask for, with a bug in what handles messages."""
    folder = tmp_path / "bad-version"
    shutil.copytree(checkout, folder, ignore=shutil.ignore_patterns(".git"))
    push = folder / "shared" / "http" / "push.py"
    text = push.read_text()
    assert text.count("return handler(delivery)") == 1
    push.write_text(text.replace("return handler(delivery)", 'raise RuntimeError("a bug of this version")'))
    return folder


@contextmanager
def version(driver: Driver, folder: Path, revision: str, commit: str) -> Iterator[str]:
    """A second process of the raw service, of the code in a folder; its address."""
    (port,) = free_ports(1)
    environment = driver.stack.environment(RAW) | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "K_REVISION": revision,
        "COMMIT_SHA": commit,
    }
    log = driver.stack.options.folder / f"{revision}.log"
    with log.open("w") as file:
        process = subprocess.Popen(procfile_command().split(), cwd=folder, env=environment, stderr=file)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def push_through(driver: Driver, front: str) -> None:
    """Points the raw service's subscriptions at the address whose traffic is split."""
    stack = driver.stack
    with variable("PUBSUB_EMULATOR_HOST", stack.address("pubsub-grpc")):
        setup = BusSetup(PROJECT, load_pipeline(), PUSH_ACCOUNT)
    targets = {name: Target(stack.url(name), service.audience) for name, service in services().items()}
    setup.apply(targets | {"raw": Target(front, RAW.audience)})


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_bad_canary_is_taken_back_while_a_replay_runs_and_no_message_is_lost(
    world: Any,
    deploy: Deploy,
    bad_version: Path,
    checkout: Path,
    league: Path,
    tmp_path: Path,
) -> None:
    archive = ReplayArchive(league)
    days = archive.dates[-2:]
    options = ReplayOptions(archive, days[0], days[-1], bulk_until=days[0])
    with running_stack(StackOptions(tmp_path / "drill", league)) as stack:
        driver = Driver(stack)
        keys = world.state()["secrets"] | {RAW.api_key_secret: stack.keys["raw"]}
        world.configure(secrets=keys)
        with (
            version(driver, checkout, FIRST, "a" * 40) as good,
            version(driver, bad_version, SECOND, "b" * 40) as bad,
        ):
            world.cue("deploy-as", behaviour={"backend": good})
            deploy("raw", ready_seconds=60.0)
            world.cue("deploy-as", behaviour={"backend": bad})
            # All that can be asked of the bad version is well: it is deployed.
            deploy("raw", commit="b", hold=True, ready_seconds=60.0)
            push_through(driver, f"{world.state()['front']}/{world.folder.name}/{RAW.cloud_run}")

            begun = threading.Event()

            def on_day(what: str, *_: int) -> None:
                if what == str(days[0]):
                    begun.set()

            with ThreadPoolExecutor(1) as pool:
                replaying = pool.submit(replay, driver, options, on_day)
                assert begun.wait(240)
                canary = Canary(world.cloud_run, world.records, RequestLog(world.gcloud), world.said.append)
                with pytest.raises(ReleaseError, match=f"error rate .*; {FIRST} has all traffic"):
                    canary.run(RAW, stack.keys["raw"], WATCH)
                still_running = not replaying.done()
                assert replaying.result().dates == days

        assert still_running, "the drill ended after the replay: it has shown nothing"
        assert world.traffic("raw") == {FIRST: 100}
        assert "error rate" in world.last("raw").reason
        assert _failed_pushes(world, SECOND), "the bad version was never given a message"
        assert stack.warehouse.rows("SELECT * FROM nba_orchestration.dead_letters") == []
        drilled = read_contents(stack.warehouse)

    with running_stack(StackOptions(tmp_path / "clean", league)) as stack:
        replay(Driver(stack), options, lambda *_: None)
        expected = read_contents(stack.warehouse)
    assert expected["nba_predictions.prediction_accuracy"]
    assert differences(drilled, expected) == []


def _failed_pushes(world: Any, revision: str) -> int:
    rows = world.gcloud.read("logging", "read", f'revision_name="{revision}"')
    asked = [row["httpRequest"] for row in rows]
    return sum(each["status"] >= 500 and each["requestUrl"].endswith("/process") for each in asked)
