"""Closing a batch: one attempt of each chunk, whatever comes late, twice, out of order, or not at all."""

import threading
from typing import Any

from orchestration.state import State
from predictions.coordinator.batch import OUTPUT
from predictions.systems.contract import load_contract
from shared.messages import Phase

SOURCE = "projects/nba-local/subscriptions/worker-on-request"


def two_games(night: Any) -> list[dict[str, Any]]:
    night.add("lukadoncic", lines=[night.line()])
    night.add("jamorant", "BOS_LAL")
    night.store()
    night.start()
    return night.requests()


def dead_letter(night: Any, body: Any) -> dict[str, Any]:
    attributes = {
        "CloudPubSubDeadLetterSourceSubscription": "worker-on-request",
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
        "CloudPubSubDeadLetterSourceTopicPublishTime": "2024-12-03T15:00:00.000Z",
    }
    response = night.post("/dead-letters", body, **attributes)
    assert response.status_code == 200, response.text
    return response.get_json()


def letters(night: Any, text: str) -> list[dict[str, Any]]:
    sql = "SELECT * FROM nba_orchestration.dead_letters WHERE CONTAINS_SUBSTR(payload, @text)"
    return night.platform.warehouse.rows(sql, text=text)


def test_nothing_is_in_place_while_a_chunk_is_open(night: Any) -> None:
    first, _ = two_games(night)
    (answer,) = night.complete(*night.predict(first))
    assert answer["outcome"] == "NOT_YET"
    assert answer["open_chunks"] == [night.game("MEM_DAL")]
    assert night.rows() == []
    assert night.announced() == []


def test_ready_messages_in_any_order_close_the_batch_once(night: Any) -> None:
    first, second = two_games(night)
    ready_first, ready_second = night.predict(first), night.predict(second)
    outcomes = [a["outcome"] for a in night.complete(*ready_second, *ready_first, *ready_second)]
    # The first to end saw the second open, so whenever it comes it closes nothing.
    assert outcomes == ["DONE", "NOT_YET", "DONE"]
    assert len(night.rows()) == 2


def test_exactly_one_attempt_of_a_chunk_is_taken(night: Any) -> None:
    (request, other) = two_games(night)
    ready = night.predict(request, other)
    # A second worker that was given the same request at the same moment stages an attempt of its own.
    staged = night.rows("prediction_staging")
    night.platform.warehouse.load("prediction_staging", [{**row, "attempt_id": "second"} for row in staged])
    night.complete(*ready)
    assert len(night.rows("prediction_staging")) == 4
    assert len(night.rows()) == 2


