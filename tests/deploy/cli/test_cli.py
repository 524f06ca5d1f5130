"""The command line: clear errors, and nothing left running."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.replay.archive import ReplayArchive

NBA_PROPS = Path(sys.executable).with_name("nba-props")
CLEAN = {key: value for key, value in os.environ.items() if key not in ("ARCHIVE", "DATE")}


RUNNER = CliRunner(env={"ARCHIVE": "", "DATE": ""})


def nba_props(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NBA_PROPS, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=CLEAN | environment,
        timeout=240,
        check=False,
    )


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
        (("nonsense",), ("nonsense",)),
    ],
)
def test_a_bad_command_line_says_what_is_wrong(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    ended = RUNNER.invoke(app, list(arguments))
    assert ended.exit_code != 0
    assert isinstance(ended.exception, SystemExit), ended.exception
    for word in words:
        assert word in ended.output


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


def test_up_prints_what_is_needed_and_ctrl_c_stops_all_of_it(league: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    # Whoever runs the tests in the background of a script has it ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [NBA_PROPS, "up", "--archive", league, "--state", state],
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
        shown = "".join(lines)
        keys = json.loads((state / "secrets.json").read_text())
        assert all(keys[name] in shown for name in ("scrapers", "raw", "worker"))
        assert shown.count("curl ") == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert running(state) == []


@pytest.mark.slow
def test_run_shows_a_real_slate(real_archive: Path) -> None:
    ended = nba_props("run", ARCHIVE=str(real_archive), DATE="2024-12-03")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Predictions for 2024-12-03" in ended.stdout
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
