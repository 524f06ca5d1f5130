"""How batches stand, and what is done about those that nobody answers to."""

from dataclasses import replace
from typing import Any

import pytest

from orchestration.state import State
from predictions.coordinator.stalled import MAX_ASKS
from predictions.systems.registry import without_model
from predictions.worker.app import create_app

KEY = {"X-API-Key": "first-test-key"}


def get(night: Any, path: str, **query: Any) -> Any:
    return night.services.coordinator.get(path, query_string=query, headers=KEY)


def order(night: Any, path: str, **body: Any) -> Any:
    body = {"game_date": night.day.isoformat(), **body}
    response = night.services.coordinator.post(path, json=body, headers=KEY)
    assert response.status_code in (200, 202), response.text
    return response.get_json()


def check_stalled(night: Any, **body: Any) -> Any:
    return order(night, "/check-stalled", **{"older_than_minutes": 0, **body})["batches"]


def two_games(night: Any) -> list[dict[str, Any]]:
    night.add("lukadoncic", lines=[night.line()])
    night.add("jamorant", "BOS_LAL")
    night.add("kyrieirving", injury_status="Doubtful")
    night.add("rookie", quality_score=40.0)
    night.store()
    night.start()
    return night.requests()


def test_a_batch_says_how_each_chunk_stands(night: Any) -> None:
    first, second = two_games(night)
    night.complete(*night.predict(first))
    body = get(night, f"/batches/{first['batch_id']}").get_json()
    assert (body["state"], body["asked"], body["skipped"]) == ("RUNNING", 2, {"injury": 1, "quality": 1})
    assert body["started_at"] > night.morning.as_of.isoformat()
    assert body["ended_at"] is None
    assert body["systems"] == "all"
    done, waiting = body["chunks"]
    assert (done["game_id"], done["state"], done["rows"]) == (first["game_id"], "COMPLETE", 1)
    assert (waiting["game_id"], waiting["state"], waiting["attempt"]) == (second["game_id"], "RUNNING", 1)

    night.complete(*night.predict(second))
    body = get(night, f"/batches/{first['batch_id']}").get_json()
    assert (body["state"], body["chunk_states"], body["rows_of_the_date"]) == ("COMPLETE", {"COMPLETE": 2}, 4)
    assert body["ended_at"] > body["started_at"]


def test_a_dates_batches_are_listed_newest_first(night: Any) -> None:
    (old, _) = two_games(night)
    night.newer()
    night.store()
    night.start()
    (new, *_) = night.requests()
    page = get(night, "/batches", game_date=night.day.isoformat()).get_json()
    found = [(row["batch_id"], row["state"], row["superseded_by"]) for row in page["rows"]]
    assert found == [
        (new["batch_id"], "RUNNING", None),
        (old["batch_id"], "SUPERSEDED", new["batch_id"]),
    ]
    assert page["count"] == 2


def test_an_unknown_batch_is_not_found_and_the_remedy_is_named(night: Any) -> None:
    response = get(night, f"/batches/{night.day:%Y%m%d}-1733200000000000")
    assert response.status_code == 404
    assert f"/batches?game_date={night.day}" in response.get_json()["detail"]


def test_a_batch_counts_in_its_answer_whom_it_asks_for_and_whom_it_skips(night: Any) -> None:
    night.add("lukadoncic")
    night.add("jamorant", minutes_avg_last_10=5.0, has_vegas_line=0)
    night.add("kyrieirving", injury_status="Out")
    night.add("rookie", quality_score=40.0)
    night.store()
    answer = order(night, "/start", min_minutes=15, as_of=night.morning.as_of.isoformat())
    assert (answer["asked"], answer["skipped"]) == (1, {"injury": 1, "minutes": 1, "quality": 1})
    night.complete(*night.predict(*night.requests()))
    rows = {row["player_lookup"]: (row["status"], row["reason"]) for row in night.rows()}
    assert rows["jamorant"] == ("SKIPPED", "minutes 5.0 < 15 over his last 10 games, and no line")
    assert rows["lukadoncic"][0] == "PREDICTED"


