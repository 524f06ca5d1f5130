"""Retries, paces and what is final, against a server that follows a script."""

from collections.abc import Iterable, Iterator
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from werkzeug.serving import make_server

from deploy.local.upstream.__main__ import QuietHandler
from scrapers.http_client import HttpClient, Pace, RequestFailedError, Retries

Answer = tuple[str, list[tuple[str, str]], bytes]
OK: Answer = ("200 OK", [], b'{"a": 1}')


class Script:
    """Answers in turn, the last one for ever; remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [OK]
        self.seen: list[str] = []
        self.url = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.seen.append(f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}")
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        start_response(status, headers)
        return [body]


@pytest.fixture
def script() -> Iterator[Script]:
    app = Script()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    app.url = f"http://127.0.0.1:{server.server_port}"
    yield app
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(script: Script, waits: list[float]) -> HttpClient:
    return HttpClient(script.url, Retries(attempts=3, longest_wait_seconds=7), sleep=waits.append)


def get(client: HttpClient, finals: frozenset[int] = frozenset(), seconds: float = 60) -> Any:
    return client.get(
        "https://stats.nba.com/stats/x", {"k": "secret"}, {}, 0.6, monotonic() + seconds, finals
    )


def test_the_stand_in_is_asked_for_the_same_host_and_path(client: HttpClient, script: Script) -> None:
    assert get(client).body == b'{"a": 1}'
    assert script.seen == ["/stats.nba.com/stats/x?k=secret"]


@pytest.mark.parametrize("status", ["429 Slow down", "500 Oops", "503 Later"])
def test_what_may_pass_is_tried_again(
    client: HttpClient, script: Script, waits: list[float], status: str
) -> None:
    script.answers = [(status, [], b""), (status, [], b""), OK]
    assert get(client).status == 200
    assert len(script.seen) == 3
    assert waits[0] < waits[1]


@pytest.mark.parametrize("status", ["400 Bad", "401 Who", "403 No", "404 None", "422 Never", "302 Elsewhere"])
def test_what_is_final_is_asked_once(client: HttpClient, script: Script, status: str) -> None:
    script.answers = [(status, [("Location", "https://elsewhere/")], b"")]
    with pytest.raises(RequestFailedError, match=f"^HTTP {status[:3]}$"):
        get(client)
    assert len(script.seen) == 1


def test_an_empty_status_is_an_answer(client: HttpClient, script: Script) -> None:
    script.answers = [("404 None", [], b"{}")]
    assert get(client, frozenset({404})).status == 404


def test_after_the_last_attempt_it_gives_up(client: HttpClient, script: Script) -> None:
    script.answers = [("503 Later", [], b"")]
    with pytest.raises(RequestFailedError, match="HTTP 503 after 3 attempts"):
        get(client)
    assert len(script.seen) == 3


@pytest.mark.parametrize(("given", "waited"), [("3", 3), ("3600", 7), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)])
def test_retry_after_is_obeyed_up_to_the_limit(
    client: HttpClient, script: Script, waits: list[float], given: str, waited: float
) -> None:
    script.answers = [("429 Slow down", [("Retry-After", given)], b""), OK]
    get(client)
    assert waits == [waited] if waited else waits[0] < 1


def test_a_dead_server_is_named_without_address_or_key(waits: list[float]) -> None:
    client = HttpClient("http://127.0.0.1:9", Retries(attempts=2), sleep=waits.append)
    with pytest.raises(RequestFailedError) as failed:
        get(client)
    assert str(failed.value) == "ConnectionError after 2 attempts"


def test_nothing_is_begun_after_the_deadline(client: HttpClient, script: Script) -> None:
    with pytest.raises(RequestFailedError, match="time is over"):
        get(client, seconds=-1)
    assert script.seen == []


def test_no_wait_reaches_over_the_deadline(client: HttpClient, script: Script, waits: list[float]) -> None:
    script.answers = [("503 Later", [("Retry-After", "6")], b""), OK]
    with pytest.raises(RequestFailedError, match=r"time is over \(HTTP 503\)"):
        get(client, seconds=3)
    assert waits == []


def test_waits_double_with_jitter_between_half_and_all() -> None:
    retries = Retries(first_wait_seconds=1)
    assert [retries.wait(n, None, 1.0) for n in (1, 2, 3)] == [1, 2, 4]
    assert retries.wait(3, None, 0.0) == 2


def test_a_pace_spaces_requests_and_never_saves_up() -> None:
    pace = Pace(0.5)
    assert [pace.take(10), pace.take(10), pace.take(10.25), pace.take(20)] == [0, 0.5, 0.75, 0]
