"""The smallest of each benchmark that needs a platform, as the command line runs it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.bench_app import bench_app
from deploy.cli.performance_page import bar, page
from predictions.systems.registry import SYSTEM_IDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
_SMALLEST = {
    "cold-start": ["--times", "1", "--service", "raw"],
    "profile": ["--warm-up", "0"],
    "load": ["--times", "1", "--books", "2", "--lines", "2", "--readers", "2", "--requests", "5"],
    "cost": ["--seasons", "1", "--seasons", "2", "--games", "2", "--games", "4", "--repetitions", "1"],
}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each saved."""
    found = {}
    for name, options in _SMALLEST.items():
        file: Path = tmp_path_factory.mktemp("figures") / f"{name}.json"
        result = CliRunner().invoke(bench_app, [name, *options, "--save", str(file)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        found[name] = json.loads(file.read_text())
    return found


def test_a_service_that_starts_is_timed(figures: dict[str, Any]) -> None:
    (start,) = figures["cold-start"]["services"]["raw"]
    assert 0 < start["health"] < start["ready"]


def test_the_kinds_of_work_add_up_to_the_slate(figures: dict[str, Any]) -> None:
    profile = figures["profile"]
    assert sum(profile["seconds"].values()) == pytest.approx(profile["whole"])
    assert {"scrape", "load", "SQL", "publish", "predict", "consolidate", "idle"} <= profile["seconds"].keys()
    assert bar(profile).startswith("<svg")


def test_every_player_line_and_system_of_the_load_is_stored(figures: dict[str, Any]) -> None:
    (batch,), (readers,) = figures["load"]["batches"], figures["load"]["readers"]
    assert batch["games"] == 15
    # Whoever lacks a feature that a system needs has one row of it instead of one a line; nobody is lost.
    assert 450 * len(SYSTEM_IDS) < batch["rows"] <= 450 * len(SYSTEM_IDS) * 4
    assert [route["failed"] for route in batch["routes"].values()] == [0] * len(batch["routes"])
    assert sum(route["calls"] for route in readers["routes"].values()) == 10
    assert sum(route["failed"] for route in readers["routes"].values()) == 0


def test_jobs_grow_neither_with_history_nor_with_games(figures: dict[str, Any]) -> None:
    """With one game only, a table that raw has no rows for costs none of its two jobs."""
    points = figures["cost"]["points"]
    assert [(point["seasons"], point["games"]) for point in points] == [(1, 2), (1, 4), (2, 2), (2, 4)]
    assert len({point["phases"]["slate"]["jobs"] for point in points}) == 1
    assert points[2]["history_rows"] > 1.5 * points[0]["history_rows"]


def test_the_page_can_be_made_of_them(figures: dict[str, Any]) -> None:
    assert page(figures).count("\n## ") == len(figures)
