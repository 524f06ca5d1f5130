"""Runs the platform's processes under supervisord, which restarts the ones that die, as Cloud Run would."""

import configparser
import http.client
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

_STOP_SECONDS = 8
_GROUP = "platform"


@dataclass(frozen=True)
class Program:
    """One process to keep alive."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path


def _quoted(value: str) -> str:
    return f'"{_literally(value)}"'


# Linux takes 107 bytes for a socket's path; supervisord makes it under a name with its process id first.
LONGEST_FOLDER = 107 - len("/supervisor.sock.1234567")


def can_be_told(path: Path) -> bool:
    """Whether a path can stand in supervisord's configuration, where some characters have no sure escape."""
    return not re.search(r"[\x00-\x1f'\"%]|\s[;#]", str(path))


def _literally(text: str) -> str:
    """So that supervisord fills nothing in."""
    return text.replace("%", "%%")


def write_config(folder: Path, programs: list[Program]) -> Path:
    """supervisord.conf in a private folder; it holds secrets, so only its owner may read it."""
    config = configparser.RawConfigParser()
    config["unix_http_server"] = {"file": str(folder / "supervisor.sock"), "chmod": "0600"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    config["supervisord"] = {
        "nodaemon": "true",
        "logfile": str(folder / "supervisord.log"),
        "pidfile": str(folder / "supervisord.pid"),
        "silent": "true",
    }
    # supervisord stops group after group, but the members of one at the same time.
    config[f"group:{_GROUP}"] = {"programs": ",".join(program.name for program in programs)}
    for program in programs:
        config[f"program:{program.name}"] = {
            "command": _literally(shlex.join(program.command)),
            "directory": str(program.directory),
            "environment": ",".join(f"{key}={_quoted(value)}" for key, value in program.environment.items()),
            "autorestart": "true",
            "startsecs": "0",
            "startretries": "10",
            "stopwaitsecs": str(_STOP_SECONDS),
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(folder / f"{program.name}.log"),
        }
    path = folder / "supervisord.conf"
    path.touch(mode=0o600)
    with path.open("w") as file:
        config.write(file)
    return path


def _ending_with_parent() -> list[str]:
    """Before a command: even a killed parent leaves nothing running (where there is setpriv; it is Linux).

    Done by the command itself: Python between fork and exec is not safe beside the threads of gRPC.
    """
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


class Supervisor:
    """A running supervisord and its control socket."""

    def __init__(self, folder: Path, programs: list[Program]) -> None:
        self._socket = folder / "supervisor.sock"
        config = write_config(folder, programs)
        self._process = subprocess.Popen(
            [*_ending_with_parent(), sys.executable, "-m", "supervisor.supervisord", "-c", str(config)],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", "")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def processes(self) -> dict[str, dict[str, Any]]:
        """Name -> what supervisord says of it (pid, statename, ...)."""
        rows = self._call("getAllProcessInfo")
        return {row["name"]: row for row in rows}

    def take_down(self, name: str) -> None:
        """Stops a process, which stays down until it is brought up, and returns when it has ended."""
        self._call("stopProcess", f"{_GROUP}:{name}")

    def bring_up(self, name: str) -> None:
        """Starts a process that was taken down."""
        self._call("startProcess", f"{_GROUP}:{name}")

    def _call(self, method: str, *arguments: str) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()

    def kill(self, name: str) -> int:
        """Kills a process without warning; supervisord starts it again. Returns the old pid."""
        pid = int(self.processes()[name]["pid"])
        if not pid:
            # Of a process 0 the group is the caller's own.
            raise ProcessLookupError(f"{name} is not running")
        os.killpg(os.getpgid(pid), signal.SIGKILL)
        return pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Stops everything; a process that will not end in time is killed."""
        if self.alive():
            self._process.terminate()
        try:
            self._process.wait(timeout=_STOP_SECONDS + 4)
        except subprocess.TimeoutExpired:
            self._kill_all()

    def _kill_all(self) -> None:
        try:
            pids = [row["pid"] for row in self.processes().values() if row["pid"]]
        except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
            pids = []
        self._process.kill()
        self._process.wait()
        for pid in pids:
            os.killpg(pid, signal.SIGKILL)
