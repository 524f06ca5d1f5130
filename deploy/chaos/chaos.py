"""Faults on a running platform for the length of a `with`, drawn from a seed and counted as they strike."""

import logging
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from types import TracebackType

import requests

from deploy.chaos.plan import NO_BUS_FAULTS, NO_DOOR_FAULTS, NO_PROVIDER_FAULTS, ChaosPlan
from deploy.local.bigquery.faults import CONTROL
from deploy.local.stack import Stack
from deploy.registry import services

EMULATORS = ("bigquery", "pubsub", "upstream")
DISK_FULL = "full disk"
_DISK_FULL_SECONDS = 2.0
_BACK_SECONDS = 60.0
_LOG = logging.getLogger(__name__)


class Chaos:
    """One plan at work; `struck` says how often each kind has happened, whole after the end."""

    def __init__(self, stack: Stack, plan: ChaosPlan) -> None:
        self._stack, self._plan = stack, plan
        self._random, self._ending = Random(plan.seed), threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="chaos")
        self._blows: Future[None] | None = None
        self._addresses = {
            "pubsub": (f"{stack.url('pubsub-http')}/faults", f"{stack.url('pubsub-http')}/stats"),
            "upstream": (f"{stack.url('upstream')}/_control/faults", f"{stack.url('upstream')}/_control"),
            "door": (f"{stack.door}{CONTROL}", f"{stack.door}{CONTROL}"),
        }
        self.struck = Counter[str]()

    def __enter__(self) -> "Chaos":
        self._ask("pubsub", self._plan.bus())
        self._ask("upstream", self._plan.providers())
        self._ask("door", self._plan.door())
        if self._plan.kills:
            self._blows = self._pool.submit(self._strike)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._ending.set()
        self._pool.shutdown()
        ends = {"pubsub": NO_BUS_FAULTS, "upstream": NO_PROVIDER_FAULTS, "door": NO_DOOR_FAULTS}
        for part, body in ends.items():
            self._tally(part)
            self._ask(part, body)
        if self._blows:
            # Blows that stopped early are no plan at work.
            self._blows.result()

    def _strike(self) -> None:
        """One blow after the other, until the end."""
        victims = [*services(), *EMULATORS, DISK_FULL]
        while not self._ending.wait(self._random.uniform(0.5, 1.5) * self._plan.pause_seconds):
            victim = self._random.choice(victims)
            if victim == DISK_FULL:
                self._fill_disk()
            else:
                self._kill(victim)

    def _fill_disk(self) -> None:
        """It counts by what it refuses, as the bus says."""
        self._ask("pubsub", {"disk_full": True})
        self._ending.wait(_DISK_FULL_SECONDS)
        self._ask("pubsub", {"disk_full": False})

    def _kill(self, victim: str) -> None:
        if victim in self._addresses:
            self._tally(victim)
        try:
            self._stack.supervisor.kill(victim)
        except ProcessLookupError:
            # It is still down from the last blow.
            return
        self.struck[f"kill -9 {victim}"] += 1
        _LOG.info("%s is killed", victim)
        # The bus keeps its faults, the providers' stand-in does not.
        if victim == "upstream":
            self._ask("upstream", self._plan.providers())

    def _tally(self, part: str) -> None:
        """Adds what a part has done to the count, before its own is lost."""
        _, asked = self._addresses[part]
        struck: dict[str, int] = self._until_back("GET", asked).json()["struck"]
        self.struck.update({f"{part}: {kind}": times for kind, times in struck.items() if times})

    def _ask(self, part: str, body: dict[str, object]) -> None:
        told, _ = self._addresses[part]
        self._until_back("POST", told, body)

    def _until_back(
        self, method: str, address: str, body: dict[str, object] | None = None
    ) -> requests.Response:
        """The answer of a part that may just have been killed."""
        deadline = time.monotonic() + _BACK_SECONDS
        while True:
            try:
                answer = requests.request(method, address, json=body, timeout=10)
                answer.raise_for_status()
            except (requests.ConnectionError, requests.Timeout):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return answer
