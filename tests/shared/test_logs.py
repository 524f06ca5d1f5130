"""Logs are one JSON object a line, and no secret is ever in one."""

import io
import json
import logging
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, quote_plus

import pytest

from shared import logs


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def logger(stream: io.StringIO, *secrets: str) -> logging.Logger:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter("raw", "p", logs.Redactor(frozenset(secrets))))
    made = logging.Logger("test")
    made.addHandler(handler)
    return made


def test_a_line_has_what_cloud_logging_reads(stream: io.StringIO) -> None:
    logs.clear()
    logs.bind(correlation_id="c1", trace="t1", game_date="2024-12-03")
    logger(stream).warning("stored %d rows", 3, extra={"table": "nba_schedule"})
    line = json.loads(stream.getvalue())
    assert line["severity"] == "WARNING"
    assert line["message"] == "stored 3 rows"
    assert line["service"] == "raw"
    assert line["correlation_id"] == "c1"
    assert line["game_date"] == "2024-12-03"
    assert line["table"] == "nba_schedule"
    assert line["logging.googleapis.com/trace"] == "projects/p/traces/t1"


def test_no_secret_reaches_a_log_line_by_any_way(stream: io.StringIO) -> None:
    secret = "canary-secret-value"
    log = logger(stream, secret)
    log.info("in the text: %s", secret)
    log.info("as a field", extra={"url": f"https://host/?apiKey={secret}"})
    try:
        raise ValueError(f"bad key {secret}")
    except ValueError:
        log.exception("in an exception")
    assert secret not in stream.getvalue()
    assert stream.getvalue().count("[redacted]") == 3


@pytest.mark.parametrize("secret", ['canary+/="quote', "canary\\back", "canary é\u2028", "canary%2B&x y"])
@pytest.mark.parametrize("form", [str, quote, quote_plus, partial(quote, safe=""), repr, json.dumps])
def test_no_secret_reaches_a_log_line_in_any_form(
    stream: io.StringIO, secret: str, form: Callable[[str], str]
) -> None:
    log = logger(stream, secret)
    log.info("asked for https://host/?key=%s&more", form(secret))
    log.info("as a field", extra={"said": [form(secret)]})
    assert "canary" not in stream.getvalue()
    assert stream.getvalue().count("[redacted]") == 2


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("https://canary-of-the-dsn@sentry.example/1", "DSN of canary-of-the-dsn is refused"),
        ("http://someone:canary%2Fword@proxy.example:80", "proxy: someone, canary/word"),
        (
            "https://hooks.example/services/T0/canary",
            "no answer with url: /services/T0/canary (x)",
        ),
    ],
)
def test_of_a_secret_address_no_part_is_told(stream: io.StringIO, secret: str, said: str) -> None:
    logger(stream, secret).warning(said)
    assert "canary" not in stream.getvalue()
    assert "[redacted]" in stream.getvalue()


def test_an_address_without_a_secret_part_leaves_other_lines_alone(stream: io.StringIO) -> None:
    logger(stream, "https://a@sentry.example/1").info("GET /1 by a")
    assert "GET /1 by a" in stream.getvalue()


def test_what_goes_to_the_error_tracker_is_scrubbed_at_any_depth() -> None:
    redactor = logs.Redactor(frozenset({"canary"}))
    event = {"message": "a canary", "frames": [{"vars": ("canary", 1)}], "level": None}
    assert "canary" not in str(redactor.scrub_all(event))
