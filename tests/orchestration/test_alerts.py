"""An alert is given once in each cooldown, everywhere at once, and a deaf webhook breaks nothing."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope

from deploy.local.bigquery.process import Emulator
from orchestration.alerts import Alert, Severity, give
from orchestration.platform import Platform
from shared.settings import Settings
from shared.warehouse.warehouse import Warehouse

STALE = Alert("source-stale", "odds", Severity.WARNING, "nothing came", "look at the provider")


@pytest.fixture
def heard() -> Iterator[tuple[str, list[Any]]]:
    """A webhook that keeps what it is told, at an address of this machine."""
    told: list[Any] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def platform(warehouse: Warehouse, bigquery_emulator: Emulator, settings: Settings) -> Platform:
    warehouse.run("DELETE FROM nba_orchestration.alerts_given WHERE TRUE")
    hosts = {
        "BIGQUERY_EMULATOR_HOST": bigquery_emulator.rest,
        "BIGQUERY_STORAGE_EMULATOR_HOST": bigquery_emulator.grpc,
    }
    return Platform(settings.model_copy(update=hosts))


def with_hook(platform: Platform, url: str) -> Platform:
    return Platform(platform.settings.model_copy(update={"ALERT_WEBHOOK_URL": url}))


def test_an_alert_is_given_once_until_its_cooldown_is_over(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    other = Alert("source-stale", "rosters", Severity.ERROR, "nothing came", "look")
    impatient = Alert("source-stale", "odds", Severity.WARNING, "still", "look", cooldown=timedelta(0))
    with caplog.at_level(logging.WARNING):
        given = [give(platform, [STALE]), give(platform, [STALE, other]), give(platform, [impatient])]
    assert given == [[STALE], [other], [impatient]]
    lines = [(r.alert, r.subject, r.levelname) for r in caplog.records if hasattr(r, "alert")]
    assert lines == [
        ("source-stale", "odds", "WARNING"),
        ("source-stale", "rosters", "ERROR"),
        ("source-stale", "odds", "WARNING"),
    ]
    rows = platform.warehouse.rows("SELECT subject, severity, reason FROM nba_orchestration.alerts_given")
    assert len(rows) == 3
    assert "look at the provider" in next(row["reason"] for row in rows if "look at" in row["reason"])


def test_the_same_alert_twice_in_a_call_is_one(platform: Platform) -> None:
    assert give(platform, [STALE, STALE]) == [STALE]


def failed(severity: Severity, *names: str) -> Alert:
    return Alert("raw-overdue", "2024-12-03", severity, "failed", "look", names)


def test_what_was_not_named_or_is_worse_is_told_of_within_the_cooldown(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    rosters, both = failed(Severity.WARNING, "rosters"), failed(Severity.WARNING, "rosters", "lines")
    worse, boxes = failed(Severity.ERROR, "rosters"), failed(Severity.ERROR, "boxes")
    with caplog.at_level(logging.WARNING):
        for alert in (rosters, both, worse, boxes):
            assert give(platform, [alert]) == [alert]
            assert give(platform, [alert]) == []
    told = (
        failed(Severity.ERROR),
        failed(Severity.ERROR, "boxes", "rosters"),
        failed(Severity.WARNING, "lines"),
    )
    assert give(platform, told) == []
    subjects = [record.subject for record in caplog.records if hasattr(record, "alert")]
    assert subjects[:2] == ["2024-12-03 rosters", "2024-12-03 rosters, lines"]


def test_a_webhook_is_told(platform: Platform, heard: tuple[str, list[Any]]) -> None:
    url, told = heard
    give(with_hook(platform, url), [STALE])
    assert told == [
        {
            "text": "[WARNING] source-stale odds: nothing came. look at the provider",
            "alert": "source-stale",
            "subject": "odds",
            "severity": "WARNING",
        }
    ]


@pytest.mark.parametrize("broken", ["http://127.0.0.1:9/secret-path", None])
def test_a_deaf_webhook_is_logged_without_its_address_and_breaks_nothing(
    platform: Platform, heard: tuple[str, list[Any]], broken: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert give(with_hook(platform, broken or heard[0] + "/broken"), [STALE]) == [STALE]
    assert "webhook" in caplog.text
    assert "secret-path" not in caplog.text


def test_sentry_hears_an_alert_once_under_its_own_fingerprint(platform: Platform) -> None:
    sent: list[Envelope] = []

    class Kept(sentry_sdk.Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            sent.append(envelope)

    with sentry_sdk.isolation_scope():
        sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=Kept)
        try:
            give(platform, [Alert("date-failed", "2024-12-03", Severity.ERROR, "x", "y")])
        finally:
            sentry_sdk.get_client().close()
            sentry_sdk.init()
    events = [event for envelope in sent if (event := envelope.get_event())]
    assert [(e["fingerprint"], e["level"]) for e in events] == [(["date-failed", "2024-12-03"], "error")]


@pytest.mark.parametrize("url", ["http://example.com/hook", "ftp://127.0.0.1", "https://", "hook"])
def test_an_address_that_others_could_read_along_is_refused(url: str, settings: Settings) -> None:
    with pytest.raises(ValueError, match="ALERT_WEBHOOK_URL"):
        Settings(**{**settings.model_dump(), "ALERT_WEBHOOK_URL": url})


def test_the_address_is_a_secret(settings: Settings) -> None:
    url = "https://hooks.example.com/canary"
    told = Settings(**{**settings.model_dump(), "ALERT_WEBHOOK_URL": url})
    assert url in told.secrets
    assert "canary" not in repr(told)
