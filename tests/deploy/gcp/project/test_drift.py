"""Drift: whatever was changed by hand is found, and nothing is where nothing was."""

from typing import Any

import pytest

from deploy.gcp.changes import look_at
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.grants import beyond
from deploy.gcp.services import DeployedServices
from deploy.registry import Service, services

PLACE = Environment("nba-props-test")


def row_of(service: Service) -> dict[str, Any]:
    """A service as Cloud Run tells of one that was deployed from here."""
    env = [{"name": name, "value": value} for name, value in PLACE.variables(service).items()]
    env.append({"name": "COMMIT_SHA", "value": "abc"})
    for variable, secret in service.secrets.items():
        env.append({"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": "latest"}}})
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
            # As gcloud writes it.
            "annotations": {"run.googleapis.com/invoker-iam-disabled": "True"},
        },
        "spec": {"template": template},
        "status": {
            "url": f"https://{service.cloud_run}.a.run.app",
            "latestReadyRevisionName": revision,
            "traffic": [{"revisionName": revision, "percent": 100}],
        },
    }


def drift(cloud: Any, rows: dict[str, Any]) -> tuple[list[str], Any]:
    cloud.update(services=rows)
    said: list[str] = []
    return said, look_at([DeployedServices()], Gcloud(PLACE, said.append), said.append)


@pytest.fixture
def rows() -> dict[str, Any]:
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
    "secret": (lambda r: _env(r).pop(), "SENTRY_DSN: nothing -> sentry-dsn"),
    "memory": (lambda r: _limits(r).update(memory="8Gi"), "memory: 8Gi -> 2Gi"),
    "timeout": (lambda r: _spec(r).update(timeoutSeconds=3600), "timeout: 3600 -> 300"),
    "account": (lambda r: _spec(r).pop("serviceAccountName"), "account: nothing -> nba-worker@"),
    "scale": (
        lambda r: _notes(r).update(SCALED),
        "least instances: 1 -> 0",
    ),
    "gate": (lambda r: r["metadata"].pop("annotations"), "invoker check: on -> off"),
    "pinned": (lambda r: r["status"].update(traffic=PINNED), "traffic: old 100 % -> prediction-worker-00002"),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_hand_did_to_a_service_is_found(cloud: Any, rows: dict[str, Any], hand: str) -> None:
    do, told = HANDS[hand]
    do(rows["prediction-worker"])
    said, summary = drift(cloud, rows)
    assert summary.changes == 1
    assert any(told in line for line in said)


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
