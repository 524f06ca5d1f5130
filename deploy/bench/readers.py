"""Many readers of the coordinator's API at once."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import islice

import requests

from deploy.local.stack import Stack

# Cloud Run's callers give up sooner than the service does.
TIMEOUT_SECONDS = 60.0
NO_ANSWER = 0
_REFUSED = 400


@dataclass(frozen=True)
class Answer:
    """What a reader got: NO_ANSWER stands for a timeout or a broken connection."""

    route: str
    status: int
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether it is anything but an answer."""
        return self.status == NO_ANSWER or self.status >= _REFUSED


def routes(day: date) -> dict[str, str]:
    """What is read, by the name of its route: predictions, status and track record of a date."""
    return {
        "/api/v1/predictions/{date}": f"/api/v1/predictions/{day}?limit=100",
        "/api/v1/predictions/{date}/best": f"/api/v1/predictions/{day}/best?limit=50",
        "/api/v1/status/{date}": f"/api/v1/status/{day}",
        "/batches": f"/batches?game_date={day}",
        "/api/v1/performance": f"/api/v1/performance?from_date={day}&to_date={day}",
    }


def read(stack: Stack, asked: Mapping[str, str], readers: int, times: int) -> list[Answer]:
    """So many readers, each with so many requests one after the other, all at the same time."""
    enough = threading.Event()
    with ThreadPoolExecutor(readers) as pool:
        try:
            found = pool.map(
                lambda number: list(_reader(stack, asked, number, times, enough)), range(readers)
            )
            return [answer for each in found for answer in each]
        finally:
            enough.set()


def _reader(
    stack: Stack, asked: Mapping[str, str], number: int, times: int, enough: threading.Event
) -> list[Answer]:
    session = requests.Session()
    session.headers["X-API-Key"] = stack.keys["coordinator"]
    # Each begins with another route.
    order = [*asked][number % len(asked) :] + [*asked][: number % len(asked)]
    answers: list[Answer] = []
    for route in islice(order * times, times):
        if enough.is_set():
            break
        began = time.perf_counter()
        try:
            url = stack.url("coordinator") + asked[route]
            status = session.get(url, timeout=TIMEOUT_SECONDS).status_code
        except requests.RequestException:
            status = NO_ANSWER
        answers.append(Answer(route, status, time.perf_counter() - began))
    return answers


def by_route(answers: list[Answer]) -> dict[str, list[Answer]]:
    """The answers of each route."""
    found: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        found[answer.route].append(answer)
    return dict(found)
