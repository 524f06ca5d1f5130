"""The benchmarks on the command line: help with an example, and mistakes told before anything is started."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.bench_app import _command, bench_app

_COMMANDS = ("slates", "features", "predictions", "cold-start", "profile", "load", "cost")
_RUNNER = CliRunner(env={"ARCHIVE": "", "DATE": ""})


@pytest.mark.parametrize("name", _COMMANDS)
def test_help_has_an_example(name: str) -> None:
    assert f"nba-props bench {name}" in _RUNNER.invoke(bench_app, [name, "--help"]).output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cold-start", "--service", "nonsense"), ("nonsense", "worker")),
        (("load", "--save", "/nowhere/load.json"), ("--save", "/nowhere")),
        (("cost", "--seasons", "11"), ("equal to 10",)),
        (("profile", "--date", "tomorrow"), ("--date", "tomorrow")),
    ],
)
def test_a_mistake_is_told_at_once(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    ended = _RUNNER.invoke(bench_app, list(arguments))
    assert ended.exit_code != 0
    assert isinstance(ended.exception, SystemExit), ended.exception
    for word in words:
        assert word in ended.output


@pytest.mark.parametrize("save", [["--save", str(Path("some") / "load.json")], ["--save=load.json"], []])
def test_the_command_that_is_kept_says_nothing_of_where(save: list[str]) -> None:
    assert _command(["bench", "load", *save, "--times", "2"]) == "nba-props bench load --times 2"
