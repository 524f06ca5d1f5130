"""Each route of each service, with every credential that must not open it, and keys changed under load."""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import Client

from deploy.registry import Service, services
from shared.http.auth import OPEN_PATHS
from shared.settings import Settings

KEY = "key-of-{}"
Headers = dict[str, str]
SIX = list(services())


def app_of(service: Service, issuer: Any, certs_url: str, *keys: str) -> Flask:
    """A service as it is served; nothing behind it runs, so that what passes the gate ends otherwise."""
    settings = Settings(
        SERVICE=service.name,
        PORT=8080,
        GOOGLE_CLOUD_PROJECT="nba-local",
        VALID_API_KEYS=keys,
        OIDC_AUDIENCE=service.audience,
        OIDC_SERVICE_ACCOUNTS=(issuer.account,),
        OIDC_CERTS_URL=certs_url,
    )
    app: Flask = service.app_factory()(settings)
    return app


@pytest.fixture(scope="module")
def apps(issuer: Any, certs_url: str) -> dict[str, Flask]:
    return {
        name: app_of(service, issuer, certs_url, KEY.format(name)) for name, service in services().items()
    }


def routes(app: Flask) -> Iterator[tuple[str, str, Rule]]:
    """Method and path of every route, with something in the place of each variable."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: "2024-12-03" if "date" in name else "1" for name in rule.arguments}
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, adapter.build(rule.endpoint, values, method), rule


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def unsigned(token: str) -> str:
    """The same claims under `alg: none`."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "k1"}).encode()).decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


# Given who signs, who only says so, the service's audience and another service's name.
CREDENTIALS: dict[str, Callable[[Any, Any, str, str], Headers]] = {
    "none": lambda *_: {},
    "empty key": lambda *_: {"X-API-Key": ""},
    "wrong key": lambda *_: {"X-API-Key": "wrong"},
    "another service's key": lambda issuer, impostor, aud, other: {"X-API-Key": KEY.format(other)},
    "key as bearer": lambda issuer, impostor, aud, other: bearer(KEY.format(aud.rpartition("/")[2])),
    "basic": lambda *_: {"Authorization": "Basic dXNlcjpwYXNz"},
    "expired": lambda issuer, impostor, aud, other: bearer(issuer.token(aud=aud, iat=1, exp=3601)),
    "wrong audience": lambda issuer, impostor, aud, other: bearer(issuer.token(aud=f"nba-props/{other}")),
    "wrong issuer": lambda issuer, impostor, aud, other: bearer(issuer.token(aud=aud, iss="https://x.org")),
    "wrong account": lambda issuer, impostor, aud, other: bearer(issuer.token(aud=aud, email="x@y.org")),
    "wrong signing key": lambda issuer, impostor, aud, other: bearer(impostor.token(aud=aud)),
    "alg none": lambda issuer, impostor, aud, other: bearer(unsigned(issuer.token(aud=aud))),
    "signature removed": lambda issuer, impostor, aud, other: bearer(
        issuer.token(aud=aud).rpartition(".")[0] + ".SIGNATURE_REMOVED_BY_GOOGLE"
    ),
}


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("name", SIX)
def test_no_route_opens_to_a_bad_credential(
    name: str, credential: str, apps: dict[str, Flask], issuer: Any, impostor: Any
) -> None:
    other = SIX[SIX.index(name) - 1]
    headers = CREDENTIALS[credential](issuer, impostor, services()[name].audience, other)
    client, seen = apps[name].test_client(), 0
    for method, path, rule in routes(apps[name]):
        if path in OPEN_PATHS or rule.endpoint.startswith("console."):
            continue
        answer = client.open(path, method=method, headers=headers, json={})
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), (method, path)
        seen += 1
    assert seen >= 3


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_no_page_of_the_console_opens_without_a_session(
    credential: str, apps: dict[str, Flask], issuer: Any, impostor: Any
) -> None:
    app = apps["coordinator"]
    headers = CREDENTIALS[credential](issuer, impostor, "nba-props/coordinator", "raw")
    client, seen = app.test_client(), 0
    for method, path, rule in routes(app):
        if not rule.endpoint.startswith("console.") or "login" in path or "static" in rule.endpoint:
            continue
        answer = client.open(path, method=method, headers=headers)
        assert answer.status_code in (303, 403), (method, path)
        if answer.status_code == 303:
            assert answer.location.startswith("/console/login")
        seen += 1
    assert seen >= 5


@pytest.mark.parametrize("name", SIX)
def test_its_own_key_and_token_open_a_service(name: str, apps: dict[str, Flask], issuer: Any) -> None:
    client, audience = apps[name].test_client(), services()[name].audience
    for headers in ({"X-API-Key": KEY.format(name)}, bearer(issuer.token(aud=audience))):
        assert client.get("/openapi.json", headers=headers).status_code == 200


@pytest.mark.parametrize("name", SIX)
def test_a_refusal_says_nothing_of_what_was_sent(
    name: str, apps: dict[str, Flask], caplog: pytest.LogCaptureFixture
) -> None:
    canary = "canary-credential-5f1c"
    with caplog.at_level(logging.DEBUG):
        for headers in ({"X-API-Key": canary}, bearer(canary), {"Authorization": f"Basic {canary}"}):
            answer = apps[name].test_client().get("/ready", headers=headers)
            assert answer.status_code == 401
            assert canary not in answer.text
            assert canary not in str(dict(answer.headers))
    assert canary not in caplog.text


class Traffic:
    """Serves by the newest revision, as Cloud Run does for each request that begins after a deploy."""

    def __init__(self, revision: Flask) -> None:
        self.revision = revision

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.revision(environ, start_response)


@pytest.mark.parametrize("name", SIX)
def test_keys_rotate_under_load_without_a_refused_good_request(
    name: str, issuer: Any, certs_url: str
) -> None:
    """Add the new key, move the callers, retire the old one: three deploys, and callers that never pause."""
    first, both, last = (
        app_of(services()[name], issuer, certs_url, *keys) for keys in (("old",), ("old", "new"), ("new",))
    )
    traffic, key, ended = Traffic(first), ["old"], threading.Event()
    statuses: list[list[int]] = [[] for _ in range(4)]

    def call_on_and_on(own: list[int]) -> None:
        client = Client(traffic)
        while not ended.is_set():
            own.append(client.get("/openapi.json", headers={"X-API-Key": key[0]}).status_code)

    with ThreadPoolExecutor(len(statuses)) as callers:
        running = [callers.submit(call_on_and_on, own) for own in statuses]
        try:
            _wait_for_more(statuses)
            traffic.revision = both
            _wait_for_more(statuses)
            key[0] = "new"
            _wait_for_more(statuses)
            traffic.revision = last
            _wait_for_more(statuses)
        finally:
            ended.set()
        for each in running:
            each.result()
    assert {status for own in statuses for status in own} == {200}
    retired = Client(traffic).get("/openapi.json", headers={"X-API-Key": "old"})
    assert retired.status_code == 401


def _wait_for_more(statuses: list[list[int]]) -> None:
    """Until each caller has been answered twice: what it began before is over, with the key of then."""
    enough, deadline = [len(own) + 2 for own in statuses], time.monotonic() + 60
    while any(len(own) < least for own, least in zip(statuses, enough, strict=True)):
        assert time.monotonic() < deadline, "the callers have stopped"
        time.sleep(0.01)
