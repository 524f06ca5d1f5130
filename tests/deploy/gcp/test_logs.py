"""The queries that an operator uses, and lines as he reads them."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from deploy.gcp import logs
from deploy.gcp.environment import Environment
from deploy.registry import services

PLACE = Environment("nba-props-test")
WORKER = services()["worker"]


def test_a_query_names_its_services_and_its_subjects() -> None:
    text = logs.query(PLACE, [WORKER, services()["raw"]], ("errors", "auth"), "abc123")
    assert 'resource.labels.service_name=("prediction-worker" OR "nba-phase2-raw-processors")' in text
    assert "severity>=ERROR" in text
    assert "httpRequest.status=(401 OR 403)" in text
    assert 'jsonPayload.correlation_id="abc123"' in text
    assert text.count(" AND ") == 5


@pytest.mark.parametrize("bad", ["", 'x" OR severity>=DEBUG', "a b", "x" * 65])
def test_a_correlation_id_cannot_widen_the_query(bad: str) -> None:
    with pytest.raises(logs.LogQueryError, match="--correlation"):
        logs.query(PLACE, [WORKER], (), bad)


def test_entries_come_oldest_first_and_a_follower_sees_each_once(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_POLL_SECONDS", 0.01)
    polls = itertools.count()

    def read(*_: Any) -> list[dict[str, Any]]:
        newest = next(polls)
        return [
            {"insertId": str(n), "textPayload": f"line {n}"} for n in range(max(0, newest - 2), newest + 1)
        ]

    monkeypatch.setattr(logs, "read", read)
    found = itertools.islice(logs.follow(world.gcloud, "text", timedelta(hours=1), 10), 5)
    assert [entry["insertId"] for entry in found] == ["0", "1", "2", "3", "4"]


def test_a_line_says_when_where_and_what() -> None:
    entry = {
        "timestamp": "2024-12-03T10:00:00.123456Z",
        "severity": "WARNING",
        "resource": {"labels": {"revision_name": "prediction-worker-00007-abc"}},
        "jsonPayload": {"message": "refused a request: no credential", "path": "/predict", "time": "x"},
    }
    assert logs.line(entry) == (
        "2024-12-03T10:00:00.123 WARNING prediction-worker-00007-abc "
        'refused a request: no credential {"path": "/predict"}'
    )
    request = {"requestMethod": "POST", "status": 503, "latency": "0.2s", "requestUrl": "https://x/predict"}
    assert logs.line({"httpRequest": request}).endswith("POST 503 0.2s https://x/predict")
    assert logs.line({"textPayload": "Starting new instance"}).endswith("Starting new instance")
