"""`nba-props reprocess` says what it did, or what it lacks."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.cli.service import API_KEY_VARIABLE, ServiceClient

SPAN = ("--source", "schedule", "--from", "2024-10-22", "--to", "2024-12-03")


def reprocess(*more: str) -> Any:
    return CliRunner().invoke(app, ["reprocess", *SPAN, *more])


def test_without_a_running_platform_it_says_how_to_get_one(tmp_path: Path) -> None:
    result = reprocess("--state", str(tmp_path))
    assert result.exit_code == 1
    assert "nba-props up" in result.output


def test_an_address_needs_a_key_which_is_never_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(API_KEY_VARIABLE, raising=False)
    result = reprocess("--url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert API_KEY_VARIABLE in result.output


def test_a_service_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "key-canary-77")
    result = reprocess("--url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "http://127.0.0.1:9 does not answer" in result.output
    assert "key-canary-77" not in result.output


NOTHING = {"outcome": "NOT_YET", "reason": "nothing landed", "complete": 0}


@pytest.mark.parametrize(
    ("answers", "exit_code"),
    [
        ([NOTHING, NOTHING], 1),
        ([NOTHING, {"outcome": "NOT_YET", "reason": "one game lacks", "complete": 12}], 0),
        ([NOTHING, {"outcome": "DONE", "reason": "nba_schedule: 7 rows"}], 0),
    ],
)
def test_it_ends_with_1_when_no_date_could_be_rebuilt(
    monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]], exit_code: int
) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "key")
    stretches = iter(answers)
    monkeypatch.setattr(ServiceClient, "post", lambda *_: next(stretches))
    result = reprocess("--url", "http://raw")
    assert result.exit_code == exit_code, result.output
    assert all(answer["reason"] in result.output for answer in answers)
