"""GET with timeouts, bounded retries and a pace per provider. Never tells anybody a credential."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from urllib.parse import urlsplit

import requests

from shared.clock import utc_now

_TIMEOUT_SECONDS = (5, 20)
_FINAL_BELOW = 500
_TOO_MANY = 429
MAX_BODY_BYTES = 32_000_000


class RequestFailedError(Exception):
    """No usable answer; the text names the last status or error, never the address with its key."""


@dataclass(frozen=True)
class Retries:
    """How a request is repeated: exponential waits with jitter, a provider's Retry-After up to a limit."""

    attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0

    def wait(self, attempt: int, retry_after: float | None, jitter: float) -> float:
        """Seconds to wait after the given attempt (from 1); `jitter` is between 0 and 1."""
        own = self.first_wait_seconds * 2.0 ** (attempt - 1) * (0.5 + jitter / 2)
        return min(max(own, retry_after or 0.0), self.longest_wait_seconds)


@dataclass
class Pace:
    """Lets one request through every so many seconds."""

    seconds: float
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: float) -> float:
        """Seconds that a request made at `now` has to wait."""
        with self._lock:
            start = max(now, self._next)
            self._next = start + self.seconds
            return start - now


@dataclass(frozen=True)
class Answer:
    """What came back, and when: by our clock, and by the provider's (its Date header; ours without one)."""

    status: int
    body: bytes
    fetched_at: datetime
    served_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hitch:
    """An attempt that failed but may be repeated."""

    reason: str
    retry_after: float | None = None


class HttpClient:
    """Asks providers, or their stand-in: `upstream` maps https://host/path to {upstream}/host/path."""

    def __init__(
        self,
        upstream: str | None = None,
        retries: Retries | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._upstream, self._sleep = upstream, sleep
        self._retries = retries or Retries()
        self._random = random.Random()
        self._paces: dict[str, Pace] = {}
        self._local = threading.local()

    def get(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        pace_seconds: float,
        deadline: float,
        finals: frozenset[int] = frozenset(),
        proxy: str | None = None,
    ) -> Answer:
        """The provider's answer with status 200 or one of `finals`.

        Args:
            pace_seconds: between two requests to this host; not kept towards a stand-in.
            deadline: in time.monotonic() seconds; nothing is begun or waited for after it.

        Raises:
            RequestFailedError: refused for good, or still failing after the last attempt.
        """
        reason = "not tried"
        for attempt in range(1, self._retries.attempts + 1):
            self._wait(self._pace(url, pace_seconds), deadline, reason)
            found = self._try(url, params, headers, finals, proxy)
            if isinstance(found, Answer):
                return found
            reason = found.reason
            if attempt < self._retries.attempts:
                wait = self._retries.wait(attempt, found.retry_after, self._random.random())
                self._wait(wait, deadline, reason)
        raise RequestFailedError(f"{reason} after {self._retries.attempts} attempts")

    def _try(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        finals: frozenset[int],
        proxy: str | None,
    ) -> "Answer | Hitch":
        """One attempt. Raises RequestFailedError when another would end the same."""
        try:
            response = self._send(url, params, headers, proxy)
        except requests.RequestException as error:
            return Hitch(type(error).__name__)
        status = response.status_code
        if status == requests.codes.ok or status in finals:
            return _answer(response)
        if status < _FINAL_BELOW and status != _TOO_MANY:
            raise RequestFailedError(f"HTTP {status}")
        return Hitch(f"HTTP {status}", _retry_after(response))

    def _send(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str], proxy: str | None
    ) -> requests.Response:
        return self._session().get(
            self._address(url),
            params=dict(params),
            headers=dict(headers),
            timeout=_TIMEOUT_SECONDS,
            proxies={"http": proxy, "https": proxy} if proxy and self._upstream is None else None,
            allow_redirects=False,  # a key must not travel to where a redirect points
        )

    def _address(self, url: str) -> str:
        if self._upstream is None:
            return url
        parts = urlsplit(url)
        return f"{self._upstream.rstrip('/')}/{parts.netloc}{parts.path}"

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session

    def _pace(self, url: str, seconds: float) -> float:
        if self._upstream is not None or not seconds:
            return 0.0
        return self._paces.setdefault(urlsplit(url).netloc, Pace(seconds)).take(monotonic())

    def _wait(self, seconds: float, deadline: float, reason: str) -> None:
        if monotonic() + seconds > deadline:
            raise RequestFailedError(f"the run's time is over ({reason})")
        if seconds:
            self._sleep(seconds)


def _answer(response: requests.Response) -> Answer:
    if len(response.content) > MAX_BODY_BYTES:
        raise RequestFailedError(f"the body is larger than {MAX_BODY_BYTES} bytes")
    fetched_at = utc_now()
    served_at = _moment(response.headers.get("Date", "")) or fetched_at
    return Answer(response.status_code, response.content, fetched_at, served_at, response.headers)


def _moment(text: str) -> datetime | None:
    """An HTTP date."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _retry_after(response: requests.Response) -> float | None:
    """Retry-After in seconds, given as such or as a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    moment = _moment(text)
    return (moment - utc_now()).total_seconds() if moment else None
