"""The smoke test finds what is wrong with a service, and changes nothing at one that is right."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask, Response, jsonify, request
from pydantic import BaseModel
from werkzeug.serving import make_server

from deploy.local.stack import free_ports
from deploy.smoke.checks import Check, smoke
from deploy.smoke.report import failures, table, write_junit
from deploy.smoke.target import NotReadyError, Target, wait_until_ready
from shared.http.app import create_service
from shared.settings import Settings

KEY = "a-good-key"


class TeamPath(BaseModel):
    team_abbr: str


class Service:
    """A small analytics service on HTTP, and every request that reached a view of it."""

    def __init__(self, certs: str, **changed: str) -> None:
        self.ready, self.ran = True, list[tuple[str, str]]()
        settings = Settings(
            SERVICE=changed.get("service", "analytics"),
            PORT=8080,
            GOOGLE_CLOUD_PROJECT="nba-local",
            VALID_API_KEYS=(KEY,),
            OIDC_AUDIENCE="nba-props/analytics",
            OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
            OIDC_CERTS_URL=certs,
            COMMIT_SHA="abc",
        )
        self.app = create_service(settings, "analytics", {"warehouse": self._check})

        @self.app.get("/api/v1/teams/<string:team_abbr>/games", summary="Games")
        def games(path: TeamPath) -> Response:
            return jsonify({"rows": []})

        @self.app.post("/process-date-range", summary="Compute")
        def compute() -> Response:
            self.ran.append((request.method, request.path))
            return jsonify({})

        @self.app.delete("/everything", summary="Delete")
        def delete() -> Response:
            self.ran.append((request.method, request.path))
            return jsonify({})

    def _check(self) -> None:
        if not self.ready:
            raise RuntimeError("no warehouse")


@pytest.fixture(scope="module")
def certs() -> Iterator[str]:
    """Google's signing keys, of which there are none."""
    keys = Flask("certs")
    keys.add_url_rule("/certs", view_func=lambda: jsonify({}))
    with served(keys) as url:
        yield f"{url}/certs"


@contextmanager
def served(app: Any) -> Iterator[str]:
    (port,) = free_ports(1)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def open_gate(service: Service, when: Callable[[], bool]) -> None:
    """Lets requests in without a credential."""
    gate = service.app.before_request_funcs[None]
    position = next(n for n, each in enumerate(gate) if each.__name__ == "authenticate")
    real = gate[position]
    gate[position] = lambda: None if when() else real()


def look(service: Service, **expected: str) -> list[Check]:
    with served(service.app) as url:
        return smoke(Target("analytics", url, KEY, **expected), 1.0)


def problems(service: Service, **expected: str) -> dict[str, str]:
    return {check.name: str(check.problem) for check in failures(look(service, **expected))}


def test_a_good_service_passes_and_nothing_of_it_is_run(certs: str) -> None:
    service = Service(certs)
    checks = look(service, commit="abc")
    assert failures(checks) == []
    assert service.ran == []
    names = {check.name for check in checks}
    for route in ("POST /process-date-range", "DELETE /everything", "GET /api/v1/teams/{team_abbr}/games"):
        for who in ("no key", "bad key", "unverified bearer", "stripped signature", "good key"):
            assert f"{route}: {who}" in names
    assert {"health", "identity", "ready", "OpenAPI document", "GET /: open", "GET /health: open"} <= names


def test_a_route_without_a_gate_is_found_before_it_is_called(certs: str) -> None:
    service = Service(certs)
    open_gate(service, lambda: request.path == "/everything")
    found = problems(service)
    whos = ("no key", "bad key", "unverified bearer", "stripped signature")
    assert set(found) == {f"DELETE /everything: {who}" for who in whos}
    assert found["DELETE /everything: no key"] == "answers 200, not 401"
    assert service.ran == []


def test_a_bearer_header_that_is_believed_is_found(certs: str) -> None:
    service = Service(certs)
    open_gate(service, lambda: "Authorization" in request.headers)
    found = {name.partition(": ")[2] for name in problems(service)}
    assert found == {"unverified bearer", "stripped signature"}


def test_a_key_that_is_refused_is_found(certs: str) -> None:
    with served(Service(certs).app) as url:
        found = failures(smoke(Target("analytics", url, "an-old-key"), 1.0))
    assert {"ready", "OpenAPI document"} <= {check.name for check in found}


@pytest.mark.parametrize(
    ("expected", "problem"),
    [({"commit": "def"}, "commit is 'abc'"), ({"revision": "other"}, "revision is 'local'")],
)
def test_another_identity_is_found(certs: str, expected: dict[str, str], problem: str) -> None:
    assert problem in problems(Service(certs), **expected)["identity"]


def test_another_service_is_found(certs: str) -> None:
    assert "service is 'worker'" in problems(Service(certs, service="worker"))["identity"]


def test_a_service_that_is_not_ready_is_found_with_the_check_that_failed(certs: str) -> None:
    service = Service(certs)
    service.ready = False
    assert "warehouse" in problems(service)["ready"]


def test_a_safe_read_that_fails_is_found(certs: str) -> None:
    service = Service(certs)
    service.app.before_request(lambda: Response(status=500) if "/teams/BOS" in request.path else None)
    assert problems(service) == {
        "GET /api/v1/teams/{team_abbr}/games: good key": "answers 500, not 200",
    }


def test_a_service_that_is_not_there_is_one_failure(certs: str) -> None:
    (port,) = free_ports(1)
    (check,) = smoke(Target("analytics", f"http://127.0.0.1:{port}", KEY), 0.5)
    assert "ConnectionError" in str(check.problem)


def test_a_cold_start_is_waited_for(certs: str) -> None:
    service, asked = Service(certs), list[str]()

    def cold() -> Response | None:
        asked.append(request.path)
        return Response(status=503) if len(asked) < 4 else None

    service.app.before_request_funcs[None].insert(0, cold)
    with served(service.app) as url:
        assert failures(smoke(Target("analytics", url, KEY), 20.0)) == []
        del asked[:]
        wait_until_ready(Target("analytics", url, KEY), 20.0)
        assert len(asked) > 4


def test_a_wrong_identity_is_not_waited_for(certs: str) -> None:
    with served(Service(certs).app) as url, pytest.raises(NotReadyError, match="wrong identity"):
        wait_until_ready(Target("analytics", url, KEY, commit="def"), 600.0)


def test_the_result_is_a_table_and_a_junit_file(certs: str, tmp_path: Path) -> None:
    checks = look(Service(certs), commit="def")
    assert "1 failed" in str(table(checks).title)
    write_junit(checks, tmp_path / "smoke.xml")
    suite = ElementTree.parse(tmp_path / "smoke.xml").getroot()[0]
    assert suite.attrib == {"name": "analytics", "tests": str(len(checks)), "failures": "1"}
    (failed,) = suite.iter("failure")
    assert "commit is 'abc'" in str(failed.get("message"))
