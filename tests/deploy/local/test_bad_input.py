"""Bad input on the running platform: a clear problem that names the field, and nothing stored."""

import base64
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from deploy.local.driver import Driver
from shared.clock import eastern_today
from shared.warehouse.counts import row_counts

TODAY = eastern_today()
DAY = "2024-11-01"
SCHEDULE = {"source": "schedule", "from_date": DAY, "to_date": DAY}


def post(driver: Driver, service: str, path: str, **arguments: Any) -> requests.Response:
    headers = {"X-API-Key": driver.stack.keys[service], "Content-Type": "application/json"}
    return requests.post(driver.stack.url(service) + path, headers=headers, timeout=60, **arguments)


def later(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


RANGE = {"from_date": DAY, "to_date": DAY}
SPAN = {"start_date": DAY, "end_date": DAY}
BAD = [
    ("scrapers", "/scrape", SCHEDULE | {"source": "nonsense"}, "source"),
    ("scrapers", "/scrape", SCHEDULE | {"source": ""}, "source"),
    ("scrapers", "/scrape", SCHEDULE | {"from_date": "2024-02-30"}, "from_date"),
    ("scrapers", "/scrape", SCHEDULE | {"from_date": "yesterday"}, "from_date"),
    ("scrapers", "/scrape", SCHEDULE | {"from_date": "2024-11-02"}, "to_date"),
    ("scrapers", "/scrape", SCHEDULE | {"from_date": "2023-01-01"}, "to_date"),
    ("scrapers", "/scrape", SCHEDULE | {"to_date": later(15), "from_date": later(15)}, "to_date"),
    ("scrapers", "/scrape", {"source": "box_scores", "from_date": later(1), "to_date": later(1)}, "to_date"),
    ("scrapers", "/scrape", SCHEDULE | {"surprise": 1}, "surprise"),
    ("scrapers", "/scrape", SCHEDULE | {"lead_minutes": -1}, "lead_minutes"),
    ("scrapers", "/scrape", {}, "source"),
    ("raw", "/process-date-range", RANGE | {"source": "nonsense"}, "source"),
    ("raw", "/process-date-range", RANGE | {"source": "schedule", "from_date": "2023-01-01"}, "to_date"),
    ("analytics", "/process-date-range", SPAN | {"tables": ["users"]}, "tables"),
    ("analytics", "/process-date-range", SPAN | {"tables": ["ml_feature_store"]}, "tables"),
    ("analytics", "/process-date-range", SPAN | {"start_date": "2023-01-01"}, "end_date"),
    ("analytics", "/process-date-range", SPAN | {"end_date": later(15), "start_date": later(15)}, "end_date"),
    ("analytics", "/process-date-range", SPAN | {"end_date": 20241101}, "end_date"),
    ("precompute", "/process-date-range", SPAN | {"tables": ["player_game_summary"]}, "tables"),
    ("precompute", "/process-date-range", SPAN | {"start_date": "2024-13-01"}, "start_date"),
    ("coordinator", "/start", {"game_date": later(15)}, "game_date"),
    ("coordinator", "/start", {"game_date": "2024-02-30"}, "game_date"),
    ("coordinator", "/start", {}, "game_date"),
    ("coordinator", "/grade", {"game_date": later(1)}, "game_date"),
]


@pytest.mark.parametrize(("service", "path", "body", "field"), BAD)
def test_a_bad_field_is_named_and_nothing_is_stored(
    driver: Driver, service: str, path: str, body: dict[str, Any], field: str
) -> None:
    before = row_counts(driver.stack.warehouse)
    response = post(driver, service, path, json=body)
    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert field in {error["field"] for error in response.json()["errors"]}
    driver.settle()
    assert row_counts(driver.stack.warehouse) == before


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("scrapers", "/scrape"),
        ("raw", "/process"),
        ("analytics", "/process-date-range"),
        ("worker", "/predict"),
        ("coordinator", "/start"),
    ],
)
def test_a_body_over_the_limit_or_no_json_is_refused(driver: Driver, service: str, path: str) -> None:
    assert post(driver, service, path, data=b"[" * 300_000).status_code == 413
    response = post(driver, service, path, data=b"{not json")
    assert 400 <= response.status_code < 500


def envelope(data: bytes) -> dict[str, Any]:
    message = {"data": base64.b64encode(data).decode(), "messageId": uuid.uuid4().hex}
    return {"message": message, "subscription": "projects/p/subscriptions/test"}


PUSH_ROUTES = [
    ("raw", "/process"),
    ("analytics", "/process"),
    ("precompute", "/process"),
    ("coordinator", "/process"),
    ("coordinator", "/complete"),
    ("coordinator", "/grade"),
    ("worker", "/predict"),
]


@pytest.mark.parametrize(("service", "path"), PUSH_ROUTES)
def test_a_push_that_is_no_envelope_is_400_and_a_bad_payload_is_kept(
    driver: Driver, service: str, path: str
) -> None:
    assert post(driver, service, path, json={"hello": 1}).status_code == 400
    before = row_counts(driver.stack.warehouse)["nba_orchestration.dead_letters"]
    response = post(driver, service, path, json=envelope(b'{"schema_version": 7}'))
    assert response.status_code == 200
    assert response.json()["outcome"] == "PERMANENT"
    assert row_counts(driver.stack.warehouse)["nba_orchestration.dead_letters"] == before + 1


def test_a_malformed_body_of_one_game_is_kept_and_everything_else_goes_on(
    driver: Driver, league: Any
) -> None:
    """A provider's bad day: the broken box score is a dead letter, the other games are stored."""
    day = date(2024, 10, 23)
    driver.scrape("schedule", day, day)
    driver.settle()
    prefixes = ("/stats.nba.com/stats/boxscoretraditionalv3", "/cdn.nba.com/static/json/liveData/boxscore")
    faults = {"faults": [{"path_prefix": each, "kind": "malformed", "times": 1} for each in prefixes]}
    driver.set_faults(f"{driver.stack.url('upstream')}/_control/faults", faults)
    result = driver.scrape("box_scores", day, day)
    driver.settle()
    assert result["status"] == "partial"
    assert result["failed_requests"] == 2
    warehouse = driver.stack.warehouse
    letters = warehouse.rows("SELECT reason FROM nba_orchestration.dead_letters WHERE origin = 'box_scores'")
    assert len(letters) == 2
    stored = warehouse.rows(
        "SELECT COUNT(DISTINCT game_id) AS games FROM nba_raw.nba_player_boxscores WHERE game_date = @day",
        day=day,
    )
    assert stored[0]["games"] == result["bodies"] - 2
    states = warehouse.rows(
        "SELECT state, reason FROM nba_orchestration.pipeline_state "
        "WHERE game_date = @day AND output = 'nba_player_boxscores'",
        day=day,
    )
    assert states[0]["state"] == "FAILED"
    driver.scrape("box_scores", day, day)
    driver.settle()
    (state,) = warehouse.rows(
        "SELECT state FROM nba_orchestration.pipeline_state "
        "WHERE game_date = @day AND output = 'nba_player_boxscores'",
        day=day,
    )
    assert state["state"] == "COMPLETE"
