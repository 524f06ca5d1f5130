"""The whole platform on one machine: emulators, upstream server and the six services, supervised.

The services run the Procfile's own command; only their endpoints differ from Google Cloud.
"""

import fcntl
import json
import os
import secrets
import shlex
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

import requests

from deploy.local.bigquery.faults import CONTROL
from deploy.local.bigquery.process import launch_command
from deploy.local.environment import variable
from deploy.local.supervisor import LONGEST_FOLDER, Program, Supervisor, can_be_told
from deploy.registry import Service, services
from orchestration.bus_setup import BusSetup, Target
from orchestration.pipeline import load_pipeline
from predictions.training.champion import seed_champion
from shared.bus import Bus
from shared.clock import CLOCK_VARIABLE, ClockFile
from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.client import make_client
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "nba-local"
LOCATION = "us-west2"
PUSH_ACCOUNT = f"pubsub-push@{PROJECT}.iam.gserviceaccount.com"
SCHEDULER_ACCOUNT = f"scheduler@{PROJECT}.iam.gserviceaccount.com"
ADDRESSES = "services.json"
_LOCK = "lock"
_SECRETS = "secrets.json"
_KEYED_PROVIDERS = ("odds", "bdl", "bettingpros")
_DOOR = "bigquery-door"
_EMULATORS = ("bigquery-rest", "bigquery-grpc", "pubsub-grpc", "pubsub-http", "upstream")
_DATASETS = f"/bigquery/v2/projects/{PROJECT}/datasets"
_START_SECONDS = 90.0
# Locally a retry need not wait ten seconds, but five attempts must outlast the restart of a service.
_BACKOFF_SCALE = 0.2


class StackError(RuntimeError):
    """The platform did not start; the message says which part and where its log is."""


@dataclass(frozen=True)
class StackOptions:
    """What to run.

    Args:
        folder: for all state. archive: what the providers know.
        failing_warehouse: put the door in front of BigQuery's REST side that fails on request.
        clock: by which the services live; without one, by this machine's. It shows a time already.
    """

    folder: Path
    archive: Path
    log_level: str = "INFO"
    failing_warehouse: bool = False
    clock: ClockFile | None = None


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at present."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def procfile_command() -> str:
    """The one command that serves every service, on Cloud Run and here."""
    line = (ROOT / "Procfile").read_text().strip()
    return line.removeprefix("web:").strip()


def local_secrets(folder: Path) -> dict[str, str]:
    """Keys of this stack's services and of its providers, made when first needed, in a private file."""
    path = folder / _SECRETS
    path.touch(mode=0o600)
    known = json.loads(path.read_text() or "{}")
    keys = {name: known.get(name) or secrets.token_urlsafe(24) for name in (*services(), *_KEYED_PROVIDERS)}
    path.write_text(json.dumps(keys, indent=2))
    return keys


def running_services(folder: Path) -> dict[str, tuple[str, str]]:
    """Service -> address and key of the platform that runs in a folder.

    Raises:
        StackError: none does.
    """
    addresses = folder / ADDRESSES
    if not addresses.exists():
        raise StackError(f"no platform runs in {folder}: start one with `nba-props up`, or name its --state")
    keys = local_secrets(folder)
    return {name: (url, keys[name]) for name, url in json.loads(addresses.read_text()).items()}


def claim(folder: Path) -> TextIO:
    """Takes a state folder for this process; the lock is gone when the process is, however it ends.

    Raises:
        StackError: another platform runs in it.
    """
    lock = (folder / _LOCK).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StackError(
            f"a platform is running in {folder} already; stop it, or name another folder"
        ) from None
    return lock


