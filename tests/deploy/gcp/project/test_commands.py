"""`nba-props gcp` as an operator meets it: what it says, and with which status it ends."""

from typing import Any

import pytest
from google.auth.exceptions import DefaultCredentialsError
from typer.testing import CliRunner

from deploy.cli.gcp_app import gcp_app
from deploy.cli.main import app
from deploy.gcp import bootstrap
from shared.warehouse.warehouse import Warehouse

RUN = CliRunner()
WHERE = ("--project", "nba-props-test")


def nba_props(*words: str) -> Any:
    return RUN.invoke(app, ["gcp", *words])


@pytest.fixture
def emulated(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The emulated BigQuery stands where the project's would."""
    monkeypatch.setattr(bootstrap, "warehouse_of", lambda project, location: warehouse)
    return warehouse


@pytest.mark.slow
def test_a_bootstrap_is_shown_then_made_then_done(cloud: Any, emulated: Warehouse) -> None:
    shown = nba_props("bootstrap", *WHERE)
    assert shown.exit_code == 2
    assert "changes are due. Run it again with --yes" in shown.output
    assert "+ account nba-worker" in shown.output
    assert cloud.changes == 0
    made = nba_props("bootstrap", *WHERE, "--yes")
    assert made.exit_code == 0, made.output
    assert "made and verified" in made.output
    assert "wait for a deploy" in made.output
    again = nba_props("bootstrap", *WHERE, "--yes")
    assert again.exit_code == 0
    assert "Nothing to do" in again.output
    assert nba_props("monitoring", "apply", *WHERE, "--yes").exit_code == 1
    drifted = nba_props("drift", *WHERE)
    assert drifted.exit_code == 2
    assert "monitoring apply --email" in drifted.output
    assert nba_props("monitoring", "apply", *WHERE, "--email", "ops@example.com", "--yes").exit_code == 0
    drifted = nba_props("drift", *WHERE)
    assert drifted.exit_code == 2
    assert "waits: service prediction-worker: `nba-props gcp deploy worker`" in drifted.output


def test_without_a_login_for_bigquery_it_says_so(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(project: str, location: str) -> Warehouse:
        raise DefaultCredentialsError("run gcloud auth application-default login")  # type: ignore[no-untyped-call]

    monkeypatch.setattr(bootstrap, "warehouse_of", nobody)
    done = nba_props("bootstrap", *WHERE)
    assert done.exit_code == 1
    assert "application-default login" in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("bootstrap", "--project", "Bad_Name"), "--project"),
        (("bootstrap", *WHERE, "--region", "west"), "--region"),
        (("drift", *WHERE, "--env", "PROD!"), "--env"),
        (("monitoring", "apply", *WHERE, "--email", "nobody"), "--email"),
        (("secrets", "rotate", "raw-api-keys", *WHERE), "--out"),
        (("secrets", "rotate", "raw-api-keys", *WHERE, "--out", "x", "--retire"), "--out"),
        (("cost", "--day", "absent.json"), "--day"),
    ],
)
def test_bad_input_names_the_option(words: tuple[str, ...], says: str) -> None:
    done = nba_props(*words)
    assert done.exit_code in (1, 2)
    assert says in done.output
    assert "Traceback" not in done.output


def test_without_gcloud_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = nba_props("secrets", "check", *WHERE)
    assert done.exit_code == 1
    assert "gcloud is not installed" in done.output


def test_every_command_shows_an_example() -> None:
    groups = {group.name: group.typer_instance for group in gcp_app.registered_groups}
    commands = [([], command) for command in gcp_app.registered_commands]
    commands += [([name], c) for name, group in groups.items() for c in group.registered_commands]  # type: ignore[misc,union-attr,list-item]
    assert len(commands) >= 7
    for words, command in commands:
        shown = nba_props(*words, str(command.name), "--help")
        assert shown.exit_code == 0
        assert "Example: nba-props gcp" in " ".join(shown.output.split())
