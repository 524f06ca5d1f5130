"""The whole command on simulated seasons: with a market, without lines, with too little to learn from."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.local.league import generate

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two half seasons of a simulated league, its bookmakers with a margin."""
    return generate(5, tmp_path_factory.mktemp("league"), seasons=2, days=45).archive


def backtest(archive: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from deploy.cli.main import app; app()",
        "backtest",
        "--archive",
        archive,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [str(word) for word in (*command, *arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def figures(archive: Path, folder: Path, *arguments: object) -> dict[str, Any]:
    done = backtest(archive, *arguments, "--json", folder / "found.json", "--html", folder / "found.html")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "<svg" in (folder / "found.html").read_text() or "none" in arguments
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


SPAN = ("--from", "2025-11-10", "--to", "2025-12-04")


def test_a_market_is_compared_with_and_bet_on(archive: Path, tmp_path: Path) -> None:
    found = figures(archive, tmp_path, *SPAN)
    assert found["lines"]["no_market"] is None
    systems = {row["system"] for row in found["errors"] if row["population"] == "all"}
    assert {"ensemble", "learned", "learned_with_line", "EWMA 8", "line"} <= systems
    assert {row["chance"] for row in found["probabilities"]} == {
        "own",
        "pooled",
        "no-vig market",
        "constant 0.5",
    }
    everything = next(r for r in found["betting"] if (r["system"], r["band"]) == ("ensemble", "all"))
    assert everything["clv_points_n"] > 100
    assert 0.45 < everything["break_even"] < 0.6


def test_without_lines_points_are_measured(archive: Path, tmp_path: Path) -> None:
    found = figures(archive, tmp_path, *SPAN, "--lines", "none", "--as-of", "morning")
    assert found["lines"]["no_market"] == "no lines"
    assert found["betting"] == found["probabilities"] == []
    assert any(row["system"] == "ensemble" for row in found["errors"])


def test_a_first_season_has_nothing_to_learn_from(archive: Path) -> None:
    done = backtest(archive, "--from", "2024-10-22", "--to", "2024-11-20")
    assert done.returncode == 1
    assert "player-games over" in done.stdout
    assert "begin later" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
