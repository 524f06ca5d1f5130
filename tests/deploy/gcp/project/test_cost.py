"""The estimate: counted from a day, priced from a file, and nothing free is charged."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.gcp.cost import CostError, Line, Measured, Price, assumptions, estimate, prices, read_day
from deploy.registry import services


def step(job: str, due: str, jobs: int) -> dict[str, Any]:
    return {"job": job, "due": due, "jobs": jobs}


DAY = {
    "day": "2024-12-03",
    "fault": None,
    "verdict": {"jobs": 300},
    "deliveries": {"raw-on-phase1": 40, "worker-on-request": 60, "coordinator-on-prediction-ready-dead": 1},
    "steps": [
        step("morning-operations", "2024-12-03 10:00:00+00:00", 20),
        step("injury-report", "2024-12-03 15:00:00+00:00", 1),
        step("monitors", "2024-12-03 16:00:00+00:00", 3),
        step("monitors", "2024-12-04 10:00:00+00:00", 3),
    ],
}


@pytest.fixture
def day(tmp_path: Path) -> Path:
    file = tmp_path / "day.json"
    file.write_text(json.dumps(DAY))
    return file


def test_requests_are_counted_by_service_over_24_hours(day: Path) -> None:
    measured = read_day(day)
    assert measured.jobs == 300
    assert measured.scrapes == 1
    assert measured.looks == {**dict.fromkeys(services(), 0), "scrapers": 1, "coordinator": 1}
    assert measured.pushes == {**dict.fromkeys(services(), 0), "raw": 40, "worker": 60, "coordinator": 1}
    assert measured.requests == 104


def test_what_is_free_is_taken_off_and_twice_the_work_costs_more() -> None:
    price = Price(usd=2, unit="x", free=10, source="s", seen=None)
    assert Line("x", 8, price).usd == 0
    assert Line("x", 15, price).usd == 10
    assert Line("x", 15, price).full_usd == 30
    none = dict.fromkeys(services(), 0)
    once = Measured("d", 700, 20, none | {"coordinator": 200}, none | {"worker": 900})
    twice = Measured("d", 1400, 40, none | {"coordinator": 400}, none | {"worker": 1800})
    for before, after in zip(estimate(once), estimate(twice), strict=True):
        assert after.full_usd >= before.full_usd
    assert sum(line.usd for line in estimate(twice)) > sum(line.usd for line in estimate(once)) > 0


def test_the_command_says_what_it_rests_on(day: Path) -> None:
    done = CliRunner().invoke(app, ["gcp", "cost", "--day", str(day)])
    assert done.exit_code == 0
    for name in assumptions():
        assert name in done.output
    for price in prices().values():
        assert price.source.split()[0] in done.output
    assert "not confirmed" in done.output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fault": {"fault": "odds-late"}}, "with a fault"),
        ({"deliveries": {"nobody": 1}}, "is not what"),
        ({"steps": []}, "is not what"),
    ],
)
def test_another_file_is_refused(day: Path, change: dict[str, Any], says: str) -> None:
    day.write_text(json.dumps({**DAY, **change}))
    with pytest.raises(CostError, match=says):
        read_day(day)
    with pytest.raises(CostError, match="--day"):
        read_day(day.with_name("absent.json"))
