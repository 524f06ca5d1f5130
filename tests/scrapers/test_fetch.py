"""Several requests at a time, round by round, against a provider that talks too much."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from deploy.local.upstream.__main__ import QuietHandler
from scrapers.bodies import BodyError
from scrapers.fetch import Access, Harvest, fetch_all
from scrapers.http_client import HttpClient, Retries
from scrapers.registry import SOURCES
from scrapers.source import RequestSpec, Source, Task
from shared.messages import DateSpan

DAY = date(2024, 12, 3)
KEY = "canary-5d1e"
TASK = Task(DateSpan(from_date=DAY, to_date=DAY))


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Repeats the request, as some error pages do; `/missing` is not found."""
    found = "missing" not in environ["PATH_INFO"]
    start_response("200 OK" if found else "404 Not Found", [])
    asked = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
    return [json.dumps({"asked": asked, "agent": environ.get("HTTP_ACCEPT")}).encode()]


@pytest.fixture
def client() -> Iterator[HttpClient]:
    server = make_server("127.0.0.1", 0, echo, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield HttpClient(f"http://127.0.0.1:{server.server_port}", Retries(attempts=1))
    server.shutdown()
    thread.join()
    server.server_close()


def spec(path: str) -> RequestSpec:
    return RequestSpec("kind", path, f"https://host/{path}", {"a": "1"}, DAY, read=json.loads)


def source(**changes: Any) -> Source:
    return replace(SOURCES["odds"], follow_ups=lambda *_: (), **changes)


def harvest(client: HttpClient, source: Source, *paths: str) -> Harvest:
    return fetch_all(client, source, TASK, [spec(path) for path in paths], Access(KEY))


def test_the_key_is_sent_but_struck_out_of_what_comes_back(client: HttpClient) -> None:
    (body,) = harvest(client, source(), "x").bodies
    assert json.loads(body.answer.body)["asked"] == "/host/x?a=1&apiKey=[redacted]"


def test_the_provider_sees_its_headers(client: HttpClient) -> None:
    (body,) = harvest(client, source(), "x").bodies
    assert json.loads(body.answer.body)["agent"] == "application/json"


def test_bodies_keep_the_order_of_the_requests(client: HttpClient) -> None:
    paths = [f"path-{number}" for number in range(40)]
    assert [body.spec.request_key for body in harvest(client, source(), *paths).bodies] == paths


def test_what_fails_stops_no_other(client: HttpClient) -> None:
    found = harvest(client, source(), "a", "missing", "b")
    assert [body.spec.request_key for body in found.bodies] == ["a", "b"]
    assert [(failure.spec.request_key, failure.reason) for failure in found.failures] == [
        ("missing", "HTTP 404")
    ]


def test_valid_bodies_lead_to_further_requests_and_broken_ones_do_not(client: HttpClient) -> None:
    def read(raw: bytes) -> str:
        if b"broken" in raw:
            raise BodyError("broken")
        return str(json.loads(raw)["asked"])

    def further(_task: Task, asked: RequestSpec, body: str) -> list[RequestSpec]:
        return [replace(spec(f"{asked.request_key}/next"), read=read)] if "next" not in body else []

    chained = replace(source(), follow_ups=further)
    specs = [replace(spec(path), read=read) for path in ("one", "broken")]
    found = fetch_all(client, chained, TASK, specs, Access())
    assert [(body.spec.request_key, body.invalid_reason) for body in found.bodies] == [
        ("one", None),
        ("broken", "broken"),
        ("one/next", None),
    ]
