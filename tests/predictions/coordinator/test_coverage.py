"""Predictions are complete only when every game of the schedule has them; no later order makes them so."""

from typing import Any

import pytest

from orchestration.state import Event, State
from predictions.coordinator.batch import OUTPUT
from predictions.coordinator.checks import check_dates
from predictions.coordinator.coverage import read_coverage
from predictions.coordinator.finish import Origin
from predictions.coordinator.handlers import Coordinator
from shared.messages import AsOf, Phase

EARLY, LATE = "MEM_DAL", "BOS_LAL"
KEY = {"X-API-Key": "first-test-key"}


def after_first_tip(night: Any) -> AsOf:
    return AsOf(as_of=night.tip.replace(hour=1))


def after_last_tip(night: Any) -> AsOf:
    return AsOf(as_of=night.tip.replace(hour=6))


def two_tips(night: Any) -> None:
    """A game at half past midnight UTC, somebody of which is out as nearly always, and one at three."""
    night.add("lukadoncic", EARLY)
    night.add("kyrieirving", EARLY, injury_status="Out")
    night.add("jamorant", LATE, tip_at=night.tip.replace(hour=3))
    night.store()


def give_up(night: Any, request: dict[str, Any]) -> None:
    attributes = {"CloudPubSubDeadLetterSourceSubscription": "worker-on-request"}
    assert night.post("/dead-letters", request, **attributes).status_code == 200


def retry(night: Any, knowledge: AsOf) -> dict[str, Any]:
    """Phase 4 says once more what it has made, as after a dead letter was replayed."""
    message = night.message(knowledge=knowledge).model_copy(update={"retry": True})
    response = night.post("/process", message)
    assert response.status_code == 200, response.text
    return response.get_json()


def force(night: Any, knowledge: AsOf) -> None:
    """An operator asks once more for a date of which every game has begun."""
    body = {"game_date": night.day.isoformat(), "force": True, "as_of": knowledge.as_of.isoformat()}
    response = night.services.coordinator.post("/start", json=body, headers=KEY)
    assert response.status_code == 409, response.text
    assert "so nobody was asked for" in response.get_json()["detail"]


def figures(night: Any) -> tuple[State, int, int]:
    state = night.state()
    return state.state, state.games, state.games_expected


def ends(night: Any) -> int:
    """How often the date's predictions have ended."""
    events = night.platform.warehouse.read("pipeline_events", ["output", "state"], night.day, night.day)
    return sum(each["output"] == OUTPUT and each["state"] != "RUNNING" for each in events.to_pylist())


def test_a_batch_of_the_open_games_does_not_hide_that_another_began_without_predictions(night: Any) -> None:
    two_tips(night)
    night.start()
    late, early = night.requests()
    give_up(night, early)
    night.complete(*night.predict(late))
    assert figures(night) == (State.DEGRADED, 1, 2)

    night.newer()
    night.store()
    night.start(after_first_tip(night))
    (late,) = night.requests()
    assert late["game_id"] == night.game(LATE)
    night.complete(*night.predict(late))
    state = night.state()
    assert state.generation == night.generation
    assert figures(night) == (State.DEGRADED, 1, 2)
    assert f"1 of 2 games are covered: {night.game(EARLY)}: worker-on-request gave up" in state.reason
    assert night.game(LATE) not in state.reason
    announced = night.announced()[-1]
    (output,) = announced["outputs"]
    assert (announced["status"], output["games"], output["games_expected"]) == ("partial", 1, 2)


def test_features_that_come_after_a_tip_leave_that_game_named_as_missing(night: Any) -> None:
    two_tips(night)
    night.start(after_first_tip(night))
    night.complete(*night.predict(*night.requests()))
    assert {row["game_id"] for row in night.rows()} == {night.game(LATE)}
    assert figures(night) == (State.DEGRADED, 1, 2)
    assert night.state().reason == f"1 of 2 games are covered: {night.game(EARLY)}: nobody was asked for"


def test_a_slate_of_skips_that_lacks_a_game_says_both(night: Any) -> None:
    night.add("lukadoncic", EARLY)
    night.add("jamorant", LATE, tip_at=night.tip.replace(hour=3), quality_score=10.0)
    night.store()
    night.start(after_first_tip(night))
    assert figures(night) == (State.DEGRADED, 1, 2)
    assert night.state().reason.startswith("all 1 players are skipped; 1 of 2 games are covered")


def test_a_game_of_which_everybody_is_skipped_is_covered(night: Any) -> None:
    night.add("lukadoncic", EARLY)
    night.add("jamorant", LATE, injury_status="Out")
    night.add("rookie", LATE, quality_score=40.0)
    night.store()
    night.run()
    assert figures(night) == (State.COMPLETE, 2, 2)
    assert night.state().reason is None


def test_a_postponed_game_is_not_missing(night: Any) -> None:
    night.add("lukadoncic", EARLY)
    night.store()
    night.load("nba_schedule", [night.schedule(EARLY, "SCHEDULED"), night.schedule(LATE, "POSTPONED")])
    night.run()
    assert figures(night) == (State.COMPLETE, 1, 1)


def test_a_game_whose_older_rows_stand_is_covered_though_its_chunk_failed(night: Any) -> None:
    two_tips(night)
    night.run()
    night.newer()
    night.store()
    night.start()
    late, early = night.requests()
    night.complete(*night.predict(late))
    give_up(night, early)
    assert figures(night) == (State.DEGRADED, 2, 2)
    assert "what was predicted before stands" in night.state().reason
    assert "games are covered" not in night.state().reason


