"""What the raw service refuses."""

from datetime import timedelta
from typing import Any

import pytest

from shared.clock import eastern_today

KEY = {"X-API-Key": "first-test-key"}
AHEAD = (eastern_today() + timedelta(days=15)).isoformat()


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("source", {"source": "nonsense", "from_date": "2024-12-03", "to_date": "2024-12-03"}),
        ("from_date", {"source": "schedule", "from_date": "2024-02-30", "to_date": "2024-12-03"}),
        ("to_date", {"source": "schedule", "from_date": "2024-12-03"}),
        ("to_date", {"source": "schedule", "from_date": "2024-12-03", "to_date": "2024-12-02"}),
        ("to_date", {"source": "schedule", "from_date": "2023-01-01", "to_date": "2024-02-05"}),
        ("to_date", {"source": "schedule", "from_date": "2024-12-03", "to_date": AHEAD}),
        ("table", {"source": "schedule", "from_date": "2024-12-03", "to_date": "2024-12-03", "table": "x"}),
    ],
)
def test_a_bad_range_is_refused_by_name_and_nothing_is_stored(chain: Any, field: str, body: Any) -> None:
    response = chain.raw.post("/process-date-range", json=body, headers=KEY)
    problem = response.get_json()
    assert response.status_code == 422, problem
    assert field in [error["field"] for error in problem["errors"]]
    assert chain.rows("pipeline_events") == []


def test_what_all_tables_of_a_source_lack_is_said_once(chain: Any) -> None:
    body = {"source": "odds", "from_date": "2024-12-03", "to_date": "2024-12-03"}
    told = chain.raw.post("/process-date-range", json=body, headers=KEY).get_json()
    assert (told["outcome"], told["complete"]) == ("NOT_YET", 0)
    assert told["reason"].count("2024-12-03") == 1, told


def test_a_body_that_is_no_envelope_is_a_bad_request(chain: Any) -> None:
    for body in ({}, {"message": {"data": "not base64!", "messageId": "1"}, "subscription": "s"}):
        assert chain.raw.post("/process", json=body, headers=KEY).status_code == 400


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_a_stranger_is_sent_away(chain: Any, headers: dict[str, str]) -> None:
    for path in ("/process", "/process-date-range"):
        assert chain.raw.post(path, json={}, headers=headers).status_code == 401


def test_the_service_is_ready(chain: Any) -> None:
    assert chain.raw.get("/ready", headers=KEY).status_code == 200
