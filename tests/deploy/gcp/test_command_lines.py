"""Every gcloud command of a release passes gcloud's own linter, which touches no network."""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.gcp import dry_run, logs
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.request_log import log_filter
from deploy.gcp.run_commands import traffic_command
from deploy.registry import services
from shared.clock import utc_now

PLACE = Environment("nba-props-test")
Lint = Callable[[list[str]], dict[str, str]]


@pytest.fixture(scope="module")
def lint(real_gcloud: str, tmp_path_factory: pytest.TempPathFactory) -> Lint:
    """Command line -> what the real gcloud says against it; only of those that it refuses."""

    def run(lines: list[str]) -> dict[str, str]:
        file = tmp_path_factory.mktemp("lint") / "commands.json"
        file.write_text(json.dumps([{"command_string": line} for line in lines]))
        argv = [real_gcloud, "meta", "lint-gcloud-commands", f"--commands-file={file}"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True)
        answers = json.loads(done.stdout)
        assert len(answers) == len(set(lines))
        return {row["command_string"]: row["error_message"] for row in answers if not row["success"]}

    return run


def test_the_linter_finds_what_it_looks_for(lint: Lint) -> None:
    bad = [
        "gcloud run deploy x --sauce=.",
        "gcloud run services update-trafic x",
        "gcloud run services update-traffic x --to-latest --to-revisions=a=1",
    ]
    assert set(lint([*bad, "gcloud run deploy x --source=."])) == set(bad)


def test_what_a_dry_run_shows(lint: Lint, world: Any) -> None:
    said: list[str] = []
    gcloud = Gcloud(PLACE, said.append, dry_run=True)
    dry_run.deploy(gcloud, list(services().values()), hold=False)
    dry_run.canary(gcloud, services()["worker"], (10, 50, 100))
    dry_run.logs(gcloud, logs.query(PLACE, list(services().values()), ("errors",)), 10)
    dry_run.deploy(gcloud, [services()["worker"]], hold=True, all_users=True)
    lines = [line for line in said if line.startswith("gcloud ")]
    assert len(lines) == 12 + 5 + 1 + 1
    assert "--allow-unauthenticated" in lines[-1]
    assert "--no-invoker-iam-check" not in lines[-1]
    assert lint(lines) == {}
    assert not world.calls("run", "deploy")


def test_what_moves_traffic_and_reads(lint: Lint) -> None:
    service = services()["worker"]
    moves = [
        traffic_command(PLACE, service, {"a": 10, "b": 90}, add_tags={"stable": "b"}),
        traffic_command(PLACE, service, {"b": 100}, remove_tags=("candidate", "stable")),
    ]
    now = utc_now()
    texts = [log_filter(PLACE.project, service, "worker-1", now, now)]
    for subjects in ((), ("errors",), ("auth",), ("quality",), ("errors", "auth", "quality")):
        texts.append(logs.query(PLACE, list(services().values()), subjects, "abc123"))
    reads = [
        ["run", "services", "describe", service.cloud_run, "--region=us-west2"],
        ["run", "revisions", "list", f"--service={service.cloud_run}", "--region=us-west2", "--limit=50"],
        *(["logging", "read", text, "--limit=10", "--order=desc"] for text in texts),
    ]
    ends = ["--format=json", f"--project={PLACE.project}", "--quiet"]
    private = ["secrets", "versions", "access", "2", "--secret=worker-api-keys", "--format=json[private]"]
    lines = [move.line(PLACE) for move in moves] + [shlex.join(["gcloud", *read, *ends]) for read in reads]
    lines.append(shlex.join(["gcloud", *private, *ends[1:]]))
    assert lint(lines) == {}


def test_what_a_release_really_ran(lint: Lint, world: Any, deploy: Callable[..., None]) -> None:
    """The double takes only what the real one takes."""
    deploy()
    deploy(commit="b")
    assert {"--no-traffic" in argv for argv in world.calls("run", "deploy")} == {True, False}
    assert lint([shlex.join(["gcloud", *argv]) for argv in world.calls()]) == {}


@pytest.mark.parametrize("private", [False, True])
def test_what_is_read_privately_is_in_no_log_of_gcloud(
    real_gcloud: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, private: bool
) -> None:
    """By what the real one says of its own settings: it needs no network, and logs as for every command."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CORE_ACCOUNT", "c4nary@example.com")
    found = Gcloud(PLACE, print).read("config", "list", private=private)
    assert found["core"]["account"] == "c4nary@example.com"
    logs = "".join(file.read_text() for file in tmp_path.rglob("*.log"))
    assert ("c4nary" in logs) is not private
