"""Starting a batch: what is due, what is asked for, and what happens when it is told again."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orchestration.state import State
from predictions.coordinator.app import create_app
from predictions.systems.contract import load_contract
from shared.messages import AsOf, Phase


def test_nothing_starts_before_the_features_are_there(night: Any) -> None:
    answer = night.start()
    assert answer["outcome"] == "NOT_YET"
    assert "waits for ml_feature_store" in answer["reason"]
    assert night.requests() == []
    assert night.state() is None


def test_a_failed_feature_store_is_not_predicted_from(night: Any) -> None:
    night.add("lukadoncic")
    night.store(State.FAILED)
    assert night.start()["outcome"] == "NOT_YET"
    assert night.requests() == []


def test_a_date_without_games_is_empty_and_says_so(night: Any) -> None:
    night.event("ml_feature_store", State.EMPTY_OK, Phase.PRECOMPUTE, rows=0)
    assert night.start()["outcome"] == "DONE"
    assert (night.state().state, night.state().reason) == ("EMPTY_OK", "no games")
    (announced,) = night.announced()
    assert (announced["status"], announced["reason"]) == ("no_data", "no games")


def test_the_list_of_chunks_is_stored_before_the_first_is_asked_for(night: Any) -> None:
    night.add("lukadoncic")
    night.add("jamorant", "BOS_LAL")
    night.add("lowquality", "BOS_LAL", quality_score=62.5, missing_features=["ppm_avg_last_10"])
    night.store()
    night.start()
    stored = night.rows("prediction_requests")
    assert [(row["player_lookup"], row["status"], row["reason"]) for row in stored] == [
        ("jamorant", "REQUESTED", None),
        ("lowquality", "SKIPPED", "quality 62.5 < 70: missing ppm_avg_last_10"),
        ("lukadoncic", "REQUESTED", None),
    ]
    assert {request["batch_id"] for request in night.requests()} == {row["batch_id"] for row in stored}


def test_how_good_the_slate_is_is_logged_once_a_start(night: Any, caplog: pytest.LogCaptureFixture) -> None:
    night.add("lukadoncic", quality_score=90.0)
    night.add("jamorant", "BOS_LAL", quality_score=80.0)
    night.store()
    with caplog.at_level("INFO"):
        night.start()
    assert [line.slate_quality for line in caplog.records if hasattr(line, "slate_quality")] == [85.0]


def test_a_slate_of_which_everybody_is_skipped_closes_at_once(night: Any) -> None:
    night.add("lukadoncic", injury_status="Out")
    night.add("kyrieirving", quality_score=10.0)
    night.store()
    night.start()
    assert night.requests() == []
    assert [row["status"] for row in night.rows()] == ["SKIPPED", "SKIPPED"]
    assert night.state().state == "COMPLETE"
    (announced,) = night.announced()
    assert announced["reason"] == "all 2 players are skipped"


def test_a_repeated_start_asks_again_only_for_what_is_open(night: Any) -> None:
    night.add("lukadoncic")
    night.add("jamorant", "BOS_LAL")
    night.store()
    night.start()
    first, second = night.requests()
    night.predict(first)
    night.start()
    assert [request["game_id"] for request in night.requests()] == [second["game_id"]]
    assert len(night.rows("prediction_requests")) == 2


def test_a_copy_of_a_message_asks_for_nothing_unless_its_first_may_have_been_lost_halfway(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    message, copy = night.message(), f"{night.day}-copied"
    assert night.post("/process", message, copy_of=copy).get_json()["outcome"] == "DONE"
    (asked,) = night.requests()
    answer = night.post("/process", message, attempt=2, copy_of=copy).get_json()
    assert (answer["outcome"], answer["reason"]) == ("DONE", "this message has been handled already")
    assert night.requests() == []
    # A process that knows nothing of the first delivery cannot know that it got as far as asking.
    night.services = replace(night.services, coordinator=create_app(night.platform.settings).test_client())
    night.post("/process", message, attempt=2, copy_of=copy)
    assert [each["game_id"] for each in night.requests()] == [asked["game_id"]]


def test_a_message_that_came_too_early_is_handled_when_it_comes_again(night: Any) -> None:
    night.add("lukadoncic")
    message, copy = night.message(), f"{night.day}-early"
    assert night.post("/process", message, copy_of=copy).get_json()["outcome"] == "NOT_YET"
    night.store()
    assert night.post("/process", message, attempt=2, copy_of=copy).get_json()["outcome"] == "DONE"
    assert len(night.requests()) == 1


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("given_up", [1, 2])
def test_a_retry_asks_for_each_chunk_once_and_announces_no_end_yet(
    night: Any, given_up: int, newer: bool
) -> None:
    night.add("lukadoncic")
    night.add("jamorant", "BOS_LAL")
    night.store()
    night.start()
    asked = night.requests()
    for request in asked[:given_up]:
        source = {"CloudPubSubDeadLetterSourceSubscription": "worker-on-request"}
        assert night.post("/dead-letters", request, **source).status_code == 200
    night.complete(*night.predict(*asked[given_up:]))
    assert night.state().state == ("FAILED" if given_up == 2 else "DEGRADED")
    night.announced()
    if newer:
        night.newer()
        night.store()

    message = night.message().model_copy(update={"retry": True})
    assert night.post("/process", message).get_json()["outcome"] == "DONE"
    again = night.requests()
    assert sorted(request["game_id"] for request in again) == [night.game("BOS_LAL"), night.game()]
    assert {request["batch_id"] for request in again} != {asked[0]["batch_id"]}
    assert night.announced() == []
    night.complete(*night.predict(*again))
    assert night.state().state == "COMPLETE"


def test_a_retry_leaves_dates_that_need_none_as_they_are(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.run()
    message = night.message().model_copy(update={"retry": True})
    assert night.post("/process", message).get_json()["reason"] == "predicted on the newest inputs already"
    assert night.requests() == []


def test_a_start_after_the_end_announces_the_end_again(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.run()
    (first,) = night.announced()
    answer = night.start()
    assert answer["outcome"] == "DONE"
    assert night.requests() == []
    (second,) = night.announced()
    volatile = ("produced_at", "correlation_id", "cause")
    assert {k: v for k, v in first.items() if k not in volatile} == {
        k: v for k, v in second.items() if k not in volatile
    }


def test_newer_features_make_a_newer_batch_and_supersede_the_open_one(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.start()
    (old,) = night.requests()
    night.newer()
    night.players.clear()
    night.add("lukadoncic", points_avg_last_5=30.0)
    night.store()
    night.start()
    (new,) = night.requests()
    assert new["batch_id"] > old["batch_id"]
    assert night.states(f"chunk/{old['batch_id']}/") == {
        f"chunk/{old['batch_id']}/{old['game_id']}": "SUPERSEDED"
    }
    assert night.predict(old) == []
    night.complete(*night.predict(new))
    (row,) = night.rows()
    assert row["predicted_points"] == 27.0


def test_an_older_batch_never_closes_over_a_newer_one(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.start()
    old_ready = night.predict(*night.requests())
    night.newer()
    night.players.clear()
    night.add("lukadoncic", points_avg_last_5=30.0)
    night.store()
    night.run()
    (answer,) = night.complete(*old_ready)
    assert "superseded" in answer["reason"]
    assert [row["predicted_points"] for row in night.rows()] == [27.0]
    assert len({row["batch_id"] for row in night.rows("prediction_history")}) == 1


def test_both_batches_that_closed_are_in_the_history(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.run()
    night.newer()
    night.store()
    night.run()
    assert len(night.rows()) == 1
    assert len({row["batch_id"] for row in night.rows("prediction_history")}) == 2


def test_a_game_that_has_begun_is_left_as_it_was(night: Any) -> None:
    early, late = "MEM_DAL", "BOS_LAL"
    night.add("lukadoncic", early)
    night.add("jamorant", late, tip_at=night.tip.replace(hour=3))
    night.store()
    before = {row["player_lookup"]: row for row in night.run()}

    night.newer()
    for player in night.players:
        player["points_avg_last_5"] = 30.0
    night.store()
    after_first_tip = AsOf(as_of=night.tip.replace(hour=1))
    night.start(after_first_tip)
    (request,) = night.requests()
    assert request["game_id"] == night.game(late)
    night.complete(*night.predict(request))

    after = {row["player_lookup"]: row for row in night.rows()}
    assert after["lukadoncic"] == before["lukadoncic"]
    assert after["jamorant"]["predicted_points"] == 27.0
    assert night.state().rows_stored == 2


def test_when_every_game_has_begun_the_predictions_stand(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    before = night.run()
    night.newer()
    night.store()
    answer = night.start(AsOf(as_of=night.tip.replace(hour=6)))
    assert answer["outcome"] == "DONE"
    assert night.requests() == []
    assert night.rows() == before
    state = night.state()
    assert (state.state, state.rows_stored, state.generation) == ("COMPLETE", 1, night.generation)


def test_a_start_after_the_games_is_no_success_and_says_how_to_replay_the_date(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.load("nba_schedule", [night.schedule()])
    client, key = night.services.coordinator, {"X-API-Key": "first-test-key"}
    body = {"game_date": night.day.isoformat(), "as_of": night.tip.replace(hour=6).isoformat()}
    first = client.post("/start", json=body, headers=key)
    assert first.status_code == 409, first.text
    assert f"every game of {night.day} has begun, so nobody was asked for" in first.get_json()["detail"]
    assert night.state().state == "FAILED"
    again = client.post("/start", json=body, headers=key)
    assert again.status_code == 409, again.text
    assert f"{night.day} has failed on its newest inputs: every game has begun" in again.get_json()["detail"]
    for refused in (first, again):
        assert "force" in refused.get_json()["detail"]
        assert "lead_minutes" in refused.get_json()["detail"]
    assert night.requests() == []
    replay = {"game_date": night.day.isoformat(), "lead_minutes": 60, "force": True}
    assert client.post("/start", json=replay, headers=key).get_json()["outcome"] == "DONE"
    night.complete(*night.predict(*night.requests()))
    assert night.state().state == "COMPLETE"


def test_a_start_of_a_date_without_games_is_done(night: Any) -> None:
    night.event("ml_feature_store", State.EMPTY_OK, Phase.PRECOMPUTE, rows=0)
    body, key = {"game_date": night.day.isoformat()}, {"X-API-Key": "first-test-key"}
    answer = night.services.coordinator.post("/start", json=body, headers=key)
    assert (answer.status_code, answer.get_json()["outcome"]) == (202, "DONE")


def test_games_that_end_before_the_last_news_is_in_are_graded_on_it(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.run()
    night.finish_games([night.box("lukadoncic", 30)])
    night.grade()
    night.newer()
    night.store()
    night.start(AsOf(as_of=night.tip.replace(hour=6)))
    assert night.state("prediction_accuracy").generation == night.generation
    assert len(night.rows("prediction_accuracy")) == 1


def test_an_open_batch_is_still_closed_after_its_games_began(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.start()
    (request,) = night.requests()
    night.newer()
    night.store()
    night.start(AsOf(as_of=night.tip.replace(hour=6)))
    (again,) = night.requests()
    assert again["batch_id"] == request["batch_id"]
    night.complete(*night.predict(again))
    assert len(night.rows()) == 1
    assert night.state().generation == night.generation


def test_an_open_chunk_of_a_game_that_has_begun_is_not_lost_to_newer_news_of_the_others(night: Any) -> None:
    night.add("lukadoncic")
    night.add("jamorant", "BOS_LAL", tip_at=night.tip.replace(hour=3))
    night.store()
    night.start()
    asked = night.requests()
    night.newer()
    night.store()
    for _ in range(2):
        night.start(AsOf(as_of=night.tip.replace(hour=1)))
        assert {request["batch_id"] for request in night.requests()} == {asked[0]["batch_id"]}
        assert night.states("chunk/") == {}
    assert (night.state().state, night.state().generation) == ("RUNNING", night.generation)
    night.complete(*night.predict(*asked))
    assert {(row["player_lookup"], row["status"]) for row in night.rows()} == {
        ("lukadoncic", "PREDICTED"),
        ("jamorant", "PREDICTED"),
    }
    assert night.state().generation == night.generation


def test_a_batch_that_closes_at_once_after_the_games_is_graded_at_once(night: Any) -> None:
    night.add("lukadoncic", injury_status="Out")
    night.store()
    night.finish_games([night.box("jamorant", 8)])
    assert night.grade()["outcome"] == "NOT_YET"
    night.start()
    assert night.state("prediction_accuracy").state == "EMPTY_OK"


def test_games_taken_off_the_slate_lose_their_predictions(night: Any) -> None:
    night.add("lukadoncic")
    night.add("jamorant", "BOS_LAL")
    night.store()
    night.run()
    night.newer()
    night.players = [player for player in night.players if player["player_lookup"] == "jamorant"]
    night.store()
    night.run()
    assert [row["player_lookup"] for row in night.rows()] == ["jamorant"]
    night.newer()
    night.event("ml_feature_store", State.EMPTY_OK, Phase.PRECOMPUTE, rows=0)
    night.start()
    assert night.rows() == []
    assert night.state().state == "EMPTY_OK"


def test_a_replay_predicts_games_long_over(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.start(AsOf(lead_minutes=60))
    (request,) = night.requests()
    assert request["knowledge"]["lead_minutes"] == 60
    night.complete(*night.predict(request))
    assert [row["status"] for row in night.rows()] == ["PREDICTED"]


def test_a_span_of_dates_starts_each_that_is_due(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    message = night.message()
    span = message.span.model_copy(update={"to_date": night.day + timedelta(days=300)})
    answer = night.post("/process", message.model_copy(update={"span": span})).get_json()
    assert answer["outcome"] == "DONE"
    assert len(night.requests()) == 1
    assert str(night.day + timedelta(days=300)) in answer["waiting"]
    assert str(night.day) not in answer["waiting"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_store_in_another_version_is_refused_with_both_names(night: Any, version: str) -> None:
    night.add("lukadoncic", feature_version=version)
    night.store()
    answer = night.start()
    assert answer["outcome"] == "PERMANENT"
    assert f"no {load_contract().feature_version} rows for {night.day}" in answer["reason"]
    assert night.requests() == []
    assert night.state().state == "FAILED"
    assert [message["status"] for message in night.announced()] == ["failed"]


def test_an_operator_can_force_a_date_again(night: Any) -> None:
    night.add("lukadoncic")
    night.store()
    night.run()
    before = night.stable_rows()
    body = {"game_date": night.day.isoformat(), "as_of": night.morning.as_of.isoformat()}
    client, key = night.services.coordinator, {"X-API-Key": "first-test-key"}
    unforced = client.post("/start", json=body, headers=key)
    assert (unforced.status_code, night.requests()) == (202, [])
    assert client.post("/start", json={**body, "force": True}, headers=key).status_code == 202
    (request,) = night.requests()
    assert request["batch_id"].endswith("-2")
    night.complete(*night.predict(request))
    assert night.stable_rows() == before
    assert {row["batch_id"] for row in night.rows()} == {request["batch_id"]}


def test_two_starts_at_the_same_moment_make_one_batch(night: Any) -> None:
    night.add("lukadoncic")
    night.add("jamorant", "BOS_LAL")
    night.store()
    threads = [threading.Thread(target=night.start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    requests = night.requests()
    assert len(night.rows("prediction_requests")) == 2
    assert len({request["batch_id"] for request in requests}) == 1
    assert {request["game_id"] for request in requests} == {night.game(), night.game("BOS_LAL")}
    night.complete(*night.predict(*requests))
    assert len(night.rows()) == 2


def test_degraded_mode_goes_on_past_a_failed_store_and_says_so(night: Any) -> None:
    night.add("lukadoncic")
    night.store(State.FAILED)
    lenient = night.platform.settings.model_copy(update={"ALLOW_DEGRADED_MODE": True})
    night.services = replace(night.services, coordinator=create_app(lenient).test_client())
    assert [row["status"] for row in night.run()] == ["PREDICTED"]
    assert night.state().state == "DEGRADED"
    assert [message["status"] for message in night.announced()] == ["partial"]
