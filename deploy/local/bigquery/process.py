"""Our side of the BigQuery emulator: starts its launcher as a process and stops it again."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

REPO = Path(__file__).resolve().parents[3]
LAUNCHER = Path(__file__).with_name("launcher.py")
PYTHON_VARIABLE = "NBA_PROPS_EMULATOR_PYTHON"
PROJECT = "nba-local"
START_SECONDS = 60.0  # a cold disk on a busy machine; usually it answers within two seconds
STOP_SECONDS = 15.0  # the launcher allows itself eight


class EmulatorError(RuntimeError):
    """The BigQuery emulator is not installed or did not start; the text says what to do."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator: where it answers and the process behind it.

    rest: `http://127.0.0.1:N`, for `client_options.api_endpoint`; grpc: `127.0.0.1:M`, for the Storage API.
    """

    rest: str
    grpc: str
    project: str
    process: subprocess.Popen[bytes]


def emulator_python() -> Path:
    """The Python of bqemulator's own environment; EmulatorError when there is none."""
    named = os.environ.get(PYTHON_VARIABLE)
    python = Path(named) if named else REPO / ".venv-emulator" / "bin" / "python"
    if not python.is_file():
        raise EmulatorError(
            f"no Python of the BigQuery emulator at {python}: run `make install`, "
            f"or name another place in {PYTHON_VARIABLE}"
        )
    return python


def launch_command(
    port_file: Path,
    data_dir: Path | None = None,
    *,
    project: str = PROJECT,
    rest_port: int = 0,
    grpc_port: int = 0,
) -> list[str]:
    """The command line for a supervisor; without `data_dir` the tables are kept in memory only."""
    place = ["--ephemeral"] if data_dir is None else ["--data-dir", str(data_dir)]
    ports = ["--rest-port", str(rest_port), "--grpc-port", str(grpc_port)]
    where = ["--port-file", str(port_file), "--project", project]
    return [str(emulator_python()), str(LAUNCHER), *place, *ports, *where]


@contextmanager
def running_emulator(
    folder: Path,
    *,
    persistent: bool = False,
    project: str = PROJECT,
    rest_port: int = 0,
    grpc_port: int = 0,
) -> Iterator[Emulator]:
    """An emulator for the length of a `with`; `folder` gets its log, port file and, if persistent, tables."""
    folder.mkdir(parents=True, exist_ok=True)
    port_file, log = folder / "bigquery.ports.json", folder / "bigquery.log"
    port_file.unlink(missing_ok=True)
    data_dir = folder / "bigquery" if persistent else None
    command = launch_command(port_file, data_dir, project=project, rest_port=rest_port, grpc_port=grpc_port)
    with log.open("ab") as output:
        process = _spawn([*command, "--exit-with-parent"], output)
        try:
            ports = _wait_for_ports(process, port_file, log)
            yield Emulator(ports["rest"], ports["grpc"], project, process)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the emulator, with SIGKILL if it does not end itself; harmless when it has already ended."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _spawn(command: list[str], output: BinaryIO) -> subprocess.Popen[bytes]:
    # A group of its own, so that Ctrl-C in a terminal reaches it only through its supervisor, in order.
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0, env=_environment()
    )


def _environment() -> dict[str, str]:
    """Ours without what would make the emulator's Python find our packages."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def _wait_for_ports(process: subprocess.Popen[bytes], port_file: Path, log: Path) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while not port_file.exists():
        if process.poll() is not None:
            raise EmulatorError(
                f"the BigQuery emulator ended with status {process.returncode}:\n{_tail(log)}"
            )
        if time.monotonic() > deadline:
            raise EmulatorError(
                f"no answer from the BigQuery emulator in {START_SECONDS:.0f} s:\n{_tail(log)}"
            )
        time.sleep(0.02)
    ports: dict[str, str] = json.loads(port_file.read_text())
    return ports


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
