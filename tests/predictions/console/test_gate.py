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
SECURE = "https://coordinator.run.app"
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


def test_the_console_s_address_with_a_slash_leads_to_the_login_and_then_to_the_console(services: Any) -> None:
    client = services.coordinator.application.test_client()
    assert client.get("/console/").location.startswith("/console/login")
    log_in(client)
    assert client.get("/console/").location == "/console"
    assert client.get("/console").status_code == 200


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


def test_a_session_that_was_changed_anywhere_is_none() -> None:
    sessions = Sessions(("key",))
    cookie = sessions.open("key")
    assert cookie
    assert sessions.read(f"a{cookie}") is None
    assert sessions.read(f"{cookie}a") is None
    for place, was in enumerate(cookie[:-1]):
        changed = f"{cookie[:place]}{'A' if was != 'A' else 'B'}{cookie[place + 1 :]}"
        assert sessions.read(changed) is None, place


def test_a_session_that_another_key_opened_is_none_here(visitor: Any) -> None:
    for key in ("another-service-s-key", "", KEY.upper(), f"{KEY} "):
        cookie = Sessions((key,)).open(key)
        assert cookie
        visitor.set_cookie("nba_props_console", cookie)
        assert visitor.get("/console/predictions").status_code == 303


def test_a_session_that_is_over_sees_the_login(visitor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(visitor)
    assert visitor.get("/console/predictions").status_code == 200
    later = datetime.now(UTC) + LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(sessions_module, "utc_now", lambda: later)
    assert visitor.get("/console/predictions").status_code == 303


def test_a_login_begins_a_session_of_its_own(services: Any) -> None:
    """What a visitor brings is not taken over: neither an invented session nor somebody else's."""
    app = services.coordinator.application
    others = app.test_client()
    log_in(others)
    theirs = others.get_cookie("nba_props_console").value
    token = token_of(others.get("/console/predictions").text)
    for brought in ("invented", theirs):
        client = app.test_client()
        client.set_cookie("nba_props_console", brought)
        form = client.get("/console/login")
        if form.status_code == 303:
            assert brought == theirs
            client.delete_cookie("nba_props_console")
        log_in(client)
        own = client.get_cookie("nba_props_console").value
        assert own not in ("invented", theirs)
        assert token_of(client.get("/console/predictions").text) != token


def test_every_form_asks_for_the_token_of_its_own_session(services: Any) -> None:
    app = services.coordinator.application
    mine, other = app.test_client(), app.test_client()
    log_in(mine)
    log_in(other)
    token, seen = token_of(other.get("/console/predictions").text), 0
    for rule in app.url_map.iter_rules():
        changing = rule.methods - {"GET", "HEAD", "OPTIONS"}
        if not rule.endpoint.startswith("console.") or not changing or rule.endpoint in OPEN:
            continue
        assert changing == {"POST"}, rule
        path = re.sub(r"<(?:\w+:)?\w+>", "0" * 32, rule.rule)
        for given in ({}, {"csrf_token": ""}, {"csrf_token": "guess"}, {"csrf_token": token}):
            assert mine.post(path, data={"reason": "because", **given}).status_code == 403, path
        asked = f"{path}?csrf_token={token_of(mine.get('/console/predictions').text)}"
        assert mine.post(asked, data={"reason": "because"}).status_code == 403
        seen += 1
    assert seen >= 3
    assert mine.get("/console/predictions").status_code == 200


def test_every_cookie_is_out_of_reach_and_ends(visitor: Any) -> None:
    form = visitor.get("/console/login", base_url=SECURE)
    data = {"key": KEY, "csrf_token": token_of(form.text)}
    answer = visitor.post("/console/login", base_url=SECURE, data=data)
    assert answer.status_code == 303
    token = token_of(visitor.get("/console/predictions", base_url=SECURE).text)
    bye = visitor.post("/console/logout", base_url=SECURE, data={"csrf_token": token})
    cookies = [cookie for each in (form, answer, bye) for cookie in each.headers.getlist("Set-Cookie")]
    assert [cookie.partition("=")[0] for cookie in cookies] == [
        *("__Host-nba_props_login", "__Host-nba_props_console", "__Host-nba_props_login"),
        "__Host-nba_props_console",
    ]
    for cookie, age in zip(cookies, ("43200", "43200", "0", "0"), strict=True):
        parts = set(cookie.split("; "))
        assert {"HttpOnly", "SameSite=Strict", "Path=/", "Secure", f"Max-Age={age}"} <= parts
        assert not [part for part in parts if part.startswith("Domain")]


def test_every_answer_says_what_browsers_may_not_do_with_it(operator: Any) -> None:
    asked = [
        operator.get(path)
        for path in (
            "/console/login",
            "/console/predictions",
            "/console/nothing",
            "/console/static/console.css",
        )
    ]
    refused = operator.post("/console/logout")
    operator.delete_cookie("nba_props_console")
    for answer in (*asked, refused, operator.get("/console/predictions"), operator.post("/console/login")):
        headers, path = answer.headers, answer.request.path
        policy = headers["Content-Security-Policy"]
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(
            policy.split("; ")
        ), path
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert ("no-store" in headers["Cache-Control"]) != path.startswith("/console/static"), path
        answer.close()


def test_a_bad_question_and_an_unknown_page_are_pages(operator: Any) -> None:
    answer = operator.get("/console/predictions?min_ev=much")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "min_ev" in answer.text
    answer = operator.get("/console/record?from_date=2024-12-09&to_date=2024-12-01")
    assert answer.status_code == 422
    assert "to_date: 2024-12-01 is before from_date 2024-12-09" in answer.text
    answer = operator.get("/console/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
