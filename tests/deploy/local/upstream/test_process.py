"""The server as a process: python -m deploy.local.upstream."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[4]
BOX = "/stats.nba.com/stats/boxscoretraditionalv3?GameID=0022400056"
EVENTS = "/api.the-odds-api.com/v4/sports/basketball_nba/events"
PATIENCE_SECONDS = 30


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "deploy.local.upstream", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def url_in(port_file: Path, process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not port_file.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "the port file was not written"
        time.sleep(0.02)
    url: str = json.loads(port_file.read_text())["url"]
    return url


@pytest.fixture
def server(tiny_archive: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    port_file, key_file = tmp_path / "upstream.json", tmp_path / "key"
    key_file.write_text("right\n")
    process = start(
        *("--archive", str(tiny_archive), "--port-file", str(port_file)),
        *("--odds-api-key-file", str(key_file), "--now", "2024-12-03T18:00:00Z"),
    )
    try:
        yield process, url_in(port_file, process), port_file
    finally:
        process.kill()
        process.communicate()


def test_one_that_is_killed_goes_on_at_the_instant_that_it_was_set_to(
    tiny_archive: Path, tmp_path: Path
) -> None:
    port_file, later = tmp_path / "upstream.json", "2024-12-04T02:00:00+00:00"
    arguments = ["--archive", str(tiny_archive), "--port-file", str(port_file)]
    arguments += ["--now", "2024-12-03T18:00:00Z", "--memory", str(tmp_path / "now")]
    shown = []
    for setting in (later, None):
        process = start(*arguments)
        try:
            url = url_in(port_file, process)
            if setting:
                requests.post(url + "/_control/now", json={"now": setting}, timeout=5).raise_for_status()
            shown.append(requests.get(url + "/_control", timeout=5).json()["now"])
        finally:
            process.kill()
            process.communicate()
            port_file.unlink()
    assert shown == [later, later]


def test_it_serves_until_sigterm_and_takes_its_port_file_with_it(
    server: tuple[subprocess.Popen[str], str, Path],
) -> None:
    process, url, port_file = server
    assert url.startswith("http://127.0.0.1:")
    assert requests.get(url + "/_control", timeout=5).json()["now"] == "2024-12-03T18:00:00+00:00"
    assert requests.get(url + EVENTS, params={"apiKey": "right"}, timeout=5).status_code == 200
    assert requests.get(url + EVENTS, params={"apiKey": "wrong"}, timeout=5).status_code == 401
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert not port_file.exists()


def test_many_at_once_are_all_served_and_counted(server: tuple[subprocess.Popen[str], str, Path]) -> None:
    _, url, _ = server
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: requests.get(url + BOX, timeout=10).status_code, range(80)))
    assert statuses == [200] * 80
    counted = requests.get(url + "/_control", timeout=5).json()["requests"]
    assert counted == {BOX.split("?")[0]: 80}


def test_a_dropped_connection_is_closed_without_an_answer(
    server: tuple[subprocess.Popen[str], str, Path],
) -> None:
    _, url, _ = server
    body = {"faults": [{"path_prefix": "/stats.nba.com", "kind": "drop"}]}
    requests.post(url + "/_control/faults", json=body, timeout=5).raise_for_status()
    with pytest.raises(requests.ConnectionError):
        requests.get(url + BOX, timeout=5)
    assert requests.get(url + BOX, timeout=5).status_code == 200


def test_a_folder_that_is_no_archive_stops_the_start_with_the_reason(tmp_path: Path) -> None:
    process = start("--archive", str(tmp_path))
    _, error = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "games.parquet is missing" in error
