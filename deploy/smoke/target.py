"""A service to be looked at from outside: its address, its key, and who it has to say it is."""

import time
from dataclasses import dataclass
from typing import Any

import requests

# By which a request log tells these requests from those that somebody needs.
USER_AGENT = "nba-props-smoke"
# Of the safe reads by which two revisions are compared: other looks go to one of them alone.
COMPARED_AGENT = f"{USER_AGENT}/compared"
_SECONDS = 30.0
# What a platform answers for a service that is starting or scaling.
_COLD = frozenset({429, 500, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0


@dataclass(frozen=True)
class Target:
    """One service at one address.

    Args:
        commit, revision: what it has to be; None for whatever it is.
    """

    service: str
    url: str
    key: str
    commit: str | None = None
    revision: str | None = None

    def call(self, method: str, path: str, headers: dict[str, str], **details: Any) -> requests.Response:
        """One request, no redirect followed. Raises requests.RequestException."""
        return requests.request(
            method,
            self.url.rstrip("/") + path,
            headers={"User-Agent": USER_AGENT, **headers},
            timeout=_SECONDS,
            allow_redirects=False,
            **details,
        )

    def keyed(self, method: str, path: str, agent: str = USER_AGENT) -> requests.Response:
        """A request with the service's key. Raises requests.RequestException."""
        return self.call(method, path, {"X-API-Key": self.key, "User-Agent": agent})


class NotReadyError(RuntimeError):
    """A service was not what it should be when the time was up; the text says what it was."""


def wait_until_ready(target: Target, seconds: float) -> None:
    """Returns when the service says that it is the right one and ready; waits longer each time.

    Raises:
        NotReadyError: it is not within `seconds`; a wrong identity is not waited for to the end.
    """
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while (reason := why_not_ready(target)) is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotReadyError(
                f"{target.service} at {target.url} is not ready after {seconds:g} s: {reason}"
            )
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def why_not_ready(target: Target) -> str | None:
    """Why a service may not get traffic now, or None.

    Raises:
        NotReadyError: it answers as another service, commit or revision, which waiting does not change.
    """
    try:
        health = target.call("GET", "/health", {})
        if health.status_code != 200:
            return f"/health answers {health.status_code}"
        check_identity(target, health)
        ready = target.keyed("GET", "/ready")
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})"
    return None if ready.status_code == 200 else f"/ready answers {ready.status_code}{_failed(ready)}"


def check_identity(target: Target, health: requests.Response) -> None:
    """Raises NotReadyError when /health names another service, commit or revision."""
    said = body_of(health)
    for name in ("service", "commit", "revision"):
        wanted = getattr(target, name)
        if wanted is not None and said.get(name) != wanted:
            raise NotReadyError(
                f"wrong identity at {target.url}: {name} is {said.get(name)!r} and should be {wanted!r}"
            )


def body_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one when it is none."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def answered(target: Target, method: str, path: str, seconds: float) -> requests.Response:
    """The first answer that is none of a service on its way up, or the last one when time is up.

    Raises:
        requests.RequestException: there was none.
    """
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        try:
            response = target.keyed(method, path)
            if response.status_code not in _COLD or time.monotonic() >= deadline:
                return response
        except requests.RequestException:
            if time.monotonic() >= deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _failed(ready: requests.Response) -> str:
    checks = body_of(ready).get("checks")
    named = checks if isinstance(checks, dict) else {}
    failed = [f"{name}: {row.get('reason')}" for name, row in named.items() if row.get("status") != "pass"]
    return f" ({', '.join(failed)})" if failed else ""
