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


def serve(cloud: Any, name: str, revision: str, created: str) -> None:
    """Puts a service on a revision of that time."""
    service = services()[name].cloud_run
    state = cloud.state
    state["services"][service] = {"status": {"traffic": [{"revisionName": revision, "percent": 100}]}}
    state["revisions"][revision] = {"metadata": {"name": revision, "creationTimestamp": created}}
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
        "VALID_API_KEYS": "scrapers-api-keys",
        "SENTRY_DSN": "sentry-dsn",
        "BETTINGPROS_API_KEY": "bettingpros-api-key",
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
    secrets.update(now="2024-12-01T10:00:00Z")
    nba_props("set", KEYS, given=CANARY)
    serve(secrets, "analytics", "analytics-1", "2024-12-01T11:00:00Z")
    secrets.update(now="2024-12-02T10:00:00Z")
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
    serve(secrets, "analytics", "analytics-2", "2024-12-02T11:00:00Z")
    secrets.update(now="2024-12-03T10:00:00Z")
    assert nba_props("rotate", KEYS, "--retire").exit_code == 0
    assert read_value(gcloud(), KEYS) == new
    states = [row["state"] for row in secrets.state["secrets"][KEYS]["versions"]]
    assert states == ["DISABLED", "DISABLED", "ENABLED"]
    again = nba_props("rotate", KEYS, "--retire")
    assert "none to retire" in again.output
    assert lint(secrets.lines()) == {}
    assert new not in json.dumps(secrets.state["calls"])


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
