"""No path that anybody can ask for, and no file that anybody can hand over, leads out of where it belongs."""

import http.client
import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.local.driver import Driver
from deploy.local.stack import ROOT
from deploy.local.upstream.app import create_app

CANARY = "outside-canary-5e1d"
# Of a file that lies beside the folder that is served.
UPWARDS = (
    "../{}",
    "../../{}",
    "..%2f{}",
    "%2e%2e/{}",
    "%2e%2e%2f{}",
    "%252e%252e%252f{}",
    "..%5c{}",
    "..\\{}",
    "....//{}",
    "%c0%ae%c0%ae/{}",
    "./{}",
    "{}%00.json",
    "%00",
    "/{}",
    "//{}",
    "file:///{}",
    "..;/{}",
    "a" * 3000,
)
OUTSIDE = ("etc/passwd", "outside.txt", "secrets.json", "games.parquet", "console/session.py", "session.py")
SAID = re.compile(rf"{CANARY}|root:.*:0:0:|Traceback|PAR1|import hmac")


def ask(url: str, path: str) -> tuple[int, str]:
    """Exactly this path, which no client has tidied up."""
    host = urlsplit(url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
    connection._validate_path = lambda _: None  # type: ignore[method-assign]
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def paths(*prefixes: str) -> Iterator[str]:
    for prefix, way, name in itertools.product(prefixes, UPWARDS, OUTSIDE):
        yield prefix + way.format(name)


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """What there is in a folder, and when it was written."""
    found = ((path, path.lstat()) for path in folder.rglob("*"))
    return {str(path): (each.st_size, each.st_mtime_ns) for path, each in found}


@pytest.fixture(scope="module")
def outside(driver: Driver) -> Path:
    """A file beside the archive that the platform's upstream server serves."""
    path = driver.stack.options.archive.parent / "outside.txt"
    path.write_text(CANARY)
    return path


def upstream_prefixes(archive: Path) -> list[str]:
    """Every route of the upstream server as far as what a caller may choose in it."""
    rules = [rule.rule for rule in create_app(archive).url_map.iter_rules()]
    return sorted(
        {rule.partition("<")[0] if "<" in rule else f"{rule.rstrip('/')}/" for rule in rules} | {"/"}
    )


def test_the_upstream_server_serves_nothing_but_its_routes(driver: Driver, outside: Path) -> None:
    archive, url = driver.stack.options.archive, driver.stack.url("upstream")
    before, statuses = state(archive.parent), set()
    prefixes = upstream_prefixes(archive)
    assert len(prefixes) > 10
    for prefix, way in itertools.product(prefixes, UPWARDS):
        for name in OUTSIDE[:2]:
            status, said = ask(url, prefix + way.format(name))
            assert status < 500, (prefix, way)
            assert not SAID.search(said), (prefix, way)
            statuses.add(status)
    assert statuses <= {308, 400, 401, 403, 404, 405, 422}
    assert state(archive.parent) == before


@pytest.mark.parametrize("name", ["GameID", "Season", "date", "event_id", "sport"])
def test_no_question_to_the_upstream_server_names_a_file(driver: Driver, outside: Path, name: str) -> None:
    url = driver.stack.url("upstream")
    routes = ("/stats.nba.com/stats/boxscoretraditionalv3", "/stats.nba.com/stats/scheduleleaguev2int")
    for route, way in itertools.product(routes, UPWARDS):
        status, said = ask(url, f"{route}?{name}={way.format(outside)}")
        assert status < 500, (route, way)
        assert not SAID.search(said), (route, way)


def test_the_console_serves_the_files_of_its_folder_and_no_others(driver: Driver) -> None:
    url = driver.stack.url("coordinator")
    assert ask(url, "/console/static/console.css")[0] == 200
    for path in paths("/console/static/", "/console/static/icon.svg/", "/static/", "/console/", "/"):
        status, said = ask(url, path)
        assert status in (303, 400, 401, 404), path
        assert not SAID.search(said), path


@pytest.fixture
def archive(league: Path, tmp_path: Path) -> Path:
    """A copy that may be spoilt, beside a file that is nobody's business."""
    (tmp_path / "outside.txt").write_text(CANARY * 100)
    copy = tmp_path / "its $(touch evil) --port 1 archive"
    shutil.copytree(league, copy)
    return copy


@pytest.mark.parametrize("command", ["run", "replay", "bench"])
@pytest.mark.parametrize("name", ["games", "player_box", "injuries"])
def test_a_link_to_what_is_no_table_is_refused_without_a_word_of_it(
    archive: Path, command: str, name: str
) -> None:
    path = archive / f"{name}.parquet"
    path.unlink()
    path.symlink_to(archive.parent / "outside.txt")
    words = {
        "run": ["run", "--archive", str(archive)],
        "replay": ["replay", "--archive", str(archive), "--from", "2024-10-30", "--to", "2024-10-30"],
        "bench": ["bench", "features", "--archive", str(archive)],
    }[command]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1, result.output
    assert f"{name}.parquet" in result.output.replace("\n", "")
    assert CANARY not in result.output


@pytest.mark.slow
def test_a_folder_of_any_name_is_one_argument(
    archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The archive's and the state's: of neither name anything is run, and nothing is written beside them."""
    from deploy.local.stack import Stack, StackOptions

    beside = tmp_path_factory.mktemp("any")
    folder = beside / "a $(touch evil) --b"
    stack = Stack(StackOptions(folder, archive))
    try:
        stack.start()
        assert stack.warehouse.rows("SELECT 1 AS one") == [{"one": 1}]
        assert (folder / "upstream.log").exists()
    finally:
        stack.stop()
    assert list(beside.iterdir()) == [folder]
    assert not (ROOT / "evil").exists()


@pytest.mark.parametrize(
    "name", ['quo"te', "quo'te", "100%", "comment ; here", "comment # here", "line\nbreak"]
)
def test_a_folder_that_cannot_be_told_is_named_and_not_made(archive: Path, tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(app, ["up", "--archive", str(archive), "--state", str(tmp_path / name)])
    assert result.exit_code == 1, result.output
    assert "no platform can run with" in result.output
    assert not (tmp_path / name).exists()


def test_a_folder_too_long_for_a_socket_is_named_and_not_made(archive: Path, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 80)
    result = CliRunner().invoke(app, ["up", "--archive", str(archive), "--state", str(long)])
    assert result.exit_code == 1, result.output
    assert "name a shorter folder" in result.output.replace("\n", " ")
    assert not long.exists()


def test_what_a_league_is_written_to_is_the_folder_that_was_named(tmp_path: Path) -> None:
    out = tmp_path / "deep" / ".." / "league"
    (tmp_path / "deep").mkdir()
    result: Any = CliRunner().invoke(app, ["league", "--out", str(out), "--days", "1"])
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "league"}
    assert not list((tmp_path / "deep").iterdir())
