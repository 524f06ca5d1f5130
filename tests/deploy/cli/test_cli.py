"""The command line: clear errors, and nothing left running."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import requests
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.replay.archive import ReplayArchive

NBA_PROPS = Path(sys.executable).with_name("nba-props")
CLEAN = {key: value for key, value in os.environ.items() if key not in ("ARCHIVE", "DATE")}


RUNNER = CliRunner(env={"ARCHIVE": "", "DATE": "", "GOOGLE_CLOUD_PROJECT": ""})


def nba_props(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NBA_PROPS, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=CLEAN | environment,
        timeout=240,
        check=False,
    )


def test_the_command_line_starts_without_the_learning_libraries() -> None:
    code = "import sys, deploy.cli.main; print({'sklearn', 'xgboost'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "set()"


def test_help_shows_every_command_with_an_example() -> None:
    overview = RUNNER.invoke(app, ["--help"]).output
    commands = ("run", "up", "replay", "bench", "league", "bootstrap", "train", "models")
    for command in (*commands, "status", "heal", "dead-letters"):
        assert command in overview
        assert f"nba-props {command}" in RUNNER.invoke(app, [command, "--help"]).output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--archive", "/nowhere"), ("/nowhere", "archive")),
        (("run", "--date", "tomorrow"), ("--date",)),
        (("run", "--date", "1999-01-01"), ("1999-01-01", "no games")),
        (("replay", "--from", "2024-01-01", "--to", "2024-01-02"), ("--archive",)),
        (("replay", "--archive", "/nowhere", "--from", "x", "--to", "y"), ("--from",)),
        (("bootstrap",), ("--project",)),
        (("league", "--out", "/nowhere/else", "--days", "0"), ("--days",)),
        (("league", "--out", "/nowhere/else", "--days", "99999"), ("--days", "174")),
        (("league", "--out", "/nowhere/else", "--seed", str(2**63)), ("seed is", "give a number")),
        (("run", "--seed", "-1"), ("--seed", "0")),
        (("up", "--seed", "-1"), ("--seed", "0")),
        (("day", "--seed", "-1"), ("seed is -1", "give a number")),
        (("bench", "slates", "--seed", "-1"), ("--seed", "0")),
        (("up", "--state", __file__), ("--state", "name another")),
        (("nonsense",), ("nonsense",)),
    ],
)
def test_a_bad_command_line_says_what_is_wrong(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    ended = RUNNER.invoke(app, list(arguments))
    assert ended.exit_code != 0
    assert isinstance(ended.exception, SystemExit), ended.exception
    for word in words:
        assert word in ended.output


SPAN = ("--from", "2024-10-22", "--to", "2024-10-23")


@pytest.mark.parametrize(
    "command",
    [("backtest", *SPAN, "--html"), ("backtest", *SPAN, "--json"), ("replay", *SPAN, "--json")],
)
def test_a_result_that_could_not_be_kept_is_refused_before_the_work(
    league: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def work(*_: object, **__: object) -> None:
        pytest.fail("it has begun")

    monkeypatch.setattr("deploy.cli.backtest.run_backtest", work)
    monkeypatch.setattr("deploy.cli.main.running_platform", work)
    for place, reason in ((tmp_path / "none" / "x", "there is no folder"), (tmp_path, "is a folder")):
        ended = RUNNER.invoke(app, [*command, str(place), "--archive", str(league)])
        assert ended.exit_code == 1
        assert f"{command[-1]} {place}: {reason}" in ended.output
        assert len(ended.output.splitlines()) == 1


@pytest.mark.parametrize("command", [("replay", *SPAN), ("train",)])
def test_an_archive_that_lacks_a_column_is_refused_in_a_line(
    league: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    archive = shutil.copytree(league, tmp_path / "archive")
    games = archive / "games.parquet"
    pd.read_parquet(games).drop(columns="away_team").to_parquet(games)
    ended = RUNNER.invoke(app, [*command, "--archive", str(archive)])
    assert ended.exit_code == 1
    assert f"Failed: {games} lacks the columns away_team" in ended.output


def test_an_option_of_smoke_names_the_option_that_it_goes_with() -> None:
    help_text = " ".join(RUNNER.invoke(app, ["smoke", "--help"]).output.replace("│", " ").split())
    assert "With --local: the folder in which `nba-props up` runs." in help_text
    assert "--url" not in help_text


def test_bootstrap_takes_the_project_from_the_environment() -> None:
    assert "GOOGLE_CLOUD_PROJECT" in RUNNER.invoke(app, ["bootstrap", "--help"]).output


def running(folder: Path) -> list[str]:
    """The processes that work in or with a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                text = (entry / "cmdline").read_text() + (entry / "environ").read_text()
            except OSError:
                continue
            if str(folder) in text:
                found.append(text.replace("\0", " ")[:200])
    return found


@contextmanager
def up(archive: Path, state: Path, *options: str) -> Iterator[str]:
    """The platform of `nba-props up`, and what that has printed; it is stopped by Ctrl-C."""
    # Whoever runs the tests in the background of a script has it ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [NBA_PROPS, "up", "--archive", archive, "--state", state, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=CLEAN,
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C stops everything" in line:
                break
        else:
            pytest.fail(f"up ended with {process.wait(timeout=60)}: {''.join(lines)}")
        try:
            yield "".join(lines)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
    assert running(state) == []


def test_up_prints_what_is_needed_and_ctrl_c_stops_all_of_it(league: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with up(league, state) as shown:
        keys = json.loads((state / "secrets.json").read_text())
        assert all(keys[name] in shown for name in ("scrapers", "raw", "worker"))
        assert shown.count("curl ") == 3


@pytest.mark.slow
def test_up_that_plays_has_something_to_see_where_it_says(league: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with up(league, state, "--play") as shown:
        key = {"X-API-Key": json.loads((state / "secrets.json").read_text())["coordinator"]}
        (predictions,) = re.findall(r"http\S+/api/v1/predictions/\S+", shown)
        assert requests.get(predictions, headers=key, timeout=30).json()["count"] > 0
        (console,) = re.findall(r"The console: (\S+),", shown)
        assert requests.get(console, headers=key, timeout=30).status_code == 200


@pytest.mark.slow
def test_run_shows_a_real_slate(real_archive: Path) -> None:
    ended = nba_props("run", ARCHIVE=str(real_archive), DATE="2024-12-03")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Predictions for 2024-12-03" in ended.stdout
    assert "has learned from games of" in ended.stdout
    assert "Where the time went" in ended.stdout


@pytest.mark.slow
def test_run_says_that_its_league_is_simulated_and_replay_writes_what_it_measured(
    league: Path, tmp_path: Path
) -> None:
    ended = nba_props("run", "--limit", 5)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.lstrip().startswith("SIMULATED LEAGUE")
    day = ReplayArchive(league).dates[-1].isoformat()
    out = tmp_path / "measured.json"
    ended = nba_props(
        *("replay", "--archive", league, "--from", day, "--to", day, "--bulk-history-until", day),
        *("--availability", "assumed", "--json", out),
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Availability assumed known" in ended.stdout
    assert json.loads(out.read_text())["accuracy"]
