"""A profile is read from the services' own log lines."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.bench.profile import bar, measured, service_table, share_table
from deploy.bench.service_logs import Span, errors, spans_of
from deploy.registry import services

BEGAN = datetime(2024, 12, 3, 12, tzinfo=UTC)


def told(message: str, at: float, seconds: float, **about: object) -> str:
    time = (BEGAN + timedelta(seconds=at)).isoformat()
    return json.dumps({"time": time, "message": message, "seconds": seconds, **about})


def spans(service: str, *lines: str) -> list[Span]:
    return list(spans_of(service, lines))


def test_requests_and_calls_are_spans_and_other_lines_are_passed_over() -> None:
    found = spans(
        "raw",
        "Starting gunicorn 23",
        "{no json",
        told("load", 2, 1, table="nba_raw.nba_shots", bytes=10),
        told("heartbeat: overdue", 2, 1),
        json.dumps({"message": "POST /process 200"}),
        told("POST /process 200", 3, 3),
    )
    assert [(each.kind, each.ended - each.began) for each in found] == [("load", 1.0), ("request", 3.0)]
    assert found[0].about["bytes"] == 10
    assert found[1].ended == BEGAN.timestamp() + 3


def test_the_kinds_of_work_are_the_whole_slate() -> None:
    found = [
        *spans("scrapers", told("load", 2, 1), told("publish", 3, 0.5), told("POST /workflows/x 200", 4, 4)),
        *spans("raw", told("query", 6, 1), told("POST /process 200", 6, 2)),
        *spans("precompute", told("query", 8, 1), told("POST /process 200", 8, 2)),
        *spans("worker", told("POST /predict 200", 11, 2)),
        *spans("coordinator", told("POST /complete 200", 12, 2)),
    ]
    profile = measured(found, BEGAN, BEGAN + timedelta(seconds=14), games=5)
    assert profile.whole == pytest.approx(14)
    assert profile.seconds == pytest.approx(
        {"scrape": 2.5, "load": 3, "SQL": 2, "publish": 0.5, "predict": 1.5, "consolidate": 1.5, "idle": 3}
    )
    assert profile.share("idle") == pytest.approx(3 / 14)
    assert (profile.services["raw"]["query"], profile.counts["raw"]["query"]) == (1.0, 1)


def test_what_is_shown_names_every_kind_and_service() -> None:
    profile = measured(
        spans("worker", told("POST /predict 200", 5, 5)), BEGAN, BEGAN + timedelta(seconds=10), 1
    )
    assert share_table(profile).row_count == len(profile.seconds) + 1
    assert service_table(profile).row_count == 6
    assert len(bar(profile).plain) == 100
    assert profile.as_json()["idle_share"] == pytest.approx(0.5)


def test_errors_are_counted_by_what_they_say_without_numbers(tmp_path: Path) -> None:
    for name in services():
        (tmp_path / f"{name}.log").write_text("")
    lines = [
        told("TRANSIENT: 20241203_MIN_LAL: staged 120 rows but counted 0", at, 0, severity="ERROR")
        for at in (1, 2, 99)
    ]
    (tmp_path / "worker.log").write_text("\n".join([*lines, told("fine", 1, 0, severity="INFO")]))
    found = errors(tmp_path, BEGAN, BEGAN + timedelta(seconds=10))
    assert found == {"worker: TRANSIENT: #: staged # rows but counted #": 2}