def test_what_is_missing_is_found_without_a_job(night: Any) -> None:
    two_tips(night)
    night.start(after_first_tip(night))
    (ready,) = night.predict(*night.requests())
    assert night.jobs(lambda: night.complete(ready)) == 1
    assert night.jobs(lambda: read_coverage(night.platform.warehouse, night.day)) == 0
    assert night.state().state is State.DEGRADED


@pytest.mark.parametrize("again", [retry, force])
def test_a_date_of_which_every_chunk_failed_stays_failed_after_the_tips(night: Any, again: Any) -> None:
    two_tips(night)
    night.start()
    for request in night.requests():
        give_up(night, request)
    before, count = night.state(), ends(night)
    assert before.state is State.FAILED
    night.announced()

    again(night, after_last_tip(night))
    assert night.state() == before
    assert ends(night) == count
    assert night.requests() == []
    assert [message["status"] for message in night.announced()] == ["failed"]
    night.finish_games([night.box("lukadoncic", 30)], [night.schedule(EARLY), night.schedule(LATE)])
    assert night.grade()["outcome"] == "NOT_YET"


def test_a_failed_date_stays_failed_on_features_that_come_after_the_tips(night: Any) -> None:
    two_tips(night)
    night.start()
    for request in night.requests():
        give_up(night, request)
    before = night.state()
    night.newer()
    night.store()
    night.start(after_last_tip(night))
    after = night.state()
    assert (after.state, after.reason, after.generation) == (State.FAILED, before.reason, night.generation)
    told = night.start(after_last_tip(night))["reason"]
    assert told.startswith(f"{night.day} has failed on its newest inputs: {before.reason}")


@pytest.mark.parametrize("lost", [1, 2])
def test_a_date_whose_games_leave_the_store_after_the_tips_is_no_better(night: Any, lost: int) -> None:
    two_tips(night)
    night.start()
    requests = night.requests()
    for request in requests[:lost]:
        give_up(night, request)
    night.complete(*night.predict(*requests[lost:]))
    before = night.state()
    assert before.state is (State.FAILED if lost == len(requests) else State.DEGRADED)
    night.newer()
    night.event("ml_feature_store", State.EMPTY_OK, Phase.PRECOMPUTE, rows=0)
    night.start(after_last_tip(night))
    after = night.state()
    assert (after.state, after.reason, after.generation) == (before.state, before.reason, night.generation)


@pytest.mark.parametrize("again", [retry, force])
def test_a_degraded_date_stays_degraded_after_the_tips_and_is_not_asked_for_again(
    night: Any, again: Any
) -> None:
    two_tips(night)
    night.start()
    late, early = night.requests()
    give_up(night, early)
    night.complete(*night.predict(late))
    before, count = night.state(), ends(night)
    for _ in range(3):
        again(night, after_last_tip(night))
        assert night.requests() == []
        assert night.state() == before
    assert ends(night) == count
    outcome = check_dates(Coordinator(night.platform), [night.day], night.tip, Origin("test-correlation"))
    (found,) = outcome.detail["dates"]
    assert OUTPUT not in {*found["asked"], *found["ended"], *found["spent"]}
    assert (found["started"], found["health"]) == (None, "failed")  # other outputs of the date never came
    assert night.requests() == []


def test_a_game_that_is_missing_is_named_when_newer_features_come_after_every_tip(night: Any) -> None:
    two_tips(night)
    night.start(after_first_tip(night))
    night.complete(*night.predict(*night.requests()))
    night.newer()
    night.store()
    night.start(after_last_tip(night))
    assert night.state().generation == night.generation
    assert figures(night) == (State.DEGRADED, 1, 2)
    assert "what was predicted before stands; 1 of 2 games are covered" in night.state().reason
    assert f"{night.game(EARLY)}: nobody was asked for" in night.state().reason


def test_a_date_whose_games_all_began_before_its_features_came_has_failed(night: Any) -> None:
    two_tips(night)
    night.start(after_last_tip(night))
    assert night.rows() == []
    assert figures(night) == (State.FAILED, 0, 2)
    assert "nothing was predicted before; 0 of 2 games are covered" in night.state().reason


def test_rows_that_break_a_check_stay_failed_after_the_tips(night: Any) -> None:
    two_tips(night)
    night.start()
    ready = night.predict(*night.requests())
    wrong = "UPDATE nba_predictions.prediction_staging SET snapshot_at = tip_at WHERE game_date = @day"
    night.platform.warehouse.run(wrong, day=night.day)
    night.complete(*ready)
    before = night.state()
    assert before.state is State.FAILED
    assert {row["status"] for row in night.rows()} == {"PREDICTED", "SKIPPED"}
    force(night, after_last_tip(night))
    assert night.state() == before


def test_predictions_that_were_degraded_otherwise_are_no_better_after_the_tips(night: Any) -> None:
    two_tips(night)
    night.store(State.DEGRADED)
    night.run()
    assert figures(night) == (State.DEGRADED, 2, 2)
    night.newer()
    night.store()
    night.start(after_last_tip(night))
    assert night.state().generation == night.generation
    assert figures(night) == (State.DEGRADED, 2, 2)


def test_an_older_prediction_of_a_date_that_failed_since_counts_as_degraded(night: Any) -> None:
    two_tips(night)
    night.run()
    night.newer()
    night.store()
    lost = Event(night.day, Phase.PREDICTIONS, OUTPUT, State.FAILED, night.generation, "test", reason="lost")
    night.platform.state.append([lost])
    retry(night, after_last_tip(night))
    assert figures(night) == (State.DEGRADED, 2, 2)
    assert night.state().reason == "lost"
