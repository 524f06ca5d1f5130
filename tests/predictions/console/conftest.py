"""The console of a replayed slate, served over HTTP, and the browser that opens it."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

KEY = "first-test-key"
_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Served:
    """The coordinator as a browser reaches it."""

    url: str
    night: Any
    letter: str = ""

    def api(self, path: str, **query: Any) -> Any:
        client = self.night.services.coordinator
        response = client.get(path, query_string=query, headers={"X-API-Key": KEY})
        assert response.status_code == 200, response.text
        return response.get_json()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's browser. Where it is missing its tests are skipped, but not where everything has to run."""
    if not _CHROMIUM.exists():
        reason = f"{_CHROMIUM} is missing: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(_CHROMIUM), args=_ARGUMENTS)
        yield browser
        browser.close()


def _whole(application: Any) -> Callable[..., Any]:
    """Reads an answer and closes it before it is sent.

    Werkzeug's server, which serves the tests alone, leaves a file open whose browser has gone meanwhile.
    """

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        body, status, headers = run_wsgi_app(application, environ, buffered=True)
        start_response(status, list(headers))
        return body

    return serve


@pytest.fixture
def served(night: Any) -> Iterator[Served]:
    """The coordinator over HTTP, with a date of its own."""
    server = make_server("127.0.0.1", 0, _whole(night.services.coordinator.application), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.port}", night)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browsing(served: Served, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of some size whose visitor has logged in; `noise` is what the browser complains about."""
    contexts = []

    def opened(size: dict[str, int], scheme: str = "light") -> Any:
        context = chromium.new_context(viewport=size, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.noise = []
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.goto(f"{served.url}/console")
        page.get_by_label("The coordinator's API key").fill(KEY)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_selector("nav[aria-label=Pages]")
        return page

    yield opened
    for context in contexts:
        context.close()


def token_of(page: str) -> str:
    """The token in a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def visitor(services: Any) -> Any:
    """A browser's cookies without a browser, nobody yet logged in."""
    return services.coordinator.application.test_client()


@pytest.fixture
def operator(visitor: Any) -> Any:
    """The same with a session."""
    token = token_of(visitor.get("/console/login").text)
    answer = visitor.post("/console/login", data={"key": KEY, "csrf_token": token})
    assert answer.status_code == 303
    return visitor