def sweep(parent: Path, prefix: str) -> None:
    """Removes the folders of platforms that were killed before they could do so themselves."""
    for folder in parent.glob(f"{prefix}*"):
        if not (folder / _LOCK).exists():
            continue
        try:
            lock = claim(folder)
        except (StackError, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def make_private_folder(folder: Path, named_by: str) -> None:
    """Makes a folder for ourselves alone, unless it is there.

    Args:
        named_by: the option or variable that names another one.

    Raises:
        StackError: it cannot be made, or is somebody else's.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StackError(
            f"{folder}: no folder can be made there ({error.strerror}); name another in {named_by}"
        ) from None
    if folder.lstat().st_uid != os.getuid():
        raise StackError(f"{folder} belongs to somebody else; name another in {named_by}")


class Stack:
    """One local platform. Several can run side by side: ports and files are its own."""

    def __init__(self, options: StackOptions) -> None:
        self.options = options
        for path in (options.folder, options.archive):
            if not can_be_told(path):
                raise StackError(f"no platform can run with {path}: name a folder without quotes, %, ; and #")
        if len(os.fsencode(options.folder.resolve())) > LONGEST_FOLDER:
            raise StackError(f"{options.folder} is too long for a socket in it: name a shorter folder")
        make_private_folder(options.folder, "--state")
        self._lock = claim(options.folder)
        self.keys = local_secrets(options.folder)
        names = [*_EMULATORS, _DOOR, *services()]
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._supervisor: Supervisor | None = None

    @property
    def _instant(self) -> Path:
        """Where the providers' clock is kept from one of their processes to the next."""
        return self.options.folder / "upstream.now"

    def address(self, name: str) -> str:
        """host:port of a part."""
        return f"127.0.0.1:{self.ports[name]}"

    def url(self, name: str) -> str:
        """The address of a service or of the upstream server."""
        return f"http://{self.address(name)}"

    @cached_property
    def warehouse(self) -> Warehouse:
        storage = StorageReader(PROJECT, self.address("bigquery-grpc"))
        return Warehouse(make_client(PROJECT, LOCATION, self.url("bigquery-rest")), storage)

    @cached_property
    def bus(self) -> Bus:
        with self._pubsub_host():
            bus = Bus(PROJECT)
            bus.connect()
        return bus

    @property
    def supervisor(self) -> Supervisor:
        if self._supervisor is None:
            raise StackError("the platform is not running")
        return self._supervisor

    def start(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Starts everything and returns when every service is ready.

        Args:
            report: told of each step, for a progress display.

        Raises:
            StackError: a part did not come up.
        """
        self._instant.unlink(missing_ok=True)
        self._supervisor = Supervisor(self.options.folder, self._programs())
        report("starting emulators")
        self._wait("bigquery", lambda: _answers(self.url("bigquery-rest") + _DATASETS))
        self._wait("pubsub", lambda: _answers(self.url("pubsub-http") + "/stats"))
        self.wait_for_upstream()
        if door := self.door:
            self._wait(_DOOR, lambda: _answers(door + CONTROL))
        report("creating tables, topics and subscriptions")
        bootstrap(self.warehouse, LOCATION)
        seed_champion(self.warehouse)
        self._set_up_bus()
        report("waiting for the six services")
        for name in services():
            self.wait_until_ready(name)
        addresses = json.dumps({name: self.url(name) for name in services()}, indent=2)
        (self.options.folder / ADDRESSES).write_text(addresses)

    def wait_until_ready(self, name: str) -> None:
        """Returns when a service answers /ready; StackError with the end of its log when it does not."""
        self._wait(name, lambda: self._is_ready(name))

    def wait_for_upstream(self) -> None:
        """Returns when the upstream server has read its archive; StackError as of wait_until_ready."""
        self._wait("upstream", lambda: _answers(self.url("upstream") + "/_control"))

    def stop(self) -> None:
        """Stops everything that start() started."""
        if self._supervisor:
            self._supervisor.stop()
            self._supervisor = None
        (self.options.folder / ADDRESSES).unlink(missing_ok=True)
        self._lock.close()

    def _is_ready(self, name: str) -> bool:
        headers = {"X-API-Key": self.keys[name]}
        return _answers(f"{self.url(name)}/ready", headers)

    def _wait(self, name: str, is_up: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.supervisor.alive():
            if is_up():
                return
            time.sleep(0.1)
        log = self.options.folder / f"{name}.log"
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
        raise StackError(f"{name} did not become ready; its log is {log}:\n{tail}")

    def _set_up_bus(self) -> None:
        with self._pubsub_host():
            setup = BusSetup(PROJECT, load_pipeline(), PUSH_ACCOUNT)
        setup.apply({s.name: Target(self.url(s.name), s.audience) for s in services().values()})

    def _pubsub_host(self) -> AbstractContextManager[None]:
        return variable("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{self.ports['pubsub-grpc']}")

    def _programs(self) -> list[Program]:
        python = sys.executable
        folder, ports = self.options.folder, self.ports
        bigquery = launch_command(
            folder / "bigquery.ports.json",
            folder / "bigquery",
            project=PROJECT,
            rest_port=ports["bigquery-rest"],
            grpc_port=ports["bigquery-grpc"],
        )
        pubsub = [
            *(python, "-m", "deploy.local.pubsub", "--data-dir", str(folder / "pubsub")),
            *("--grpc-port", str(ports["pubsub-grpc"]), "--http-port", str(ports["pubsub-http"])),
            *("--time-scale", str(_BACKOFF_SCALE)),
        ]
        upstream = [
            *(python, "-m", "deploy.local.upstream", "--archive", str(self.options.archive.resolve())),
            *("--port", str(ports["upstream"]), "--memory", str(self._instant)),
        ]
        if self.options.clock:
            upstream += ["--now", self.options.clock.now().isoformat()]
        path = {"PATH": f"{Path(python).parent}:/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
        return [
            Program("bigquery", bigquery, path, ROOT),
            Program("pubsub", pubsub, path, ROOT),
            Program("upstream", upstream, path | self._provider_keys(), ROOT),
            *self._door(python, path),
            *(
                Program(service.name, shlex.split(procfile_command()), path | self.environment(service), ROOT)
                for service in services().values()
            ),
        ]

    def _door(self, python: str, environment: dict[str, str]) -> list[Program]:
        if not self.options.failing_warehouse:
            return []
        command = [
            *(python, "-m", "deploy.local.bigquery.faults"),
            *("--port", str(self.ports[_DOOR]), "--target", self.url("bigquery-rest")),
        ]
        return [Program(_DOOR, command, environment, ROOT)]

    @property
    def door(self) -> str | None:
        """The address at which a failing warehouse is asked to fail; None without one."""
        return self.url(_DOOR) if self.options.failing_warehouse else None

    def _provider_keys(self) -> dict[str, str]:
        """What the providers' stand-in accepts: the keys that the scrapers are given."""
        return {
            f"UPSTREAM_{name.upper()}_API_KEY": self.keys[name] for name in ("odds", "bettingpros", "bdl")
        }

    def environment(self, service: Service) -> dict[str, str]:
        """What a service of this platform reads from its environment; it holds keys."""
        clock = self.options.clock
        return ({CLOCK_VARIABLE: str(clock.path.resolve())} if clock else {}) | {
            "SERVICE": service.name,
            "PORT": str(self.ports[service.name]),
            "BIND_HOST": "127.0.0.1",
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "BIGQUERY_LOCATION": LOCATION,
            "LOG_LEVEL": self.options.log_level,
            "VALID_API_KEYS": self.keys[service.name],
            "ODDS_API_KEY": self.keys["odds"],
            "BDL_API_KEY": self.keys["bdl"],
            "BETTINGPROS_API_KEY": self.keys["bettingpros"],
            "OIDC_AUDIENCE": service.audience,
            "OIDC_SERVICE_ACCOUNTS": f"{PUSH_ACCOUNT},{SCHEDULER_ACCOUNT}",
            "OIDC_CERTS_URL": f"{self.url('pubsub-http')}/certs",
            "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{self.ports['pubsub-grpc']}",
            "BIGQUERY_EMULATOR_HOST": self.door or self.url("bigquery-rest"),
            "BIGQUERY_STORAGE_EMULATOR_HOST": f"127.0.0.1:{self.ports['bigquery-grpc']}",
            "UPSTREAM_BASE_URL": self.url("upstream"),
        }


@contextmanager
def running_stack(options: StackOptions, report: Callable[[str], None] = lambda _: None) -> Iterator[Stack]:
    """A platform for the length of a `with`, stopped however it ends."""
    stack = Stack(options)
    try:
        stack.start(report)
        yield stack
    finally:
        stack.stop()


def _answers(url: str, headers: dict[str, str] | None = None) -> bool:
    try:
        return requests.get(url, headers=headers, timeout=5).status_code < 300
    except requests.RequestException:
        return False
