"""Secrets: values nobody sees, placeholders that are refused, a rotation that counts when it is read."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.rotation import readers
from deploy.gcp.secret_store import secret_specs
from deploy.gcp.secrets import (
    SecretError,
    check_secrets,
    checked,
    mounts,
    placeholders,
    read_value,
    refusals,
    secrets_of,
)
from deploy.registry import services

PROJECT = "nba-props-test"
KEYS = "analytics-api-keys"
CANARY = "c4nary-0123456789-never-shown"
RUN = CliRunner()


def gcloud() -> Gcloud:
    return Gcloud(Environment(PROJECT), lambda _: None)


def nba_props(*words: str, given: str | None = None) -> Any:
    return RUN.invoke(app, ["gcp", "secrets", *words, "--project", PROJECT], input=given)


@pytest.fixture
def secrets(cloud: Any) -> Any:
    """A project whose secrets were made and hold nothing."""
    rows = {n: {"name": f"projects/1/secrets/{n}", "policy": {}, "versions": []} for n in secret_specs()}
    cloud.update(secrets=rows)
    return cloud


def serve(cloud: Any, name: str, revision: str, **mounts: str) -> None:
    """Puts a service on a revision that mounts these: variable -> secret:version."""
    service = services()[name].cloud_run
    state = cloud.state
    refs = {variable: each.partition(":") for variable, each in mounts.items()}
    env = [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        for variable, (secret, _, key) in refs.items()
    ]
    state["services"][service] = {"status": {"traffic": [{"revisionName": revision, "percent": 100}]}}
    state["revisions"][revision] = {
        "metadata": {"name": revision, "labels": {"serving.knative.dev/service": service}},
        "spec": {"containers": [{"env": env}]},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    cloud.update(services=state["services"], revisions=state["revisions"])


def test_a_value_goes_in_by_stdin_or_a_file_and_is_seen_nowhere(
    secrets: Any, tmp_path: Path, lint: Any, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "key"
    file.write_text(CANARY + "\n")
    for done in (
        nba_props("set", KEYS, given=CANARY + "\n"),
        nba_props("set", "odds-api-key", "--from-file", str(file)),
        nba_props("set", "bdl-api-key", "--dry-run", given=CANARY),
        nba_props("check"),
    ):
        assert CANARY not in done.output
    assert read_value(gcloud(), KEYS) == read_value(gcloud(), "odds-api-key") == CANARY
    assert secrets.state["secrets"]["bdl-api-key"]["versions"] == []
    assert CANARY not in json.dumps(secrets.state["calls"])
    assert CANARY not in caplog.text
    assert lint(secrets.lines()) == {}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("odds-api-key", b"", "empty"),
        ("odds-api-key", b"a b", "space"),
        ("odds-api-key", b"one\ntwo", "line break"),
        ("odds-api-key", b"\xff\xfe", "UTF-8"),
        ("odds-api-key", b"<replace-me>", "placeholder"),
        (KEYS, b"long-enough-for-a-key,short", "shorter than 16"),
        (KEYS, b"PLACEHOLDER,long-enough-for-a-key", "placeholder"),
        (KEYS, b",,", "empty"),
        ("sentry-dsn", b"http://k@sentry.io/1", "https://"),
        ("scraper-proxy-url", b"proxy.example.com", "http://"),
    ],
)
def test_a_value_that_will_not_do_is_refused_without_being_shown(name: str, value: bytes, says: str) -> None:
    with pytest.raises(SecretError, match=says) as refused:
        checked(secret_specs()[name], value)
    assert name in str(refused.value)
    assert value == b"" or value.decode(errors="replace") not in str(refused.value)


def test_an_unknown_name_and_one_that_was_never_made_say_what_to_do(cloud: Any) -> None:
    assert "odds-api-key" in nba_props("set", "odds-key", given="x" * 20 + "y").output
    missing = nba_props("set", "odds-api-key", given="a-real-value")
    assert missing.exit_code == 1
    assert "gcp bootstrap" in missing.output


def test_what_is_missing_or_a_placeholder_is_refused_at_deploy_unless_it_is_named(secrets: Any) -> None:
    assert nba_props("set", "scrapers-api-keys", given=CANARY).exit_code == 0
    assert nba_props("set", "sentry-dsn", given="https://key@sentry.example.com/1").exit_code == 0
    assert nba_props("set", "bettingpros-api-key", "--placeholder").exit_code == 0
    held = secrets_of(gcloud(), services()["scrapers"])
    assert placeholders(held) == ["odds-api-key", "bettingpros-api-key", "bdl-api-key"]
    assert "holds a placeholder" in refusals(held, ["odds-api-key", "bdl-api-key"])[0]
    assert refusals(held, ["odds-api-key", "bdl-api-key", "bettingpros-api-key"]) == []
    # Where there is no value nothing is mounted; the optional ones are not asked for.
    assert mounts(services()["scrapers"], held) == {
        "VALID_API_KEYS": "scrapers-api-keys:1",
        "SENTRY_DSN": "sentry-dsn:1",
        "BETTINGPROS_API_KEY": "bettingpros-api-key:1",
    }
    with pytest.raises(SecretError, match="does not start without its keys"):
        refusals(held, ["scrapers-api-keys"])
    with pytest.raises(SecretError, match="no secret"):
        refusals(held, ["nonsense"])


def test_a_disabled_newest_version_cannot_be_mounted(secrets: Any) -> None:
    nba_props("set", "odds-api-key", given="a-real-value")
    rows = secrets.state["secrets"]
    rows["odds-api-key"]["versions"][0]["state"] = "DISABLED"
    secrets.update(secrets=rows)
    (held,) = check_secrets(gcloud(), ["odds-api-key"])
    assert not held.mountable
    assert "DISABLED" in refusals([held], ())[0]


def test_a_rotation_keeps_the_old_key_until_it_is_retired_and_counts_when_it_is_read(
    secrets: Any, tmp_path: Path, lint: Any
) -> None:
    nba_props("set", KEYS, given=CANARY)
    serve(secrets, "analytics", "analytics-1", VALID_API_KEYS=f"{KEYS}:1")
    out = tmp_path / "new.key"
    done = nba_props("rotate", KEYS, "--out", str(out))
    assert "not in use before a new revision" in done.output
    new = out.read_text().strip()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert new not in done.output
    assert read_value(gcloud(), KEYS) == f"{new},{CANARY}"
    assert nba_props("check").exit_code == 2
    early = nba_props("rotate", KEYS, "--retire")
    assert early.exit_code == 1
    assert "analytics serves analytics-1" in early.output
    assert read_value(gcloud(), KEYS) == f"{new},{CANARY}"
    serve(secrets, "analytics", "analytics-2", VALID_API_KEYS=f"{KEYS}:2")
    retired = nba_props("rotate", KEYS, "--retire")
    assert retired.exit_code == 0
    assert read_value(gcloud(), KEYS) == new
    # What serves mounts the second: an instance of it would not start without.
    assert states(secrets) == ["DISABLED", "ENABLED", "ENABLED"]
    assert "Cannot be gone back to, as they mount a version that is disabled: analytics-1" in retired.output
    assert "Version 2 stays as long as what serves or waits mounts it" in retired.output
    assert "analytics serves analytics-2" in nba_props("rotate", KEYS, "--retire").output
    serve(secrets, "analytics", "analytics-3", VALID_API_KEYS=f"{KEYS}:3")
    assert "disabled: analytics-2" in nba_props("rotate", KEYS, "--retire").output
    assert states(secrets) == ["DISABLED", "DISABLED", "ENABLED"]
    again = nba_props("rotate", KEYS, "--retire")
    assert "none to retire" in again.output
    assert lint(secrets.lines()) == {}
    assert new not in json.dumps(secrets.state["calls"])


def states(secrets: Any) -> list[str]:
    return [row["state"] for row in secrets.state["secrets"][KEYS]["versions"]]


def test_a_placeholder_that_is_not_mounted_waits_for_no_deploy(secrets: Any) -> None:
    nba_props("set", "bdl-api-key", "--placeholder")
    (held,) = check_secrets(gcloud(), ["bdl-api-key"])
    serve(secrets, "scrapers", "scrapers-1")
    assert readers(gcloud(), held)[0].current
    nba_props("set", "bdl-api-key", given="a-real-value")
    (held,) = check_secrets(gcloud(), ["bdl-api-key"])
    assert readers(gcloud(), held)[0].stale == ("scrapers-1",)


def test_a_rotation_that_fails_leaves_no_key_that_would_be_taken_for_a_good_one(
    secrets: Any, tmp_path: Path
) -> None:
    nba_props("set", KEYS, given=CANARY)
    secrets.update(fail_at=secrets.changes + 1)
    out = tmp_path / "new.key"
    assert nba_props("rotate", KEYS, "--out", str(out)).exit_code == 1
    assert not out.exists()
    assert read_value(gcloud(), KEYS) == CANARY
    out.write_text("mine")
    assert "name a new file" in nba_props("rotate", KEYS, "--out", str(out)).output
    assert out.read_text() == "mine"
    assert "made elsewhere" in nba_props("rotate", "odds-api-key", "--out", str(tmp_path / "x")).output
