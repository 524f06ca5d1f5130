"""Six services under the Procfile's command: every route answers, and none without a credential."""

import json
from collections.abc import Iterator
from importlib import import_module

import pytest
import requests
from flask import Flask
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.local.driver import Driver
from deploy.registry import services
from shared.http.auth import OPEN_PATHS
from shared.settings import Settings

SAMPLES = {
    "player_lookup": "lukadoncic",
    "team_abbr": "DAL",
    "game_date": "2024-11-01",
    "name": "nonsense",
    "batch_id": "nonsense",
    "dead_letter_id": "nonsense",
}


def app_of(service: str) -> Flask:
    """The service's app, made here only to read its URL map."""
    module, _, factory = services()[service].factory.partition(":")
    settings = Settings(
        SERVICE=service,
        PORT=8080,
        GOOGLE_CLOUD_PROJECT="nba-local",
        VALID_API_KEYS=("unused",),
        OIDC_AUDIENCE="unused",
        OIDC_SERVICE_ACCOUNTS=("unused",),
    )
    made: Flask = getattr(import_module(module), factory.removesuffix("()"))(settings)
    return made


def routes() -> Iterator[tuple[str, str, str]]:
    for service in services():
        for rule in app_of(service).url_map.iter_rules():
            path = rule.rule
            for argument in rule.arguments:
                pattern = next(part for part in path.split("/") if argument in part)
                path = path.replace(pattern, SAMPLES[argument])
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield service, method, path


@pytest.mark.parametrize(("service", "method", "path"), sorted(set(routes())))
def test_every_route_is_there_and_authenticates(driver: Driver, service: str, method: str, path: str) -> None:
    url = driver.stack.url(service) + path

    def call(headers: dict[str, str]) -> int:
        answer = requests.request(method, url, headers=headers, data=b"{}", timeout=60, allow_redirects=False)
        return answer.status_code

    json_type = {"Content-Type": "application/json"}
    open_path = path in OPEN_PATHS
    assert call(json_type) == (200 if open_path else 401)
    assert call(json_type | {"X-API-Key": "wrong"}) == (200 if open_path else 401)
    good = call(json_type | {"X-API-Key": driver.stack.keys[service]})
    assert good < 500
    assert good != 401
    assert good != 404


def test_a_key_opens_its_own_service_only(driver: Driver) -> None:
    headers = {"X-API-Key": driver.stack.keys["raw"]}
    assert requests.get(f"{driver.stack.url('raw')}/ready", headers=headers, timeout=30).status_code == 200
    assert requests.get(f"{driver.stack.url('worker')}/ready", headers=headers, timeout=30).status_code == 401


@pytest.mark.parametrize("service", services())
def test_each_service_says_which_one_it_is(driver: Driver, service: str) -> None:
    answer = requests.get(f"{driver.stack.url(service)}/health", timeout=30).json()
    assert answer["service"] == service


@pytest.mark.parametrize("service", services())
def test_no_secret_is_in_a_log_or_on_a_command_line(driver: Driver, service: str) -> None:
    folder = driver.stack.options.folder
    secret_values = set(driver.stack.keys.values())
    for log in folder.glob("*.log"):
        assert not [s for s in secret_values if s in log.read_text(errors="replace")], log.name
    pid = driver.stack.supervisor.processes()[service]["pid"]
    with open(f"/proc/{pid}/cmdline") as file:
        command = file.read()
    assert not [s for s in secret_values if s in command]


def test_landed_bodies_are_processed_again_at_an_operators_word(driver: Driver) -> None:
    folder = str(driver.stack.options.folder)
    span = ("--from", "2024-10-22", "--to", "2024-12-03")
    result = CliRunner().invoke(app, ["reprocess", "--source", "schedule", *span, "--state", folder])
    assert result.exit_code == 0, result.output
    assert "2024-11-21 to 2024-12-03" in result.output
    result = CliRunner().invoke(app, ["reprocess", "--source", "nonsense", *span, "--state", folder])
    assert result.exit_code == 1
    assert "unknown source" in result.output


def test_the_files_with_secrets_are_private(driver: Driver) -> None:
    for name in ("secrets.json", "supervisord.conf"):
        assert (driver.stack.options.folder / name).stat().st_mode & 0o077 == 0


def test_a_killed_service_comes_back(driver: Driver) -> None:
    old = driver.stack.supervisor.kill("raw")
    driver.stack.wait_until_ready("raw")
    assert driver.stack.supervisor.processes()["raw"]["pid"] != old


def test_the_logs_are_one_json_object_a_line(driver: Driver) -> None:
    lines = (driver.stack.options.folder / "scrapers.log").read_text().splitlines()
    ours = [json.loads(line) for line in lines if line.startswith("{")]
    assert ours
    assert all({"severity", "message", "service"} <= set(line) for line in ours)
