"""No secret of the platform is in what it logs, answers or stores, however its callers and providers fail.

All its keys are canaries (conftest.py), and so are a token and a cookie that are used here.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote, unquote

import pytest
import requests

from deploy.local.driver import Driver
from deploy.local.stack import PUSH_ACCOUNT
from deploy.registry import services
from shared.warehouse.specs import all_specs

CANARY = "canary"
JSON = {"Content-Type": "application/json"}
DAY = date(2024, 10, 24)
# Of the providers that get a key, one by one.
KEYED = {
    "odds": "/api.the-odds-api.com",
    "bettingpros": "/api.bettingpros.com",
    "bdl_box_scores": "/api.ball",
}


def token_for(driver: Driver, service: str) -> str:
    """A token that opens a service, as a push brings it."""
    asked = {"audience": services()[service].audience, "email": PUSH_ACCOUNT}
    url = f"{driver.stack.url('pubsub-http')}/token"
    return str(requests.post(url, json=asked, timeout=10).json()["token"])


def failing(key: str, token: str) -> Iterator[dict[str, object]]:
    """Calls that fail, with a good credential somewhere in each."""
    good = {"X-API-Key": key}
    yield {"headers": {"X-API-Key": f"{key} "}, "url": "/ready"}
    yield {"headers": {"Authorization": f"Bearer {key}"}, "url": "/ready"}
    yield {"headers": {"Authorization": f"Basic {base64.b64encode(key.encode()).decode()}"}, "url": "/ready"}
    yield {"headers": {"Authorization": f"Bearer {token[:-8]}"}, "url": "/ready"}
    yield {"headers": {"Authorization": f"Bearer {token}x"}, "url": "/openapi.json"}
    yield {"headers": {"Cookie": f"session={key}"}, "url": "/ready"}
    yield {"headers": good, "url": f"/nothing/{quote(key, safe='')}"}
    yield {"headers": good, "url": "/nothing", "params": {"key": key, "token": token}}
    yield {"headers": {"X-Correlation-Id": key, "X-Cloud-Trace-Context": key}, "url": "/ready"}
    for path in ("/process", "/predict", "/scrape", "/start", "/complete", "/dead-letters"):
        yield {"headers": good, "url": path, "method": "DELETE", "json": {}}
        yield {"headers": good, "url": path, "json": {"key": key, "source": key, "game_date": key}}
        yield {
            "headers": good | {"Content-Type": "application/json"},
            "url": path,
            "data": f'{{"key": "{key}',
        }


def written(driver: Driver) -> Iterator[tuple[str, str]]:
    """(file, line) of every log of the platform."""
    for path in driver.stack.options.folder.glob("*.log"):
        for line in path.read_text(errors="replace").splitlines():
            yield path.name, line


def test_no_answer_to_a_failing_call_tells_a_secret(driver: Driver) -> None:
    refused = set()
    for service in services():
        url, key, token = driver.stack.url(service), driver.stack.keys[service], token_for(driver, service)
        for call in failing(key, token):
            told = requests.request(
                **{"method": "GET" if "json" not in call and "data" not in call else "POST", "timeout": 60}
                | call
                | {"url": url + str(call["url"])}
            )
            assert told.status_code < 500, call
            refused.add(told.status_code)
            # What was asked in the path or query is the caller's own; nothing else comes back.
            said = f"{unquote(told.text)} {unquote(str(told.headers))}"
            assert CANARY not in said, (call, said)
            assert token[-40:] not in said
        assert not [line for name, line in written(driver) if token[-40:] in line or token[:80] in line]
    assert refused >= {400, 401, 404, 405, 422}


@pytest.mark.parametrize("kind", ["status", "html", "malformed", "drop"])
@pytest.mark.parametrize("source", KEYED)
def test_no_failing_provider_makes_a_run_tell_a_secret(driver: Driver, source: str, kind: str) -> None:
    driver.scrape("schedule", DAY, DAY)
    driver.settle()
    fault = {"path_prefix": KEYED[source], "kind": kind, "times": 50, "status": 401}
    control = f"{driver.stack.url('upstream')}/_control/faults"
    driver.set_faults(control, {"faults": [fault]})
    try:
        body = {"source": source, "game_date": str(DAY), "lead_minutes": 60}
        run = driver.post("scrapers", "/scrape", body)
    finally:
        driver.set_faults(control, {"faults": []})
    assert run["status"] == "failed"
    assert CANARY not in json.dumps(run)


def test_no_log_and_no_table_has_a_secret(driver: Driver) -> None:
    """After everything that was sent to this platform, here and by the tests before."""
    url = f"{driver.stack.url('coordinator')}/console"
    with requests.Session() as session:
        form = re.search(r'name="csrf_token" value="([^"]+)"', session.get(f"{url}/login", timeout=30).text)
        assert form
        key = {"key": driver.stack.keys["coordinator"], "csrf_token": form[1]}
        assert session.post(f"{url}/login", data=key, timeout=30).ok
        assert session.get(f"{url}/letters/{'0' * 32}", timeout=30).status_code == 404
        cookie = session.cookies["nba_props_console"]
    driver.settle()
    lines = list(written(driver))
    assert {name.removesuffix(".log") for name, _ in lines} >= set(services())
    assert not [(name, line) for name, line in lines if CANARY in unquote(line) or cookie in line]
    warehouse = driver.stack.warehouse
    for spec in all_specs().values():
        if spec.kind == "view":
            continue
        for row in warehouse.read(spec.name, spec.column_names()).to_pylist():
            if spec.name == "scrape_landing" and row["body"]:
                row["body"] = zlib.decompress(row["body"])
            assert CANARY not in unquote(str(row)), spec.name
