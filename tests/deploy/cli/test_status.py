"""`nba-props status`, `heal` and `dead-letters` against a running platform."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.cli.service import ServiceClient
from deploy.local.driver import Driver
from deploy.replay.archive import ReplayArchive
from shared.messages import DateSpan, Phase, PhaseMessage, Status

RUNNER = CliRunner()


def nba_props(driver: Driver, *words: str) -> Any:
    return RUNNER.invoke(app, [*words, "--state", str(driver.stack.options.folder)])


@pytest.fixture(scope="module")
def day(league: Path) -> date:
    """A game date of the league of which no other test asks."""
    return ReplayArchive(league).dates[3]


@pytest.mark.slow
def test_a_date_of_which_nothing_came_has_failed_until_it_is_healed(driver: Driver, day: date) -> None:
    before = nba_props(driver, "status", str(day))
    assert before.exit_code == 2, before.output
    assert "failed" in before.output
    assert "EXPECTED overdue" in before.output
    healed = nba_props(driver, "heal", str(day))
    assert "no scrape of schedule has run" in healed.output
    assert "schedule: scraped, success" in healed.output
    driver.settle()
    told = json.loads(nba_props(driver, "status", str(day), "--json").output)
    states = {output["output"]: output["state"] for output in told["outputs"]}
    assert states["nba_schedule"] == "COMPLETE"
    assert told["games"] > 0


def test_a_letter_is_listed_shown_and_discarded(driver: Driver, day: date) -> None:
    nonsense = PhaseMessage(
        message_key="test",
        phase=Phase.SCRAPERS,
        producer="nobody",
        run_id="test",
        span=DateSpan(from_date=day, to_date=day),
        status=Status.SUCCESS,
        correlation_id="test",
    )
    driver.stack.bus.publish("nba-phase1-scrapers-complete", nonsense)
    driver.settle()
    coordinator, key = driver.stack.url("coordinator"), driver.stack.keys["coordinator"]
    listed = nba_props(driver, "dead-letters", "list").output
    assert "nobody" in listed
    answer = requests.get(f"{coordinator}/api/v1/dead-letters", headers={"X-API-Key": key}, timeout=30)
    rows = answer.json()["rows"]
    (letter,) = [row["dead_letter_id"] for row in rows if "nobody" in row["reason"]]
    assert "nobody" in json.loads(nba_props(driver, "dead-letters", "show", letter).output)["payload"]
    replayed = nba_props(driver, "dead-letters", "replay", letter)
    assert "REPLAYED: published on nba-phase1-scrapers-complete" in replayed.output
    discarded = nba_props(driver, "dead-letters", "discard", letter, "--reason", "of a test")
    assert "DISCARDED: of a test" in discarded.output
    refused = nba_props(driver, "dead-letters", "replay", letter)
    assert refused.exit_code == 1
    assert "of a test" in refused.output
    driver.settle()


def test_a_platform_that_does_not_answer_is_neither_healthy_nor_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBA_PROPS_API_KEY", "key-canary-77")
    for words in (["--state", str(tmp_path)], ["--url", "http://127.0.0.1:9"]):
        result = RUNNER.invoke(app, ["status", "2024-12-03", *words])
        assert result.exit_code == 3
        assert "Failed:" in result.output
        assert "key-canary-77" not in result.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["2024-13-05"], "2024-13-05"),
        (["yesterday"], "yesterday"),
        (["2024-12-04", "--bogus"], "--bogus"),
        ([], "Missing argument"),
    ],
)
def test_wrong_arguments_do_not_look_like_a_date_that_has_failed(words: list[str], told: str) -> None:
    result = RUNNER.invoke(app, ["status", *words])
    assert result.exit_code == 3
    assert told in result.output


def test_help_says_how_status_ends() -> None:
    result = RUNNER.invoke(app, ["status", "--help"])
    assert result.exit_code == 0
    assert "3 not known: nobody answers, or the arguments are wrong" in " ".join(result.output.split())


def test_what_stays_failed_is_said_with_its_reason_and_no_attempt_that_was_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = "every game has begun, and it may only be made before that"
    nothing: dict[str, Any] = {"health": "failed", "asked": {}, "ended": {}, "started": None, "scrape": []}
    healed = {**nothing, "spent": {"upcoming_team_game_context": begun}}
    monkeypatch.setenv("NBA_PROPS_API_KEY", "key")
    monkeypatch.setattr(ServiceClient, "post", lambda *_: {"dates": [healed]})
    result = RUNNER.invoke(app, ["heal", "2024-12-03", "--url", "http://coordinator"])
    assert result.exit_code == 0, result.output
    assert f"upcoming_team_game_context: stays FAILED, {begun}" in result.output
    assert "attempt" not in result.output
