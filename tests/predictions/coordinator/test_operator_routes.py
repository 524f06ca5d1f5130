"""What an operator may ask of the coordinator, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from shared.clock import eastern_today, utc_now

KEY = {"X-API-Key": "first-test-key"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "game_date"),
        ({"game_date": "2024-13-01"}, "game_date"),
        ({"game_date": "2024-12-03", "force": "perhaps"}, "force"),
        ({"game_date": "2024-12-03", "lead_minutes": -1}, "lead_minutes"),
        ({"game_date": "2024-12-03", "as_of": "2024-12-03T12:00:00"}, "as_of"),
        ({"game_date": "2024-12-03", "as_of": (utc_now() + timedelta(days=1)).isoformat()}, "as_of"),
        ({"game_date": "2024-12-03", "table": "x"}, "table"),
        ({"game_date": (eastern_today() + timedelta(days=15)).isoformat()}, "game_date"),
    ],
)
def test_a_bad_start_names_the_field(services: Any, body: dict[str, Any], field: str) -> None:
    response = services.coordinator.post("/start", json=body, headers=KEY)
    assert response.status_code == 422
    assert field in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "game_date"),
        ({"game_date": "yesterday"}, "game_date"),
        ({"game_date": (eastern_today() + timedelta(days=1)).isoformat()}, "game_date"),
    ],
)
def test_a_bad_grading_names_the_field(services: Any, body: dict[str, Any], field: str) -> None:
    response = services.coordinator.post("/grade-date", json=body, headers=KEY)
    assert response.status_code == 422
    assert field in response.get_json()["detail"]


@pytest.mark.parametrize(
    "path", ["/start", "/grade-date", "/process", "/complete", "/grade", "/dead-letters"]
)
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_nobody_without_a_key_is_listened_to(services: Any, path: str, headers: dict[str, str]) -> None:
    assert services.coordinator.post(path, json={}, headers=headers).status_code == 401


def test_a_start_before_the_features_are_there_says_what_is_missing(night: Any) -> None:
    body = {"game_date": night.day.isoformat()}
    response = night.services.coordinator.post("/start", json=body, headers=KEY)
    assert response.status_code == 409
    assert "waits for ml_feature_store" in response.get_json()["detail"]


def test_grading_before_there_is_anything_to_grade_says_what_is_missing(night: Any) -> None:
    body = {"game_date": night.day.isoformat()}
    response = night.services.coordinator.post("/grade-date", json=body, headers=KEY)
    assert response.status_code == 409
    assert "player_game_summary" in response.get_json()["detail"]


def test_predictions_can_be_read_and_filtered(night: Any) -> None:
    night.add("lukadoncic", lines=[night.line(20.5), night.line(22.5, "fanduel")])
    night.add("kyrieirving", injury_status="Out")
    night.store()
    night.run()
    path, client = f"/api/v1/predictions/{night.day}", night.services.coordinator

    everything = client.get(path, headers=KEY).get_json()
    assert everything["count"] == 3
    one = client.get(path, query_string={"player_lookup": "lukadoncic", "limit": 1}, headers=KEY).get_json()
    assert [(row["player_lookup"], row["line"]) for row in one["predictions"]] == [("lukadoncic", 20.5)]
    assert one["predictions"][0]["tip_at"] == night.tip.isoformat()
    assert client.get(path, query_string={"system_id": "none"}, headers=KEY).get_json()["count"] == 1
    assert client.get(path).status_code == 401


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("2024-12-03", {"limit": 2001}, "limit"),
        ("2024-12-03", {"player_lookup": "' OR TRUE"}, "player_lookup"),
        ("2024-12-03", {"team": "DAL"}, "team"),
        ("december", {}, "game_date"),
    ],
)
def test_a_bad_question_names_the_field(services: Any, path: str, query: dict[str, Any], field: str) -> None:
    response = services.coordinator.get(f"/api/v1/predictions/{path}", query_string=query, headers=KEY)
    assert response.status_code == 422
    assert field in response.get_json()["detail"]


def test_both_services_are_ready_when_they_could_do_their_work(services: Any) -> None:
    for client, check in ((services.coordinator, "feature contract"), (services.worker, "systems")):
        body = client.get("/ready", headers=KEY).get_json()
        assert body["status"] == "ready", body
        assert body["checks"][check]["status"] == "pass"
