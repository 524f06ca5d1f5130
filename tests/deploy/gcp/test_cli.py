"""The commands themselves, from a clean checkout, and what they refuse."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.gcp.release import ReleaseError
from deploy.local.bigquery.process import Emulator
from deploy.registry import services

NAME = services()["analytics"].cloud_run
FIRST, SECOND = (f"{NAME}-0000{n}-abc" for n in (1, 2))


def emulated(emulator: Emulator) -> dict[str, str]:
    """The variables that lead to a BigQuery that is not Google's."""
    return {
        "GOOGLE_CLOUD_PROJECT": emulator.project,
        "BIGQUERY_EMULATOR_HOST": emulator.rest,
        "BIGQUERY_STORAGE_EMULATOR_HOST": emulator.grpc,
    }


class Cli:
    """nba-props gcp in a checkout, with a gcloud and a BigQuery that are not Google's."""

    def __init__(self, checkout: Path, emulator: Emulator) -> None:
        self._checkout = checkout
        self._env = os.environ | {
            "PYTHONPATH": str(checkout),
            "PYTHONDONTWRITEBYTECODE": "1",
            **emulated(emulator),
            "COLUMNS": "300",
        }

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Starts a command as the leader of a group of its own."""
        argv = [sys.executable, "-m", "typer", "deploy.cli.main", "run", *args]
        return subprocess.Popen(
            argv,
            cwd=self._checkout,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *args: str, status: int = 0, **env: str) -> str:
        argv = [sys.executable, "-m", "typer", "deploy.cli.main", "run", *args]
        done = subprocess.run(
            argv,
            cwd=self._checkout,
            env=self._env | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout


@pytest.fixture
def cli(checkout: Path, world: Any, bigquery_emulator: Emulator) -> Cli:
    return Cli(checkout, bigquery_emulator)


@pytest.mark.slow
def test_an_operators_afternoon(real_gcloud: str, cli: Cli, world: Any, checkout: Path) -> None:
    assert "analytics: PROMOTED" in cli("gcp", "deploy", "analytics")
    assert "HELD" in cli("gcp", "deploy", "analytics", "--no-traffic")
    shown = cli("gcp", "releases", "analytics")
    assert f"{FIRST} 100 %" in shown
    assert f"candidate: {SECOND}" in shown
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert world.last().commit_sha == head
    quick = ("--steps", "50,100", "--watch", "2s", "--min-requests", "5", "--log-delay", "0s")
    assert "every gate passed" in cli("gcp", "canary", "analytics", *quick)
    assert world.traffic() == {SECOND: 100}
    assert "200 0." in cli("gcp", "logs", "analytics", "--since", "10m")
    junit = world.folder / "smoke.xml"
    assert "0 failed" in cli("smoke", "analytics", "--gcp", "--junit", str(junit))
    assert '<testsuite name="analytics" tests="26" failures="0">' in junit.read_text()
    assert f"{FIRST} has all traffic" in cli("gcp", "rollback", "analytics")
    assert world.traffic() == {FIRST: 100}


def test_what_serves_after_a_rollback_is_smoke_tested_as_what_it_is(
    world: Any, deploy: Callable[..., None], tmp_path: Path, bigquery_emulator: Emulator
) -> None:
    deploy()
    deploy(commit="b")
    world.cloud_run.move(services()["analytics"], {FIRST: 100})

    def smoke() -> Any:
        args = ["smoke", "analytics", "--gcp", "--project", "nba-props-test", "--within", "1s"]
        return CliRunner().invoke(app, args, env={"COLUMNS": "300"})

    done = smoke()
    assert done.exit_code == 0, done.output
    # And it is held against something: a revision that says it is another commit is found.
    world.cue("deploy-as", behaviour={"commit": "f" * 40})
    with pytest.raises(ReleaseError, match="wrong identity"):
        deploy(commit="c", ready_seconds=1.0)
    world.cloud_run.move(services()["analytics"], {f"{NAME}-00003-abc": 100})
    done = smoke()
    assert done.exit_code == 1
    assert "commit is" in done.output


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_at_a_terminal_gives_traffic_back_and_ends_with_its_status(
    cli: Cli, world: Any, deploy: Callable[..., None], bigquery_emulator: Emulator, sent: signal.Signals
) -> None:
    deploy()
    deploy(commit="b", hold=True)
    process = cli.start("gcp", "canary", "analytics")
    try:
        deadline = time.monotonic() + 60
        while "STEP" not in {step.state for step in world.steps()}:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.2)
        # A terminal sends it to all that runs in the foreground, a gcloud too.
        os.killpg(process.pid, sent)
        shown, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, shown
    assert f"interrupted by the operator; {FIRST} has all traffic" in shown
    assert (world.traffic(), world.tags()) == ({FIRST: 100}, set())
    assert world.last().state == "ROLLED_BACK"


def test_a_dry_run_changes_nothing_and_shows_every_change(cli: Cli, world: Any) -> None:
    shown = cli("gcp", "deploy", "--all", "--dry-run")
    assert shown.count("gcloud run deploy ") == 6
    assert shown.count("gcloud run services update-traffic ") == 6
    assert "--no-traffic" not in shown
    assert "gcloud logging read " in cli("gcp", "logs", "--errors", "--dry-run")
    assert "--to-revisions=OLD-REVISION=100" in cli("gcp", "canary", "worker", "--dry-run")
    assert not world.calls("run", "deploy") + world.calls("run", "services", "update-traffic")


BAD = {
    "no service": (("gcp", "deploy"), 2, "name services"),
    "both": (("gcp", "deploy", "raw", "--all"), 2, "name services"),
    "unknown": (("gcp", "deploy", "nonsense"), 2, "no such service; there are"),
    "falling steps": (("gcp", "canary", "raw", "--steps", "50,10,100"), 2, "rising percents up to 100"),
    "no last step": (("gcp", "canary", "raw", "--steps", "10,50"), 2, "rising percents up to 100"),
    "a time without unit": (("gcp", "canary", "raw", "--watch", "5"), 2, "write 30s, 5m, 1h or 7d"),
    "never deployed": (("gcp", "rollback", "raw"), 1, "raw was never deployed"),
    "a bad id": (("gcp", "logs", "--correlation", 'x"'), 1, "--correlation takes letters"),
    "two places": (("smoke", "--local", "--gcp"), 2, "give one of"),
    "whose address": (("smoke", "--base-url", "http://127.0.0.1:1"), 2, "name that SERVICE"),
    "no key": (("smoke", "raw", "--base-url", "http://127.0.0.1:1"), 1, "set NBA_PROPS_API_KEY"),
    "no platform": (("smoke", "--local", "--state", "nowhere"), 1, "no platform runs in nowhere"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_told_in_a_line(
    world: Any, bigquery_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    args, status, reason = BAD[what]
    variables = {"COLUMNS": "300", "NBA_PROPS_API_KEY": "", **emulated(bigquery_emulator)}
    result = CliRunner().invoke(app, list(args), env=variables)
    assert (result.exit_code, type(result.exception)) == (status, SystemExit)
    assert reason in " ".join(result.output.replace("│", " ").split())


def test_a_dirty_tree_is_not_deployed(cli: Cli, world: Any, checkout: Path) -> None:
    (checkout / "left-over.txt").write_text("x")
    try:
        assert "not clean (left-over.txt)" in cli("gcp", "deploy", "raw", status=1)
    finally:
        (checkout / "left-over.txt").unlink()
    assert world.calls() == []
