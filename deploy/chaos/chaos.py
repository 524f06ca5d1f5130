"""Faults on a running platform for the length of a `with`, drawn from a seed and counted as they strike."""

import logging
import threading
import time
from collections import Counter
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
        self._thread = threading.Thread(target=self._strike, name="chaos")
        self.struck = Counter[str]()

    def __enter__(self) -> "Chaos":
        self._ask("pubsub", self._plan.bus())
        self._ask("upstream", self._plan.providers())
        self._ask("door", self._plan.door())
        if self._plan.kills:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._ending.set()
        if self._plan.kills:
            self._thread.join()
        ends = {"pubsub": NO_BUS_FAULTS, "upstream": NO_PROVIDER_FAULTS, "door": NO_DOOR_FAULTS}
        for part, body in ends.items():
            self._tally(part)
            self._ask(part, body)

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
        self._ask("pubsub", {"disk_full": True})
        self.struck[DISK_FULL] += 1
        self._ending.wait(_DISK_FULL_SECONDS)
        self._ask("pubsub", {"disk_full": False})

    def _kill(self, victim: str) -> None:
        if victim in EMULATORS:
            self._tally(victim)
        self._stack.supervisor.kill(victim)
        self.struck[f"kill -9 {victim}"] += 1
        _LOG.info("%s is killed", victim)
        # The bus keeps its faults, the providers' stand-in does not.
        if victim == "upstream":
            self._ask("upstream", self._plan.providers())

    def _tally(self, part: str) -> None:
        """Adds what a part has done to the count, before its own is lost."""
        found = self._answer(part).get("struck", {}) if part != "bigquery" else {}
        for kind, times in found.items():
            if times:
                self.struck[f"{part}: {kind}"] += times

    def _answer(self, part: str) -> dict[str, dict[str, int]]:
        address = {
            "pubsub": f"{self._stack.url('pubsub-http')}/stats",
            "upstream": f"{self._stack.url('upstream')}/_control",
            "door": f"{self._stack.door}{CONTROL}",
        }[part]
        answer: dict[str, dict[str, int]] = self._until_back("GET", address).json()
        return answer

    def _ask(self, part: str, body: dict[str, object]) -> None:
        address = {
            "pubsub": f"{self._stack.url('pubsub-http')}/faults",
            "upstream": f"{self._stack.url('upstream')}/_control/faults",
            "door": f"{self._stack.door}{CONTROL}",
        }[part]
        self._until_back("POST", address, body)

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
