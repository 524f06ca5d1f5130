"""The smoke test of one service: what it says of itself, and who may call each route of its OpenAPI document.

Nothing is run: with the key, a route is only read or asked which methods it takes (OPTIONS). Without a valid
credential it is called as it is meant to be, after OPTIONS has shown that the gate is shut.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import requests

from deploy.registry import services
from deploy.smoke.target import NotReadyError, Target, answered, body_of, check_identity
from shared.http.auth import OPEN_PATHS

METHODS = ("get", "post", "put", "patch", "delete")
_DOCUMENT = "/openapi.json"
_PARAMETER = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `problem` says what was wrong, None when nothing was."""

    service: str
    name: str
    seconds: float
    problem: str | None = None


@dataclass(frozen=True)
class Route:
    """An operation of the OpenAPI document.

    Args:
        needs: whether it has parameters that have to be given.
    """

    method: str
    path: str
    needs: bool = False

    @property
    def sample(self) -> str:
        """An address that the route matches: its parameters filled in by what no row has."""
        return _PARAMETER.sub("smoke-test", self.path)

    def read_by(self, address: str) -> bool:
        """Whether a GET of this address, with or without a query, is this route."""
        pattern = "[^/]+".join(map(re.escape, _PARAMETER.split(self.path)))
        return self.method == "GET" and re.fullmatch(pattern, address.partition("?")[0]) is not None


def smoke(target: Target, cold_seconds: float) -> list[Check]:
    """Looks at a service; the rest is left out when it does not even answer.

    Args:
        cold_seconds: how long it may take to come up.
    """
    checks = [_checked(target, "health", lambda: _health(target, cold_seconds))]
    if checks[0].problem:
        return checks
    checks.append(_checked(target, "identity", lambda: _identity(target)))
    checks.append(_checked(target, "ready", lambda: _ready(target, cold_seconds)))
    document: dict[str, Any] = {}
    checks.append(_checked(target, "OpenAPI document", lambda: _read_document(target, document)))
    for route in routes(document):
        checks.extend(_route_checks(target, route))
    return checks


def routes(document: Mapping[str, Any]) -> Iterator[Route]:
    """Every operation of an OpenAPI document."""
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in METHODS:
                needs = any(each.get("required") for each in operation.get("parameters", ()))
                yield Route(method.upper(), path, needs)


def _checked(target: Target, name: str, look: Callable[[], str | None]) -> Check:
    started = perf_counter()
    try:
        problem = look()
    except (requests.RequestException, NotReadyError) as error:
        problem = f"{type(error).__name__}: {error}"
    return Check(target.service, name, perf_counter() - started, problem)


def _health(target: Target, seconds: float) -> str | None:
    response = answered(target, "GET", "/health", seconds)
    status = body_of(response).get("status")
    ok = response.status_code == 200 and status == "healthy"
    return None if ok else f"/health answers {response.status_code} and status {status!r}"


def _identity(target: Target) -> str | None:
    check_identity(target, target.call("GET", "/health", {}))
    return None


def _ready(target: Target, seconds: float) -> str | None:
    response = answered(target, "GET", "/ready", seconds)
    failed = [name for name, row in body_of(response).get("checks", {}).items() if row["status"] != "pass"]
    return None if response.status_code == 200 else f"answers {response.status_code}; failed: {failed}"


def _read_document(target: Target, document: dict[str, Any]) -> str | None:
    response = target.keyed("GET", _DOCUMENT)
    document.update(body_of(response))
    found = list(routes(document))
    if not any(route.path == _DOCUMENT for route in found):
        return f"answers {response.status_code} and does not describe itself"
    read = services()[target.service].safe_read
    known = any(route.read_by(read) for route in found)
    return None if known else f"does not have {read}, which services.yaml calls its safe read"


def _route_checks(target: Target, route: Route) -> Iterator[Check]:
    name = f"{route.method} {route.path}"
    if route.path in OPEN_PATHS:
        yield _checked(target, f"{name}: open", lambda: _expect(target.call("GET", route.path, {}), 200))
        return
    for who, headers in _refused().items():
        yield _checked(target, f"{name}: {who}", partial(_is_shut, target, route, headers))
    yield _checked(target, f"{name}: good key", lambda: _is_open(target, route))


def _refused() -> dict[str, dict[str, str]]:
    """Credentials that are worth nothing."""
    return {
        "no key": {},
        "bad key": {"X-API-Key": "smoke-test-bad-key"},
        "unverified bearer": {"Authorization": f"Bearer {_unsigned_token()}"},
        "stripped signature": {"Authorization": f"Bearer {_unsigned_token('SIGNATURE_REMOVED_BY_GOOGLE')}"},
    }


def _unsigned_token(signature: str = "c2lnbmF0dXJl") -> str:
    """A token that says everything right, and that nobody signed."""
    claims = {"iss": "https://accounts.google.com", "email_verified": True, "exp": 4102444800}
    parts = ({"alg": "RS256", "typ": "JWT", "kid": "none"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, signature))


def _is_shut(target: Target, route: Route, headers: dict[str, str]) -> str | None:
    asked = _expect(target.call("OPTIONS", route.sample, headers), 401)
    if asked or route.method == "GET":
        return asked or _expect(target.call("GET", route.sample, headers), 401)
    json_headers = {"Content-Type": "application/json", **headers}
    return _expect(target.call(route.method, route.sample, json_headers, data=b"{"), 401)


def _is_open(target: Target, route: Route) -> str | None:
    """That the key is accepted: by reading where that is possible, else by asking for the methods."""
    read = services()[target.service].safe_read
    if route.read_by(read):
        return _expect(target.keyed("GET", read), 200)
    if route.method == "GET" and not route.needs:
        return _expect(target.keyed("GET", route.path), 200)
    response = target.keyed("OPTIONS", route.sample)
    allowed = {method.strip() for method in response.headers.get("Allow", "").split(",")}
    if response.ok and route.method not in allowed:
        return f"OPTIONS allows {sorted(allowed)}"
    return None if response.ok else f"OPTIONS answers {response.status_code}"


def _expect(response: requests.Response, status: int) -> str | None:
    return None if response.status_code == status else f"answers {response.status_code}, not {status}"
