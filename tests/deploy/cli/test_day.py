"""`nba-props day` says what is wrong with what it is asked, before anything is started."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.day import kept_or_not, told
from deploy.cli.main import app
from deploy.replay.day_verdict import DayVerdict
from deploy.replay.day_watch import FaultVerdict
from shared.clock import EASTERN

DAY = "2024-11-03"
TIP = datetime(2024, 11, 3, 19, tzinfo=EASTERN)


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["day", *arguments])
    assert result.exit_code == 1
    return " ".join(result.output.split())


def test_a_date_without_games_is_refused_with_the_range(league: Path) -> None:
    assert "has no games" in refused("2023-07-01", "--archive", str(league))


def test_an_unknown_fault_is_refused_with_all_there_are(league: Path) -> None:
    output = refused(DAY, "--archive", str(league), "--fault", "rain", "--against", "x.json")
    assert "--fault rain is unknown" in output
    assert "odds-late" in output
    assert "bus-outage" in output


def test_a_fault_needs_a_day_without_one(league: Path) -> None:
    output = refused(DAY, "--archive", str(league), "--fault", "odds-late")
    assert "--fault and --against go together" in output


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"day": "2024-11-03"}',
        json.dumps({"day": "2024-11-04", "fault": None, "deliveries": {}}),
        json.dumps({"day": DAY, "fault": {"fault": "odds-late"}, "deliveries": {}}),
    ],
)
def test_what_it_is_held_against_has_to_be_that_day(league: Path, tmp_path: Path, body: str) -> None:
    file = tmp_path / "day.json"
    file.write_text(body)
    output = refused(DAY, "--archive", str(league), "--fault", "odds-late", "--against", str(file))
    assert f"--against {file}".replace(" ", "") in output.replace(" ", "")


def verdict(**changes: object) -> DayVerdict:
    good = {
        "faults": (),
        "refused": (),
        "states": {},
        "first_tip": TIP,
        "graded": 9,
        "jobs": 3,
        "jobs_in_all": 4,
    }
    return DayVerdict(**{**good, "ready_at": TIP - timedelta(hours=9), **changes})  # type: ignore[arg-type]


def test_a_verdict_is_told() -> None:
    assert told(verdict())[-1] == "[bold green]A healthy day."
    for broken in ({"faults": ("odds is FAILED",)}, {"refused": ("heal was answered 500, 1 times",)}):
        lines = told(verdict(**broken))
        assert lines[-1] == "[bold red]Not a healthy day."
        assert lines[-2].endswith(next(iter(broken.values()))[0])
    assert "Predictions ready: never" in told(verdict(ready_at=None))[0]


def test_what_a_fault_broke_is_told() -> None:
    kept = FaultVerdict("odds-late", (), (), (), ())
    assert kept.kept
    assert "keeps" in kept_or_not(kept)[-1]
    broken = FaultVerdict("odds-late", ("x",), ("y",), ("z",), ("w",))
    assert not broken.kept
    assert [line[-1] for line in kept_or_not(broken)[:-1]] == ["x", "y", "z", "w"]
