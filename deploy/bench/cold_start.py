"""How long each service takes, as a fresh process with the Procfile's command, until it answers."""

import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from rich.table import Table

from deploy.bench.processor import processor_seconds
from deploy.bench.shown import STARTS, shown, start_rows
from deploy.local.stack import ROOT, Stack, free_ports, procfile_command
from deploy.registry import Service, services

LIMIT_SECONDS = 3.0
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.01
_STOP_SECONDS = 10.0


class ColdStartError(RuntimeError):
    """A service did not answer in time; the message has the end of what it wrote."""


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process until each route answered 200.

    Args:
        processor: processor seconds that it had used by then.
    """

    health: float
    ready: float
    processor: float


def measure(
    stack: Stack, names: list[str], times: int, at: Callable[[str, int, int], None]
) -> dict[str, list[Start]]:
    """Starts each service several times beside a running platform, whose emulators it uses."""
    found: dict[str, list[Start]] = {name: [] for name in names}
    for number in range(times):
        for place, name in enumerate(names):
            at(f"{name}, start {number + 1}", number * len(names) + place, times * len(names))
            found[name].append(_start(stack, services()[name]))
    return found


def _start(stack: Stack, service: Service) -> Start:
    (port,) = free_ports(1)
    log = stack.options.folder / f"cold-start-{service.name}.log"
    began = time.perf_counter()
    with _process(stack.environment(service) | {"PORT": str(port)}, log) as process:
        url, key = f"http://127.0.0.1:{port}", {"X-API-Key": stack.keys[service.name]}
        health = _until_answered(process, f"{url}/health", {}, log) - began
        ready = _until_answered(process, f"{url}/ready", key, log) - began
        return Start(health, ready, processor_seconds(process.pid))


@contextmanager
def _process(environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            shlex.split(procfile_command()),
            cwd=ROOT,
            env=path | dict(environment),
            stdout=output,
            stderr=output,
            process_group=0,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until_answered(process: subprocess.Popen[bytes], url: str, headers: dict[str, str], log: Path) -> float:
    """The moment at which a route answered 200."""
    deadline = time.perf_counter() + _PATIENCE_SECONDS
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            if requests.get(url, headers=headers, timeout=5).ok:
                return time.perf_counter()
        except requests.RequestException:
            pass
        time.sleep(_POLL_SECONDS)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
    raise ColdStartError(f"{url} did not answer 200:\n{tail}")


def as_json(found: Mapping[str, list[Start]]) -> dict[str, Any]:
    """For the file of figures."""
    measured = {name: [vars(start) for start in starts] for name, starts in found.items()}
    return {"bench": "cold-start", "limit": LIMIT_SECONDS, "services": measured}


def table(found: Mapping[str, list[Start]]) -> Table:
    """A line a service."""
    title = f"Seconds from a new process to its first answers; the limit is {LIMIT_SECONDS:g}"
    return shown(title, STARTS, start_rows(as_json(found)))
