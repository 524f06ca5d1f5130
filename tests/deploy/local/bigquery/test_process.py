"""Starting and stopping the emulator: clear words when it cannot start, nothing left when it stops."""

import json
import signal
import socket
import subprocess
import sys
import time

import pytest

from deploy.local.bigquery.process import (
    PYTHON_VARIABLE,
    REPO,
    EmulatorError,
    launch_command,
    running_emulator,
)

ORPHAN = """
import os, signal, sys
from pathlib import Path
from deploy.local.bigquery.process import running_emulator
with running_emulator(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def wait_until(holds, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert holds()


def test_a_missing_environment_says_make_install(tmp_path, monkeypatch):
    monkeypatch.setenv(PYTHON_VARIABLE, str(tmp_path / "no" / "python"))
    with pytest.raises(EmulatorError, match="make install"), running_emulator(tmp_path):
        pass


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = pytest.raises(EmulatorError, match=f"port {port} of 127.0.0.1 is taken")
        with refused, running_emulator(tmp_path, grpc_port=port):
            pass


def test_a_second_emulator_on_the_same_tables_is_refused(tmp_path):
    with running_emulator(tmp_path / "a", persistent=True):
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "bigquery").symlink_to(tmp_path / "a" / "bigquery")
        with pytest.raises(EmulatorError, match="lock"), running_emulator(tmp_path / "b", persistent=True):
            pass


def test_a_second_emulator_leaves_the_port_file_of_a_living_one(tmp_path):
    with running_emulator(tmp_path) as emulator:
        port_file = tmp_path / "bigquery.ports.json"
        second = subprocess.run(launch_command(port_file), capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "another emulator runs with the port file" in second.stderr
        assert json.loads(port_file.read_text())["rest"] == emulator.rest


def test_it_stops_by_itself_within_the_time_of_ctrl_c_and_takes_its_port_file_along(tmp_path):
    with running_emulator(tmp_path) as emulator:
        port_file = tmp_path / "bigquery.ports.json"
        assert json.loads(port_file.read_text()) == {"rest": emulator.rest, "grpc": emulator.grpc}
    assert emulator.process.returncode == 0  # not -9: it needed no SIGKILL
    assert not port_file.exists()


def test_sigint_ends_it_like_sigterm(tmp_path):
    with running_emulator(tmp_path) as emulator:
        emulator.process.send_signal(signal.SIGINT)
        assert emulator.process.wait(30) == 0


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path):
    starter = subprocess.run([sys.executable, "-c", ORPHAN, str(tmp_path)], cwd=REPO, check=False)
    assert starter.returncode == -signal.SIGKILL
    wait_until(lambda: not (tmp_path / "bigquery.ports.json").exists())


def test_the_command_names_place_and_ports(tmp_path):
    kept = launch_command(tmp_path / "ports", tmp_path / "data", rest_port=9050)
    assert kept[2:8] == ["--data-dir", str(tmp_path / "data"), "--rest-port", "9050", "--grpc-port", "0"]
    assert "--ephemeral" in launch_command(tmp_path / "ports")
