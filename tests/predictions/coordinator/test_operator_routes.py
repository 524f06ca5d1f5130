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
        ({"game_date": "2024-12-03", "force": "yes"}, "force"),
        ({"game_date": "2024-12-03", "min_minutes": True}, "min_minutes"),
        ({"game_date": "2024-12-03", "lead_minutes": -1}, "lead_minutes"),
        ({"game_date": "2024-12-03", "lead_minutes": True}, "lead_minutes"),
        ({"game_date": "2024-12-03", "as_of": "2024-12-03T12:00:00"}, "as_of"),
        ({"game_date": "2024-12-03", "as_of": (utc_now() + timedelta(days=1)).isoformat()}, "as_of"),
        (
            {"game_date": "2024-12-03", "table": "x"},
            "table: is unknown; use as_of, lead_minutes, game_date, force, systems, min_minutes",
        ),
        ({"game_date": "2024-12-03", "min_minutes": -1}, "min_minutes"),
        ({"game_date": "2024-12-03", "systems": "moving_average"}, "systems: Input should be a list"),
        ({"game_date": "2024-12-03", "systems": []}, "systems: List should have at least 1 item"),
        ({"game_date": "2024-12-03", "systems": ["learned"] * 21}, "systems: List should have at most 20"),
        ({"game_date": "2024-12-03", "systems": ["crystal_ball"]}, "use moving_average"),
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
        ({"game_date": "tomorrow"}, "game_date"),
        ({"game_date": "2024-12-03", "if_due": "yes"}, "if_due"),
        ({"game_date": "2024-12-03", "force": True}, "force: is unknown; use game_date, if_due"),
        ({"game_date": (eastern_today() + timedelta(days=1)).isoformat()}, "game_date"),
    ],
)
def test_a_bad_grading_names_the_field(services: Any, body: dict[str, Any], field: str) -> None:
    response = services.coordinator.post("/grade", json=body, headers=KEY)
    assert response.status_code == 422
    assert field in response.get_json()["detail"]


@pytest.mark.parametrize(
    "path", ["/start", "/check-stalled", "/retrain", "/process", "/complete", "/grade", "/dead-letters"]
)
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_nobody_without_a_key_is_listened_to(services: Any, path: str, headers: dict[str, str]) -> None:
    assert services.coordinator.post(path, json={}, headers=headers).status_code == 401


@pytest.mark.parametrize("body", [{}, {"hello": 1}, [], "2024-12-03"])
def test_what_is_neither_a_push_nor_an_order_to_grade_is_told_what_to_send(services: Any, body: Any) -> None:
    response = services.coordinator.post("/grade", json=body, headers=KEY)
    assert response.status_code == 400
    assert '{"game_date": "2024-12-03"}' in response.get_json()["detail"]


def test_a_start_before_the_features_are_there_says_what_is_missing(night: Any) -> None:
    body = {"game_date": night.day.isoformat()}
    response = night.services.coordinator.post("/start", json=body, headers=KEY)
    assert response.status_code == 409
    assert "waits for ml_feature_store" in response.get_json()["detail"]


def test_grading_before_there_is_anything_to_grade_says_what_is_missing(night: Any) -> None:
    body = {"game_date": night.day.isoformat()}
    response = night.services.coordinator.post("/grade", json=body, headers=KEY)
    assert response.status_code == 409
    assert "player_game_summary" in response.get_json()["detail"]


def test_a_schedule_that_grades_what_is_due_is_told_what_a_date_waits_for_without_an_error(
    services: Any,
) -> None:
    response = services.coordinator.post(
        "/grade", json={"game_date": "yesterday", "if_due": True}, headers=KEY
    )
    told = response.get_json()
    assert (response.status_code, told["outcome"]) == (200, "NOT_YET")
    assert told["reason"].startswith(f"{eastern_today() - timedelta(days=1)} waits for player_game_summary")


def test_both_services_are_ready_when_they_could_do_their_work(services: Any) -> None:
    for client, check in ((services.coordinator, "feature contract"), (services.worker, "model")):
        body = client.get("/ready", headers=KEY).get_json()
        assert body["status"] == "ready", body
        assert body["checks"][check]["status"] == "pass"
