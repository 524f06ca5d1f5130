"""No provider's credential appears in a landing row, run, message, dead letter, answer or log."""

import zlib
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from scrapers.http_client import HttpClient, RequestFailedError, Retries
from scrapers.registry import SOURCES

OPENING = "2024-10-22"
CANARIES = {
    "BETTINGPROS_API_KEY": "bettingpros-canary-4e1d",
    "BDL_API_KEY": "bdl-canary-88c0",
    "SCRAPER_PROXY_URL": "http://someone:proxy-canary-15@127.0.0.1:9",
}
HOSTS = {
    "odds": "/api.the-odds-api.com",
    "bettingpros": "/api.bettingpros.com",
    "bdl_box_scores": "/api.balldontlie.io",
    "injury_report": "/ak-static.cms.nba.com",
}


@pytest.mark.parametrize("kind", ["well", "drop", "html", "status"])
@pytest.mark.parametrize("source", HOSTS)
def test_a_credential_is_in_nothing_that_is_kept_or_said(
    serve: Callable[..., Any], capsys: Any, source: str, kind: str
) -> None:
    service = serve(**CANARIES)
    service.load_schedule()
    service.upstream.set_now("2024-10-22T20:00:00Z" if source == "bettingpros" else "2024-10-23T12:00:00Z")
    if kind != "well":
        fault = {"path_prefix": HOSTS[source], "kind": kind, "times": 99, "status": 401}
        service.upstream.set_faults(fault)
    run = service.scrape(source, OPENING, lead_minutes=60)
    assert (run["status"] == "success") == (kind == "well")
    seen = [str(run), str(service.announced.read()), "".join(capsys.readouterr())]
    for table in ("scrape_landing", "scrape_runs", "dead_letters"):
        seen += [
            str({**row, "body": zlib.decompress(row.get("body") or zlib.compress(b""))})
            for row in service.rows(table)
        ]
    assert not [text for text in seen if "canary" in text]


def test_every_source_with_a_key_is_tested_here() -> None:
    keyed = {
        name for name, source in SOURCES.items() if source.provider.credential or source.provider.proxied
    }
    assert keyed == set(HOSTS)


def test_a_proxy_that_fails_is_named_without_its_password() -> None:
    client = HttpClient(None, Retries(attempts=2), sleep=lambda _: None)
    with pytest.raises(RequestFailedError) as failed:
        client.get(
            "https://stats.nba.com/x", {}, {}, 0, monotonic() + 20, proxy=CANARIES["SCRAPER_PROXY_URL"]
        )
    assert str(failed.value) == "ProxyError after 2 attempts"
