"""What the scrapers service refuses, and that it then stores nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.pipeline import load_pipeline
from scrapers.registry import SOURCES
from shared.clock import eastern_today

KEY = {"X-API-Key": "first-test-key"}
TODAY = eastern_today()


def days(count: int) -> str:
    return (TODAY + timedelta(days=count)).isoformat()


REFUSED = [
    ("source", {"source": "nonsense", "game_date": "2024-12-03"}),
    ("source", {"game_date": "2024-12-03"}),
    ("game_date", {"source": "schedule", "game_date": "2024-13-45"}),
    ("from_date", {"source": "schedule"}),
    ("to_date", {"source": "schedule", "from_date": "2024-12-03"}),
    ("from_date", {"source": "schedule", "to_date": "2024-12-03"}),
    ("to_date", {"source": "schedule", "from_date": "2024-12-03", "to_date": "2024-12-02"}),
    ("to_date", {"source": "schedule", "from_date": "2023-01-01", "to_date": "2024-02-05"}),
    ("game_date", {"source": "schedule", "game_date": "2024-12-03", "to_date": "2024-12-04"}),
    ("game_date", {"source": "schedule", "game_date": days(15)}),
    ("to_date", {"source": "odds", "from_date": days(0), "to_date": days(15)}),
    ("game_date", {"source": "box_scores", "game_date": days(1)}),
    ("lead_minutes", {"source": "schedule", "game_date": "2024-12-03", "lead_minutes": 1441}),
    (
        "lead_minutes",
        {"source": "schedule", "game_date": days(0), "lead_minutes": 0, "as_of": "2024-12-03T00:00:00Z"},
    ),
    ("as_of", {"source": "schedule", "game_date": "2024-12-03", "as_of": "2024-12-03T00:00:00"}),
    (
        "as_of",
        {
            "source": "schedule",
            "game_date": days(0),
            "as_of": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        },
    ),
    ("game_id", {"source": "box_scores", "game_id": "20241203_MEM"}),
    ("game_id", {"source": "box_scores", "game_id": "20241203_MEM_DAL", "game_date": "2024-12-03"}),
    ("game_id", {"source": "schedule", "game_id": "20241203_MEM_DAL"}),
    ("game_id", {"source": "box_scores", "game_id": f"{TODAY + timedelta(days=3):%Y%m%d}_MEM_DAL"}),
    ("colour", {"source": "schedule", "game_date": "2024-12-03", "colour": "red"}),
]


@pytest.mark.parametrize(("field", "body"), REFUSED)
def test_bad_input_is_refused_by_name_and_nothing_is_stored(service: Any, field: str, body: Any) -> None:
    response = service.client.post("/scrape", json=body, headers=KEY)
    problem = response.get_json()
    assert response.status_code == 422, problem
    assert response.mimetype == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["reason"]
    assert service.rows("scrape_landing") == service.rows("scrape_runs") == []
    assert service.announced.read() == []


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("game_date", "2024-13-45", "use YYYY-MM-DD, e.g. 2024-12-03"),
        ("game_date", "tomorrow", "use YYYY-MM-DD, e.g. 2024-12-03"),
        ("as_of", 1733400000, "use ISO 8601, e.g. 2024-12-03T18:00:00Z"),
        ("as_of", "1733400000", "use ISO 8601, e.g. 2024-12-03T18:00:00Z"),
        ("as_of", "noon", "use ISO 8601, e.g. 2024-12-03T18:00:00Z"),
        ("as_of", "2024-12-03T18:00:00", "add Z or an offset, e.g. 2024-12-03T18:00:00Z"),
    ],
)
def test_a_bad_time_is_refused_with_the_form_that_is_right(
    service: Any, field: str, value: str | int, remedy: str
) -> None:
    body = {"source": "schedule", "game_date": "2024-12-03", field: value}
    (error,) = service.client.post("/scrape", json=body, headers=KEY).get_json()["errors"]
    assert (error["field"], error["reason"].endswith(remedy)) == (field, True), error


def test_the_longest_span_and_the_last_date_are_allowed(service: Any) -> None:
    spans = [(days(14), days(14)), ("2023-10-01", "2024-11-03")]
    for first, last in spans:
        body = {"source": "schedule", "from_date": first, "to_date": last}
        assert service.client.post("/scrape", json=body, headers=KEY).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_a_stranger_is_sent_away(service: Any, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/scrape"), ("GET", "/scrapers")):
        response = service.client.open(path, method=method, json={}, headers=headers)
        assert response.status_code == 401
    assert service.rows("scrape_runs") == []


def test_the_sources_are_listed(service: Any) -> None:
    listed = service.client.get("/scrapers", headers=KEY).get_json()
    assert {row["source"] for row in listed} == set(SOURCES)
    assert {row["source"]: row["days_ahead"] for row in listed}["box_scores"] == 0


def test_one_game_can_be_asked_for(service: Any) -> None:
    service.load_schedule()
    game = min(service.rows("nba_schedule"), key=lambda row: (row["tip_at"], row["game_id"]))
    body = {"source": "box_scores", "game_id": game["game_id"]}
    run = service.client.post("/scrape", json=body, headers=KEY).get_json()
    assert [row["nba_game_id"] for row in service.landed(run["run_id"])] == [game["nba_game_id"]]
    body["game_id"] = "20241022_ATL_BOS"
    answer = service.client.post("/scrape", json=body, headers=KEY)
    assert answer.status_code == 409
    assert "no game 20241022_ATL_BOS" in answer.get_json()["detail"]


def test_a_workflow_runs_its_sources_and_one_that_is_not_ready_stops_no_other(service: Any) -> None:
    answer = service.client.post("/workflows/post_game", json={"game_date": "2024-10-22"}, headers=KEY)
    runs = {run["source"]: run for run in answer.get_json()["runs"]}
    assert list(runs) == list(load_pipeline().workflows["post_game"].sources)
    assert runs["schedule"]["status"] == "success"
    assert runs["box_scores"] == {
        "source": "box_scores",
        "status": "not_ready",
        "reason": "schedule not loaded: scrape source schedule first (nothing known of 2024-10-22)",
    }
    (told,) = service.announced.read()
    assert [run.producer for run in told.runs()] == ["schedule", "bdl_box_scores"]


def test_a_workflow_announces_its_runs_together(service: Any) -> None:
    answer = service.client.post(
        "/workflows/morning_operations", json={"game_date": "2024-10-22"}, headers=KEY
    )
    runs = answer.get_json()["runs"]
    (told,) = service.announced.read()
    assert [(run.producer, run.run_id, run.status) for run in told.runs()] == [
        (run["source"], run["run_id"], run["status"]) for run in runs
    ]
    assert [run.outputs[0].rows for run in told.runs()] == [run["bodies"] for run in runs]
    assert {run.span.from_date.isoformat() for run in told.runs()} == {"2024-10-22"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/workflows/nonsense", {}, "name"),
        ("/workflows/post_game", {"game_date": days(1)}, "game_date"),
        ("/workflows/post_game", {"when": "now"}, "when"),
        ("/workflows/post_game", {"game_date": "tomorrow"}, "game_date"),
        ("/workflows/post_game", {"if_due": "yes"}, "if_due"),
        ("/workflows/post_game", {"if_due": True, "as_of": "2024-12-03T18:00:00Z"}, "if_due"),
        ("/workflows/post_game", {"if_due": True, "lead_minutes": 60}, "if_due"),
    ],
)
def test_a_bad_workflow_is_refused_by_name_and_runs_nothing(
    service: Any, path: str, body: Any, field: str
) -> None:
    answer = service.client.post(path, json=body, headers=KEY)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]
    assert service.rows("scrape_runs") == []


def test_the_service_is_ready(service: Any) -> None:
    assert service.client.get("/ready", headers=KEY).status_code == 200