def test_ready_messages_at_the_same_moment_give_one_table(night: Any) -> None:
    ready = night.predict(*two_games(night))
    threads = [threading.Thread(target=night.post, args=("/complete", each)) for each in ready * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(night.rows()) == 2
    assert len(night.rows("prediction_history")) == 2
    assert night.state().state == "COMPLETE"
    events = night.platform.warehouse.read("pipeline_events", ["output", "state"], night.day, night.day)
    ends = [e for e in events.to_pylist() if e == {"output": OUTPUT, "state": "COMPLETE"}]
    assert len(ends) == 1, "whoever comes second finds it closed"


def test_a_chunk_that_can_never_succeed_ends_as_rows_with_the_reason(night: Any) -> None:
    first, second = two_games(night)
    store = [row for row in night.players if row["player_lookup"] != "lukadoncic"]
    features = [{k: v for k, v in row.items() if k != "lines"} for row in store]
    night.load("ml_feature_store", features)  # the store has lost a game since it was asked for
    response = night.post("/predict", second)
    assert (response.status_code, response.get_json()["outcome"]) == (200, "PERMANENT")
    (failed,) = night.readies()
    assert failed["status"] == "failed"
    night.complete(failed, *night.predict(first))

    rows = {row["player_lookup"]: row for row in night.rows()}
    assert (rows["lukadoncic"]["status"], rows["lukadoncic"]["system_id"]) == ("FAILED", "none")
    assert f"no {load_contract().feature_version} rows" in rows["lukadoncic"]["reason"]
    assert rows["jamorant"]["status"] == "PREDICTED"
    assert night.state().state == "DEGRADED"
    for announced in night.announced():
        assert announced["status"] == "partial"
        assert "1 of 2 chunks failed" in announced["reason"]
    assert len(letters(night, second["batch_id"])) == 1


def test_a_message_that_ran_out_of_attempts_ends_its_chunk_and_the_batch_closes(night: Any) -> None:
    first, second = two_games(night)
    night.complete(*night.predict(first))
    assert dead_letter(night, second)["outcome"] == "DONE"
    rows = {row["player_lookup"]: row for row in night.rows()}
    assert rows["lukadoncic"]["status"] == "FAILED"
    assert rows["lukadoncic"]["reason"].startswith("worker-on-request gave up after 5 attempts")
    (letter,) = letters(night, second["game_id"])
    assert (letter["origin"], letter["error_type"]) == ("worker-on-request", "DeliveryAttemptsExhausted")


def test_a_dead_letter_does_not_undo_a_chunk_that_succeeded(night: Any) -> None:
    first, second = two_games(night)
    ready = night.predict(first, second)
    dead_letter(night, second)
    night.complete(*ready)
    assert {row["status"] for row in night.rows()} == {"PREDICTED"}


def test_a_chunk_that_succeeds_after_it_was_given_up_heals_the_date(night: Any) -> None:
    first, second = two_games(night)
    night.complete(*night.predict(first))
    dead_letter(night, second)
    night.complete(*night.predict(second))
    assert {row["status"] for row in night.rows()} == {"PREDICTED"}
    assert night.state().state == "COMPLETE"
    assert [message["status"] for message in night.announced()] == ["partial", "success"]


def test_a_batch_of_which_every_chunk_failed_is_no_success(night: Any) -> None:
    for request in two_games(night):
        dead_letter(night, request)
    assert {row["status"] for row in night.rows()} == {"FAILED"}
    assert night.state().state == "FAILED"
    assert [message["status"] for message in night.announced()] == ["failed"]


def test_a_newer_batch_that_fails_after_the_tip_does_not_erase_what_was_predicted(night: Any) -> None:
    night.add("doncicout", injury_status="Out")
    first, second = two_games(night)
    night.complete(*night.predict(first, second))
    before = {row["player_lookup"]: row for row in night.rows()}
    night.newer()
    night.store()
    night.start()
    first, second = night.requests()
    night.complete(*night.predict(first))
    for _ in range(2):
        dead_letter(night, second)  # the games are long over by the real clock
    after = {row["player_lookup"]: row for row in night.rows()}
    own = ("generation", "run_id", "written_at")
    for name in ("lukadoncic", "doncicout"):
        assert {k: v for k, v in after[name].items() if k not in own} == {
            k: v for k, v in before[name].items() if k not in own
        }
    assert after["jamorant"]["batch_id"] == first["batch_id"]
    assert len(after) == 3
    assert (night.state().state, night.state().rows_stored) == ("DEGRADED", 3)
    assert "what was predicted before stands" in night.state().reason


def test_a_game_of_which_nothing_was_predicted_yet_says_why_it_failed(night: Any) -> None:
    first, second = two_games(night)
    dead_letter(night, first)
    dead_letter(night, second)
    assert [row["status"] for row in night.rows()] == ["FAILED", "FAILED"]
    assert night.state().state == "FAILED"


def test_any_dead_letter_is_recorded_and_taken_once(night: Any) -> None:
    for body in (night.message(), {"anything": f"at all {night.day}"}):
        assert dead_letter(night, body)["outcome"] == "DONE"
    assert len(letters(night, f"at all {night.day}")) == 1
    envelope = {"message": {"data": "/w==", "messageId": f"bytes-{night.day}"}, "subscription": "dead"}
    for _ in range(2):
        response = night.services.coordinator.post(
            "/dead-letters", json=envelope, headers={"X-API-Key": "first-test-key"}
        )
        assert response.status_code == 200
    sql = "SELECT COUNT(*) AS n FROM nba_orchestration.dead_letters WHERE message_id = @id"
    assert night.platform.warehouse.rows(sql, id=f"bytes-{night.day}")[0]["n"] == 1


def test_a_body_that_is_no_envelope_is_refused(night: Any) -> None:
    response = night.services.coordinator.post(
        "/dead-letters", json={"no": "envelope"}, headers={"X-API-Key": "first-test-key"}
    )
    assert response.status_code == 400


def test_a_ready_message_of_an_unknown_batch_is_a_dead_letter(night: Any) -> None:
    ready = {
        "schema_version": 1,
        "correlation_id": "c",
        "batch_id": f"{night.day:%Y%m%d}-1733200000000000",
        "game_date": night.day.isoformat(),
        "game_id": night.game(),
        "status": "success",
        "rows": 1,
    }
    (answer,) = night.complete(ready)
    assert answer["outcome"] == "PERMANENT"
    assert "no batch" in answer["reason"]


def test_staged_rows_that_have_gone_missing_are_noticed_before_anything_is_replaced(night: Any) -> None:
    ready = night.predict(*two_games(night))
    sql = "DELETE FROM nba_predictions.prediction_staging WHERE game_date = @day AND game_id = @game"
    night.platform.warehouse.run(sql, day=night.day, game=night.game())
    (answer,) = night.complete(ready[-1])
    assert answer["outcome"] == "PERMANENT"
    assert "chunks staged 2 rows but 1 are there" in answer["reason"]
    assert night.state().state == "FAILED"
    assert night.rows() == []
    assert [message["status"] for message in night.announced()] == ["failed"]


def test_predictions_that_close_after_the_games_are_graded_at_once(night: Any) -> None:
    first, second = two_games(night)
    games = [night.schedule(), night.schedule("BOS_LAL")]
    night.finish_games([night.box("lukadoncic", 30), night.box("jamorant", 8, "BOS_LAL")], games)
    assert night.grade()["outcome"] == "NOT_YET"
    night.complete(*night.predict(first, second))
    assert len(night.rows("prediction_accuracy")) == 2


def test_a_prediction_that_breaks_a_check_ends_the_date_as_failed(night: Any) -> None:
    night.add("lukadoncic", lines=[night.line()])
    night.store()
    night.start()
    ready = night.predict(*night.requests())
    late = "UPDATE nba_predictions.prediction_staging SET snapshot_at = tip_at WHERE game_date = @day"
    night.platform.warehouse.run(late, day=night.day)
    (answer,) = night.complete(*ready)
    assert answer["outcome"] == "PERMANENT"
    assert "no line is later than the cutoff" in answer["reason"]
    assert night.state().state == State.FAILED
    assert night.rows("prediction_history") == [], "a batch that could not be closed is no source of rows"
    assert [message["status"] for message in night.announced()] == ["failed"]
    assert night.states("prediction_accuracy") == {}
    assert night.state("ml_feature_store").state == State.COMPLETE
    assert Phase.PREDICTIONS == "predictions"
