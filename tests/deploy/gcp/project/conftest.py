"""A gcloud for the tests: the double as a process first on PATH, and the real one's linter."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT, NUMBER = "nba-props-test", "123456789012"
DOUBLE = Path(__file__).with_name("double")
_TABLES = "apis accounts agents secrets topics subscriptions jobs services revisions metrics policies"
_TABLES += " dashboards channels"


_SHIM = """import sys
sys.path.insert(0, {folder!r})
from setup_main import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass
class Cloud:
    """The double's project."""

    file: Path

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    def update(self, **values: Any) -> None:
        self.file.write_text(json.dumps({**self.state, **values}))

    @property
    def changes(self) -> int:
        return int(self.state.get("changes", 0))

    def lines(self) -> list[str]:
        """Every command line that was run."""
        return [shlex.join(["gcloud", *argv]) for argv in self.state.get("calls", [])]


@pytest.fixture(scope="session")
def gcloud_double(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], AbstractContextManager[Cloud]]:
    """Makes an empty project, with its gcloud first on PATH for the length of a `with`."""

    @contextmanager
    def double() -> Iterator[Cloud]:
        folder = tmp_path_factory.mktemp("cloud")
        program, state = folder / "gcloud", folder / "project.json"
        # Without site packages a process starts in a fraction of the time, and there are hundreds.
        program.write_text(f"#!{sys.executable} -IS\n{_SHIM.format(folder=str(DOUBLE))}")
        program.chmod(0o755)
        empty = {"project": PROJECT, "number": NUMBER, "policy": {}, **{name: {} for name in _TABLES.split()}}
        state.write_text(json.dumps(empty))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
            patch.setenv("NBA_PROPS_DOUBLE", str(state))
            yield Cloud(state)

    return double


@pytest.fixture
def cloud(gcloud_double: Callable[[], AbstractContextManager[Cloud]]) -> Iterator[Cloud]:
    """An empty project for a test."""
    with gcloud_double() as made:
        yield made


Lint = Callable[[Iterable[str]], dict[str, str]]


@pytest.fixture(scope="session")
def lint(real_gcloud: str, tmp_path_factory: pytest.TempPathFactory) -> Lint:
    """The real gcloud's offline linter: command lines in, those that it refuses out, each with why."""
    gcloud = real_gcloud
    configuration = tmp_path_factory.mktemp("gcloud")

    def refused(lines: Iterable[str]) -> dict[str, str]:
        listed = list(dict.fromkeys(lines))
        file = configuration / "commands.json"
        file.write_text(json.dumps([{"command_string": line} for line in listed]))
        # A configuration of its own has no account, so nothing could be reached with it.
        done = subprocess.run(
            [gcloud, "meta", "lint-gcloud-commands", f"--commands-file={file}"],
            env={**os.environ, "CLOUDSDK_CONFIG": str(configuration), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        results = json.loads(done.stdout)
        assert len(results) == len(listed), "the linter did not answer for every line"
        return {row["command_string"]: row["error_message"] for row in results if not row["success"]}

    return refused


_CHECK_FORM = """
import json, sys
from googlecloudsdk.api_lib.util import apis, messages
wrong = {}
for api, version, kind, path in json.load(sys.stdin):
    form = getattr(apis.GetMessagesModule(api, version), kind)
    try:
        messages.DictToMessageWithErrorCheck(json.load(open(path)), form)
    except Exception as error:
        wrong[path] = str(error)
print(json.dumps(wrong))
"""
Schema = Callable[[list[tuple[str, str, str, str]]], dict[str, str]]


@pytest.fixture(scope="session")
def gcloud_schema(real_gcloud: str, tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """Reads files by the message classes that gcloud itself reads them by: (API, version, message, path)."""
    library = Path(real_gcloud).resolve().parents[1] / "lib"
    configuration = tmp_path_factory.mktemp("gcloud-schema")

    def wrong(listed: list[tuple[str, str, str, str]]) -> dict[str, str]:
        done = subprocess.run(
            [sys.executable, "-S", "-c", _CHECK_FORM],
            input=json.dumps(listed),
            env={
                "PYTHONPATH": f"{library}:{library / 'third_party'}",
                "CLOUDSDK_CONFIG": str(configuration),
                "PATH": os.environ["PATH"],
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        found: dict[str, str] = json.loads(done.stdout)
        return found

    return wrong