def test_the_systems_of_a_batch_go_with_every_request_for_it(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    order(night, "/start", systems=["moving_average"], as_of=night.morning.as_of.isoformat())
    (asked,) = night.requests()
    night.start()
    (again,) = night.requests()
    check_stalled(night)
    (stalled,) = night.requests()
    assert asked["systems"] == again["systems"] == stalled["systems"] == ["moving_average"]
    assert [row["systems"] for row in night.rows("prediction_requests")] == [["moving_average"]]
    assert get(night, f"/batches/{asked['batch_id']}").get_json()["systems"] == ["moving_average"]


def test_a_selection_that_comes_too_late_is_refused_until_it_is_forced(night: Any) -> None:
    two_games(night)
    body = {"game_date": night.day.isoformat(), "systems": ["moving_average"]}
    response = night.services.coordinator.post("/start", json=body, headers=KEY)
    assert response.status_code == 409
    assert "force" in response.get_json()["detail"]
    assert night.requests() == []
    order(night, "/start", systems=["moving_average"], force=True, as_of=night.morning.as_of.isoformat())
    assert {request["batch_id"][-2:] for request in night.requests()} == {"-2"}


@pytest.fixture
def by_three_systems(night: Any) -> Any:
    """A date that every formula has predicted."""
    settings = night.platform.settings.model_copy(update={"SERVICE": "worker"})
    night.services = replace(night.services, worker=create_app(settings, without_model()).test_client())
    zones = {"pct_paint": 0.4, "pct_mid_range": 0.2, "pct_three": 0.4, "pct_free_throw": 0.2}
    night.add("lukadoncic", lines=[night.line(), night.line(19.5, "fanduel")], **zones)
    night.add("kyrieirving", injury_status="Out")
    night.store()
    night.run()
    return night


def test_a_batch_of_some_systems_leaves_the_rows_of_the_others(by_three_systems: Any) -> None:
    night, some = by_three_systems, {"systems": ["similarity"], "force": True}
    before = {row["system_id"]: row["batch_id"] for row in night.rows()}
    stable = night.stable_rows()
    for attempt in ("-2", "-3"):
        order(night, "/start", **some, as_of=night.morning.as_of.isoformat())
        night.complete(*night.predict(*night.requests()))
        found = {row["system_id"]: row["batch_id"] for row in night.rows()}
        assert found == {**before, **dict.fromkeys(("similarity", "none"), before["none"] + attempt)}
        assert night.stable_rows() == stable
    assert night.state().rows_stored == len(stable) == 3 * 2 + 1


def test_some_systems_alone_are_not_predicted_on_newer_inputs(by_three_systems: Any) -> None:
    """The rows of the others would rest on what is no longer so."""
    night = by_three_systems
    stable = night.stable_rows()
    night.newer()
    night.store()
    body = {"game_date": night.day.isoformat(), "systems": ["similarity"], "force": True}
    response = night.services.coordinator.post("/start", json=body, headers=KEY)
    assert response.status_code == 409
    assert "start it once with every system" in response.get_json()["detail"]
    assert (night.requests(), night.stable_rows()) == ([], stable)


def test_a_batch_that_is_answered_in_time_is_left_alone(night: Any) -> None:
    two_games(night)
    (batch,) = check_stalled(night, older_than_minutes=10)
    assert (batch["asked_again"], batch["given_up"], batch["closed"]) == ({}, [], False)
    assert sorted(batch["waiting"]) == [night.game("BOS_LAL"), night.game()]
    assert night.requests() == []


def test_what_nobody_answers_to_is_asked_for_again_and_given_up_in_the_end(night: Any) -> None:
    first, second = two_games(night)
    night.complete(*night.predict(first))
    for attempt in range(2, MAX_ASKS + 1):
        (batch,) = check_stalled(night)
        assert batch["asked_again"] == {second["game_id"]: attempt}
        (request,) = night.requests()
        assert (request["game_id"], request["batch_id"]) == (second["game_id"], second["batch_id"])
    (batch,) = check_stalled(night)
    assert (batch["given_up"], batch["closed"]) == ([second["game_id"]], True)
    assert night.requests() == []
    assert check_stalled(night) == []

    rows = {row["player_lookup"]: row for row in night.rows()}
    assert rows["jamorant"]["status"] == "PREDICTED"
    assert rows["lukadoncic"]["status"] == "FAILED"
    assert rows["lukadoncic"]["reason"].startswith(f"asked for {MAX_ASKS} times")
    assert night.state().state is State.DEGRADED
    chunk = get(night, f"/batches/{first['batch_id']}").get_json()["chunks"][1]
    assert (chunk["state"], chunk["attempt"]) == ("FAILED", MAX_ASKS)


def test_an_answer_to_the_second_request_closes_the_batch(night: Any) -> None:
    two_games(night)
    check_stalled(night)
    night.complete(*night.predict(*night.requests()))
    assert night.state().state is State.COMPLETE
    assert check_stalled(night) == []


def test_a_batch_whose_last_ready_message_was_lost_is_closed(night: Any) -> None:
    night.predict(*two_games(night))
    (waiting,) = check_stalled(night, older_than_minutes=10)
    assert waiting["closed"] is False
    (batch,) = check_stalled(night)
    assert batch["closed"] is True
    assert len(night.rows()) == 4


def test_only_the_newest_batch_of_a_date_is_looked_after(night: Any) -> None:
    two_games(night)
    night.newer()
    night.store()
    night.start()
    newest = {request["batch_id"] for request in night.requests()}
    assert {batch["batch_id"] for batch in check_stalled(night)} == newest


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"game_date": "december"}, "game_date"),
        ({"older_than_minutes": -1}, "older_than_minutes"),
        ({"stall_threshold_minutes": 10}, "stall_threshold_minutes"),
    ],
)
def test_a_bad_check_names_the_field(services: Any, body: dict[str, Any], field: str) -> None:
    response = services.coordinator.post("/check-stalled", json=body, headers=KEY)
    assert response.status_code == 422
    assert field in response.get_json()["detail"]


def test_without_a_date_today_and_yesterday_are_looked_at(services: Any) -> None:
    response = services.coordinator.post("/check-stalled", json={}, headers=KEY)
    assert (response.status_code, response.get_json()["batches"]) == (200, [])
