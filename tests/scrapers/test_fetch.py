"""Several requests at a time, round by round, against a provider that talks too much."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from deploy.local.upstream.__main__ import QuietHandler
from deploy.local.upstream.faults import BLOCK_PAGE
from scrapers.bodies import BodyError
from scrapers.fetch import Access, Harvest, fetch_all
from scrapers.http_client import HttpClient, Retries
from scrapers.lifecycle import judge
from scrapers.quota import Quota, newest_quota
from scrapers.registry import SOURCES
from scrapers.source import Credential, Provider, RequestSpec, Source, Task
from shared.messages import DateSpan, Status

DAY = date(2024, 12, 3)
KEY = "canary-5d1e"
REFUSALS = {
    "absent": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "blocked": BLOCK_PAGE.encode(),
}
TASK = Task(DateSpan(from_date=DAY, to_date=DAY))


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Repeats the request, as some error pages do; `missing` is 404, `absent` and `blocked` are 403."""
    for word, said in REFUSALS.items():
        if word in environ["PATH_INFO"]:
            start_response("403 Forbidden", [])
            return [said]
    found = "missing" not in environ["PATH_INFO"]
    headers = [("Date", "Tue, 03 Dec 2024 17:00:00 GMT")]
    headers += [("x-requests-used", "59"), ("x-requests-remaining", "41")]
    start_response("200 OK" if found else "404 Not Found", headers)
    asked = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
    sent = {"agent": environ.get("HTTP_ACCEPT"), "key": environ.get("HTTP_AUTHORIZATION")}
    return [json.dumps({"asked": asked, **sent}).encode()]


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


def test_a_key_that_an_address_writes_otherwise_is_struck_out_too(client: HttpClient) -> None:
    access = Access('canary/5d+1e=&"é')
    (body,) = fetch_all(client, source(), TASK, [spec("x")], access).bodies
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


def test_a_key_in_a_header_is_sent_with_its_prefix_and_struck_out_of_what_comes_back(
    client: HttpClient,
) -> None:
    wanted = Credential("Authorization", "BDL_API_KEY", "bdl-api-key", place="header", prefix="Bearer ")
    provider = replace(source().provider, credential=wanted)
    (body,) = harvest(client, source(provider=provider), "x").bodies
    assert json.loads(body.answer.body) == {
        "asked": "/host/x?a=1",
        "agent": "application/json",
        "key": "Bearer [redacted]",
    }


def test_a_request_is_made_once_a_run_whatever_leads_to_it(client: HttpClient) -> None:
    circle = replace(source(), follow_ups=lambda *_: [spec("a"), spec("b")])
    found = fetch_all(client, circle, TASK, [spec("a"), spec("a")], Access())
    assert [body.spec.request_key for body in found.bodies] == ["a", "b"]


def test_a_backup_answers_for_what_failed_and_never_gets_the_key(client: HttpClient) -> None:
    other = Provider(
        "other", {"Accept": "text/other"}, 0.0, Credential("key", "ODDS_API_KEY", "odds-api-key")
    )
    backup = replace(spec("backup"), provider=other)
    found = fetch_all(client, source(), TASK, [replace(spec("missing"), backup=backup)], Access(KEY))
    (body,) = found.bodies
    assert json.loads(body.answer.body) == {"asked": "/host/backup?a=1", "agent": "text/other", "key": None}
    assert judge(found) == (Status.SUCCESS, "missing: HTTP 404 (its backup answered)")


def test_a_backup_is_not_asked_when_all_is_well_and_may_fail_too(client: HttpClient) -> None:
    well = fetch_all(client, source(), TASK, [replace(spec("a"), backup=spec("b"))], Access())
    assert [body.spec.request_key for body in well.bodies] == ["a"]
    both = fetch_all(client, source(), TASK, [replace(spec("missing"), backup=spec("missing/too"))], Access())
    assert judge(both) == (Status.FAILED, "missing: HTTP 404; missing/too: HTTP 404")


def test_the_providers_own_clock_and_quota_are_kept(client: HttpClient) -> None:
    (body,) = harvest(client, source(), "x").bodies
    assert body.answer.served_at == datetime(2024, 12, 3, 17, tzinfo=UTC)
    assert newest_quota([body.answer.headers]) == Quota(used=59, remaining=41)


def test_the_quota_is_the_last_answers_and_no_nonsense_is_one() -> None:
    def told(used: str, remaining: str) -> dict[str, str]:
        return {"x-requests-used": used, "x-requests-remaining": remaining}

    assert newest_quota([told("3", "97"), {}, told("4", "96"), told("many", "1")]) == Quota(4, 96)
    assert newest_quota([told("-1", "5"), told("", ""), {}]) is None


def test_what_is_not_there_yet_is_no_data_and_a_block_page_is_a_failure(client: HttpClient) -> None:
    def fetched(*paths: str) -> Harvest:
        specs = [replace(spec(path), empty_statuses=frozenset({403})) for path in paths]
        return fetch_all(client, source(), TASK, specs, Access())

    nothing = "the provider has nothing of this yet (HTTP 403)"
    assert judge(fetched("absent/1", "absent/2")) == (Status.NO_DATA, nothing)
    assert judge(fetched("absent", "x")) == (Status.SUCCESS, None)
    assert judge(fetched("blocked")) == (Status.FAILED, "blocked: HTTP 403 with a page: blocked?")
    some = fetched("blocked", "x")
    assert judge(some)[0] is Status.PARTIAL
    assert [body.spec.request_key for body in some.bodies] == ["x"]
