"""Whoever has no session sees the login, and nothing that was open or closed before has changed."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from predictions.coordinator.console import session as sessions_module
from predictions.coordinator.console.gate import safe_next
from predictions.coordinator.console.session import LIFETIME, Sessions

KEY = "first-test-key"
SAMPLES = {"filename": "console.css", "page": "nothing", "game_date": "2024-12-03"}
OPEN = {"console.login", "console.log_in", "console.static"}


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def log_in(client: Any, key: str = KEY, **more: str) -> Any:
    token = token_of(client.get("/console/login").text)
    return client.post("/console/login", data={"key": key, "csrf_token": token, **more})


def test_every_page_sends_a_stranger_to_the_login_and_nothing_else_is_open(services: Any) -> None:
    app = services.coordinator.application
    seen = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: SAMPLES.get(found[1], "x"), rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            answer = app.test_client().open(path, method=method)
            if rule.endpoint in OPEN:
                expected = {403} if method == "POST" else {200}
            elif rule.endpoint.startswith("console."):
                expected = {303}
                assert answer.location.startswith("/console/login")
            else:
                expected = {200} if path in ("/", "/health") else {401}
            assert answer.status_code in expected, (method, path)
            seen.add(rule.endpoint)
            answer.close()
    assert seen >= OPEN


def test_a_session_opens_the_console_and_not_the_api(operator: Any) -> None:
    assert operator.get("/console/predictions").status_code == 200
    assert operator.get("/batches?game_date=2024-12-03").status_code == 401


@pytest.mark.parametrize("path", ["", "/predictions", "/record", "/sources", "/runs", "/letters"])
def test_a_page_that_is_asked_for_nothing_shows_what_is_newest(operator: Any, path: str) -> None:
    assert operator.get(f"/console{path}").status_code == 200


def test_a_key_in_a_header_is_no_session(services: Any) -> None:
    client = services.coordinator.application.test_client()
    assert client.get("/console/predictions", headers={"X-API-Key": KEY}).status_code == 303


def test_the_cookie_holds_no_key_and_is_out_of_reach_of_scripts_and_other_sites(visitor: Any) -> None:
    cookies = log_in(visitor).headers.getlist("Set-Cookie")
    (cookie,) = (c for c in cookies if c.startswith("nba_props_console="))
    assert KEY not in cookie
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_everywhere_but_on_this_machine_the_cookie_is_secure_and_bound_to_its_host(visitor: Any) -> None:
    cookies = visitor.get("/console/login", base_url="https://coordinator.run.app").headers.getlist(
        "Set-Cookie"
    )
    assert cookies[0].startswith("__Host-nba_props_login=")
    assert "Secure" in cookies[0].split("; ")


def test_a_wrong_key_opens_nothing(visitor: Any) -> None:
    answer = log_in(visitor, "wrong")
    assert answer.status_code == 401
    assert "not valid here" in answer.text
    assert visitor.get("/console/predictions").status_code == 303


def test_a_form_of_another_site_opens_nothing(visitor: Any) -> None:
    visitor.get("/console/login")
    assert visitor.post("/console/login", data={"key": KEY}).status_code == 403
    assert visitor.post("/console/login", data={"key": KEY, "csrf_token": "guess"}).status_code == 403


def test_a_stranger_without_a_cookie_cannot_bring_an_empty_token(visitor: Any) -> None:
    assert visitor.post("/console/login", data={"key": KEY, "csrf_token": ""}).status_code == 403


def test_logging_out_asks_for_the_token_and_ends_the_session(operator: Any) -> None:
    assert operator.post("/console/logout").status_code == 403
    token = token_of(operator.get("/console/predictions").text)
    assert operator.post("/console/logout", data={"csrf_token": token}).status_code == 303
    assert operator.get("/console/predictions").status_code == 303


def test_the_login_leads_to_the_page_that_was_asked_for(visitor: Any) -> None:
    there = visitor.get("/console/predictions?game_date=2024-12-03&min_ev=0.1").location
    assert "next=%2Fconsole%2Fpredictions%3Fgame_date%3D2024-12-03%26min_ev%3D0.1" in there
    answer = log_in(visitor, next="/console/predictions?game_date=2024-12-03")
    assert answer.location == "/console/predictions?game_date=2024-12-03"


@pytest.mark.parametrize(
    "target",
    [
        *(
            "https://evil.example/console",
            "//evil.example/console",
            "/batches",
            "/consoles",
            "/console\\x",
            "",
        ),
        *("//[", "/console/\r\nX:y", "/con\tsole", "\x01/console", "/console/\x7f", "/console/\0"),
    ],
)
def test_the_login_leads_nowhere_else(services: Any, visitor: Any, target: str) -> None:
    with services.coordinator.application.test_request_context():
        assert safe_next(target) == "/console"
    assert visitor.get("/console/login", query_string={"next": target}).status_code == 200
    answer = log_in(visitor, next=target)
    assert (answer.status_code, answer.location) == (303, "/console")
    assert "nba_props_console=" in answer.headers["Set-Cookie"]
    # Whoever has a session is sent on by the address alone.
    assert visitor.get("/console/login", query_string={"next": target}).location == "/console"


def test_wrong_keys_are_bounded(settings: Any) -> None:
    from predictions.coordinator.app import create_app

    client = create_app(settings).test_client()
    assert [log_in(client, f"guess-{n}").status_code for n in range(11)] == [401] * 10 + [429]
    answer = log_in(client, "second-test-key")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 61


def test_a_form_has_a_bound(visitor: Any) -> None:
    assert log_in(visitor, "k" * 9_000).status_code == 413


def test_taking_out_a_key_ends_the_sessions_that_it_opened_and_no_others() -> None:
    both = Sessions(("old", "new"))
    of_the_old, of_the_new = both.open("old"), both.open("new")
    assert both.read(of_the_old)
    assert both.read(of_the_new)
    only_new = Sessions(("new",))
    assert only_new.read(of_the_old) is None
    assert only_new.read(of_the_new)


def test_a_session_ends_after_twelve_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(("key",))
    began = datetime(2024, 12, 3, 18, tzinfo=UTC)
    monkeypatch.setattr(sessions_module, "utc_now", lambda: began)
    cookie = sessions.open("key")
    monkeypatch.setattr(sessions_module, "utc_now", lambda: began + LIFETIME)
    assert sessions.read(cookie)
    monkeypatch.setattr(sessions_module, "utc_now", lambda: began + LIFETIME + timedelta(seconds=1))
    assert sessions.read(cookie) is None


@pytest.mark.parametrize("cookie", ["", "x", "x.y.z", "é"])
def test_what_was_not_signed_here_is_no_session(cookie: str) -> None:
    assert Sessions(("key",)).read(cookie) is None


def test_a_session_that_was_changed_is_none() -> None:
    cookie = Sessions(("key",)).open("key")
    assert Sessions(("key",)).read(f"a{cookie}") is None


def test_every_page_says_what_browsers_may_not_do_with_it(operator: Any) -> None:
    for path in ("/console/login", "/console/predictions", "/console/nothing", "/console/static/console.css"):
        with operator.get(path) as answer:
            headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_a_bad_question_and_an_unknown_page_are_pages(operator: Any) -> None:
    answer = operator.get("/console/predictions?min_ev=much")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "min_ev" in answer.text
    answer = operator.get("/console/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
