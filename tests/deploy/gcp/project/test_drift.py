"""Drift: whatever was changed by hand is found, and nothing is where nothing was."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.gcp import commits
from deploy.gcp.changes import look_at
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.grants import beyond
from deploy.gcp.secret_store import secret_specs
from deploy.gcp.services import DeployedServices
from deploy.registry import Service, services

PLACE = Environment("nba-props-test")


def row_of(service: Service) -> dict[str, Any]:
    """A service as Cloud Run tells of one that was deployed from here."""
    env = [{"name": name, "value": value} for name, value in PLACE.variables(service).items()]
    env.append({"name": "COMMIT_SHA", "value": "abc"})
    for variable, secret in service.secrets.items():
        env.append({"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": "2"}}})
    limits = {"memory": service.run.memory, "cpu": f"{service.run.cpu}000m"}
    template = {
        "metadata": {"annotations": {"autoscaling.knative.dev/maxScale": str(service.run.max_instances)}},
        "spec": {
            "containerConcurrency": service.concurrency,
            "timeoutSeconds": service.timeout_seconds,
            "serviceAccountName": PLACE.runtime_account(service),
            "containers": [{"env": env, "resources": {"limits": limits}}],
        },
    }
    revision = f"{service.cloud_run}-00002-abc"
    return {
        "metadata": {
            "name": service.cloud_run,
            "labels": {"commit": "new"},
            # As gcloud writes it.
            "annotations": {
                "run.googleapis.com/invoker-iam-disabled": "True",
                "run.googleapis.com/ingress": "all",
            },
        },
        "spec": {"template": template},
        "status": {
            "url": f"https://{service.cloud_run}.a.run.app",
            "latestReadyRevisionName": revision,
            "traffic": [{"revisionName": revision, "percent": 100}],
        },
    }


def version(secret: str, number: int) -> dict[str, str]:
    return {"name": f"projects/1/secrets/{secret}/versions/{number}", "state": "ENABLED"}


def behind(commit: str) -> str | None:
    return None if commit == "new" else "HEAD"


def drift(cloud: Any, rows: dict[str, Any]) -> tuple[list[str], Any]:
    cloud.update(services=rows)
    said: list[str] = []
    return said, look_at([DeployedServices(behind)], Gcloud(PLACE, said.append), said.append)


@pytest.fixture
def rows(cloud: Any) -> dict[str, Any]:
    """The services, and secrets of two versions each."""
    made = {
        name: {"name": f"projects/1/secrets/{name}", "versions": [version(name, n) for n in (1, 2)]}
        for name in secret_specs()
    }
    cloud.update(secrets=made)
    return {service.cloud_run: row_of(service) for service in services().values()}


def test_what_was_deployed_from_here_does_not_differ(cloud: Any, rows: dict[str, Any]) -> None:
    _, summary = drift(cloud, rows)
    assert (summary.changes, summary.waiting) == (0, [])


def test_a_service_that_is_not_there_is_told_of(cloud: Any, rows: dict[str, Any]) -> None:
    del rows["prediction-worker"]
    _, summary = drift(cloud, rows)
    assert summary.waiting == ["service prediction-worker: `nba-props gcp deploy worker`"]


def _spec(row: Any) -> Any:
    return row["spec"]["template"]["spec"]


def _env(row: Any) -> list[Any]:
    found: list[Any] = _spec(row)["containers"][0]["env"]
    return found


def _ref(row: Any) -> Any:
    return _env(row)[-1]["valueFrom"]["secretKeyRef"]


def _limits(row: Any) -> Any:
    return _spec(row)["containers"][0]["resources"]["limits"]


def _notes(row: Any) -> Any:
    return row["spec"]["template"]["metadata"]["annotations"]


PINNED = [{"revisionName": "old", "percent": 100}]
SCALED = {"autoscaling.knative.dev/minScale": "1"}
DEGRADED = {"name": "ALLOW_DEGRADED_MODE", "value": "true"}
HANDS: dict[str, tuple[Any, str]] = {
    "variable": (lambda r: _env(r)[0].update(value="raw"), "SERVICE: raw -> worker"),
    "added": (lambda r: _env(r).append(DEGRADED), "ALLOW_DEGRADED_MODE: true -> nothing"),
    "secret": (lambda r: _env(r).pop(), "SENTRY_DSN: nothing -> sentry-dsn:2"),
    "old secret": (lambda r: _ref(r).update(key="1"), "SENTRY_DSN: sentry-dsn:1 -> sentry-dsn:2"),
    "any secret": (lambda r: _ref(r).update(key="latest"), "SENTRY_DSN: sentry-dsn:latest -> sentry-dsn:2"),
    "memory": (lambda r: _limits(r).update(memory="8Gi"), "memory: 8Gi -> 2Gi"),
    "timeout": (lambda r: _spec(r).update(timeoutSeconds=3600), "timeout: 3600 -> 300"),
    "account": (lambda r: _spec(r).pop("serviceAccountName"), "account: nothing -> nba-worker@"),
    "scale": (
        lambda r: _notes(r).update(SCALED),
        "least instances: 1 -> 0",
    ),
    "gate": (lambda r: r["metadata"].pop("annotations"), "invoker check: on -> off"),
    "ingress": (
        lambda r: r["metadata"]["annotations"].update({"run.googleapis.com/ingress": "internal"}),
        "ingress: internal -> all",
    ),
    "old code": (lambda r: r["metadata"]["labels"].update(commit="old"), "commit: old -> HEAD"),
    "pinned": (lambda r: r["status"].update(traffic=PINNED), "traffic: old 100 % -> prediction-worker-00002"),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_hand_did_to_a_service_is_found(cloud: Any, rows: dict[str, Any], hand: str) -> None:
    do, told = HANDS[hand]
    do(rows["prediction-worker"])
    said, summary = drift(cloud, rows)
    assert summary.changes == 1
    assert any(told in line for line in said)


def test_a_gate_that_lets_everybody_through_is_as_good_as_none(
    cloud: Any, rows: dict[str, Any], lint: Any
) -> None:
    row = rows["prediction-worker"]
    row["metadata"].pop("annotations")
    row["policy"] = {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}
    assert drift(cloud, rows)[1].changes == 0
    row["policy"]["bindings"][0]["members"] = ["user:a@example.com"]
    said, summary = drift(cloud, rows)
    assert summary.changes == 1
    assert "      invoker check: on -> off, or open to allUsers" in said
    assert lint(cloud.lines()) == {}


def test_a_role_that_nobody_declared_is_found_and_those_of_people_are_not() -> None:
    worker = "serviceAccount:nba-worker@nba-props-test.iam.gserviceaccount.com"
    policy = {
        "bindings": [
            {"role": "roles/editor", "members": [worker, "user:a@example.com"]},
            {"role": "roles/run.invoker", "members": ["allUsers"]},
            {"role": "roles/bigquery.jobUser", "members": [worker]},
        ]
    }
    wanted = [(worker, "roles/bigquery.jobUser", "runs queries")]
    assert beyond("the project", policy, wanted, PLACE) == [
        "nba-worker@nba-props-test.iam.gserviceaccount.com is roles/editor on the project",
        "allUsers is roles/run.invoker on the project",
    ]
    # On a thing of this platform everybody else is one too many.
    assert "a@example.com is roles/editor on topic x" in beyond("topic x", policy, wanted)


def test_only_what_a_service_runs_makes_a_commit_old(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        words = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false", *words)
        return subprocess.run(
            ["git", *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    def commit(name: str) -> str:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
        git("add", "-A")
        git("commit", "-q", "-m", name)
        return git("rev-parse", "HEAD").strip()

    git("init", "-q")
    first = commit("shared/a.py")
    commit("docs/a.md")
    assert commits.behind(first, tmp_path) is None
    commit("scrapers/b.py")
    assert commits.behind(first, tmp_path) == "HEAD, 1 files are otherwise, e.g. scrapers/b.py"
    assert commits.behind("f" * 40, tmp_path) == commits.behind("", tmp_path) == "a commit of this repository"
    assert commits.behind("--output=x", tmp_path) == "a commit of this repository"
    assert not (tmp_path / "x").exists()
