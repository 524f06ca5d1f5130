"""One registry of six services, and one command that serves any of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy.local.stack import procfile_command
from deploy.registry import service_named, services
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SIX = ["scrapers", "raw", "analytics", "precompute", "coordinator", "worker"]


def test_there_are_the_six_services_under_their_cloud_run_names() -> None:
    assert list(services()) == SIX
    assert [s.cloud_run for s in services().values()] == [
        "nba-phase1-scrapers",
        "nba-phase2-raw-processors",
        "nba-phase3-analytics-processors",
        "nba-phase4-precompute-processors",
        "prediction-coordinator",
        "prediction-worker",
    ]
    assert service_named("analytics").api_key_secret == "analytics-api-keys"
    assert service_named("worker").audience == "nba-props/worker"


@pytest.mark.parametrize("value", [None, "", "nonsense", "Worker", "worker "])
def test_an_unset_or_unknown_service_exits_non_zero_and_names_the_six(value: str | None) -> None:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PORT": "0"}
    if value is not None:
        environment["SERVICE"] = value
    ended = subprocess.run(
        procfile_command().split(),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert all(name in ended.stderr for name in SIX)


@pytest.mark.parametrize("name", SIX)
def test_a_missing_setting_stops_the_service_with_its_name(name: str) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": "8099",
        "SERVICE": name,
    }
    ended = subprocess.run(
        procfile_command().split(),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "VALID_API_KEYS" in ended.stderr


@pytest.mark.parametrize("name", SIX)
def test_importing_a_service_connects_to_nothing(name: str) -> None:
    module = services()[name].factory.partition(":")[0]
    code = f"""
import socket
def refuse(*_args, **_kwargs):
    raise AssertionError("opened a socket")
socket.socket.connect = refuse
socket.create_connection = refuse
import {module}
"""
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PATH": os.environ["PATH"]}, check=True, timeout=60
    )


def test_the_factories_exist() -> None:
    for service in services().values():
        assert callable(service.app_factory())


def test_every_secret_that_a_service_mounts_is_declared_and_its_variable_is_a_setting() -> None:
    declared = yaml.safe_load((ROOT / "deploy/gcp/secrets.yaml").read_text())
    for service in services().values():
        assert set(service.secrets.values()) <= set(declared)
        assert set(service.secrets) <= set(Settings.model_fields)
        assert {"VALID_API_KEYS", "SENTRY_DSN"} <= set(service.secrets)
    assert set(declared) == {secret for service in services().values() for secret in service.secrets.values()}


def test_no_service_can_read_the_keys_of_another() -> None:
    keys = [service.api_key_secret for service in services().values()]
    assert len(set(keys)) == len(keys)
    for service in services().values():
        assert not set(service.secrets.values()) & (set(keys) - {service.api_key_secret})
