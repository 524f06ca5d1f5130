"""Drives a local stack as the scheduler and the clock would: scrapes, moves time, waits for the bus."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import requests

from deploy.local.stack import Stack
from shared.messages import AsOf

_REQUEST_SECONDS = 600.0
_SETTLE_SECONDS = 600.0
_POLL_SECONDS = 0.05
_ATTEMPTS, _RETRY_SECONDS = 10, 1.0
_LOG = logging.getLogger(__name__)


class DriveError(RuntimeError):
    """A step did not have its effect; the message says which and why."""


class Driver:
    """One caller of the platform, with a record of where the time went.

    Args:
        bad: what no source of a workflow may end with.
    """

    bad: tuple[str, ...] = ("failed", "not_ready")

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.timings: dict[str, list[float]] = defaultdict(list)
        self._session = requests.Session()

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Records the seconds of a `with` under `what`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings[what].append(time.perf_counter() - started)

    def post(self, service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """An operator's call with the service's API key.

        Raises:
            DriveError: the answer is not 2xx.
        """
        headers = {"X-API-Key": self.stack.keys[service]}
        url = self.stack.url(service) + path
        response = self._post_until_answered(url, body, headers)
        if not response.ok:
            raise DriveError(f"{service} {path}: {response.status_code} {response.text[:500]}")
        return dict(response.json())

    def get(self, service: str, path: str, **query: Any) -> dict[str, Any]:
        """An operator's question with the service's API key.

        Raises:
            DriveError: the answer is not 2xx.
        """
        headers, url = {"X-API-Key": self.stack.keys[service]}, self.stack.url(service) + path
        response = self._session.get(url, params=query, headers=headers, timeout=_REQUEST_SECONDS)
        if not response.ok:
            raise DriveError(f"{service} {path}: {response.status_code} {response.text[:500]}")
        return dict(response.json())

    def _post_until_answered(
        self, url: str, body: dict[str, Any], headers: dict[str, str]
    ) -> requests.Response:
        """Tries again, as Cloud Scheduler does, when a service goes away under the call."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._session.post(url, json=body, headers=headers, timeout=_REQUEST_SECONDS)
            except requests.ConnectionError as error:
                _LOG.warning("%s went away (attempt %d): %s", url, attempt + 1, error)
                time.sleep(_RETRY_SECONDS)
        raise DriveError(f"{url} does not answer")

    def scrape(self, source: str, first: date, last: date, knowledge: AsOf | None = None) -> dict[str, Any]:
        """Scrapes a source for some dates.

        Raises:
            DriveError: the source ended `failed`.
        """
        body = {"source": source, "from_date": first.isoformat(), "to_date": last.isoformat()}
        body |= (knowledge or AsOf()).model_dump(mode="json", exclude_none=True)
        result = self.post("scrapers", "/scrape", body)
        if result["status"] == "failed":
            raise DriveError(f"{source} {first} to {last} failed: {result['reason']}")
        return result

    def workflow(self, name: str, day: date, knowledge: AsOf | None = None) -> list[dict[str, Any]]:
        """Runs a workflow's sources for a date.

        Raises:
            DriveError: one of them ended as none may.
        """
        body = {"game_date": day.isoformat()}
        body |= (knowledge or AsOf()).model_dump(mode="json", exclude_none=True)
        runs: list[dict[str, Any]] = self.post("scrapers", f"/workflows/{name}", body)["runs"]
        bad = [f"{run['source']}: {run['reason']}" for run in runs if run["status"] in self.bad]
        if bad:
            raise DriveError(f"workflow {name} for {day}: {'; '.join(bad)}")
        return runs

    def set_now(self, moment: datetime) -> None:
        """Moves the providers' clock, and the one that the services may live by, which never goes back."""
        if clock := self.stack.options.clock:
            moment = clock.advance(moment)
        url = f"{self.stack.url('upstream')}/_control/now"
        self._session.post(url, json={"now": moment.isoformat()}, timeout=10).raise_for_status()

    def set_faults(self, url: str, body: dict[str, Any]) -> None:
        """Asks an emulator for trouble."""
        self._session.post(url, json=body, timeout=10).raise_for_status()

    def settle(self, on_wait: Callable[[int], None] = lambda _: None) -> None:
        """Waits until every message has been handled.

        Args:
            on_wait: told the number of messages left, for a progress display.

        Raises:
            DriveError: the bus does not come to rest.
        """
        deadline = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < deadline:
            stats = self._stats()
            if stats["idle"]:
                return
            on_wait(sum(row["backlog"] for row in stats["subscriptions"].values()))
            time.sleep(_POLL_SECONDS)
        raise DriveError("messages are still undelivered; see the services' logs")

    def rest(self, patience: float) -> bool:
        """Waits until every message has been handled, or until none was for so many seconds.

        For when a part is down on purpose: what cannot be delivered then is still there. Returns whether all
        was handled.
        """
        before, since = -1, time.monotonic()
        while time.monotonic() - since < patience:
            stats = self._stats()
            if stats["idle"]:
                return True
            rows = stats["subscriptions"].values()
            moved = sum(row["acked"] + row["dead_lettered"] for row in rows if row["push"])
            if moved != before or any(row["in_flight"] for row in rows if row["push"]):
                before, since = moved, time.monotonic()
            time.sleep(_POLL_SECONDS)
        return False

    def delivered(self) -> dict[str, int]:
        """Push subscription -> how many deliveries its handler was given since the platform started."""
        rows = self._stats()["subscriptions"].items()
        return {name.rpartition("/")[2]: row["delivered"] for name, row in rows if row["push"]}

    def backlog(self) -> int:
        """How many messages of push subscriptions have not been handled."""
        rows = self._stats()["subscriptions"].values()
        return sum(row["backlog"] for row in rows if row["push"])

    def _stats(self) -> dict[str, Any]:
        url = f"{self.stack.url('pubsub-http')}/stats"
        return dict(self._session.get(url, timeout=10).json())
