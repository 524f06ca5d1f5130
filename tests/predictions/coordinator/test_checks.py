"""What is overdue or failed is asked for again three times at most, then given up, and told of once."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from orchestration.heal import MAX_ATTEMPTS, NEVER, PATIENCE
from orchestration.pipeline import load_pipeline
from orchestration.platform import Platform
from orchestration.state import Event, State
from predictions.coordinator.checks import check_dates
from predictions.coordinator.finish import Origin
from predictions.coordinator.handlers import Coordinator
from shared.bus import Bus
from shared.clock import eastern_moment, eastern_today, utc_now
from shared.messages import Phase, Status
from shared.outcomes import TransientError

KEY = {"X-API-Key": "first-test-key"}
RAW_TOPIC, ANALYTICS_TOPIC = "nba-phase2-raw-complete", "nba-phase3-analytics-complete"
SCRAPERS_TOPIC = "nba-phase1-scrapers-complete"
BEFORE_TIP = ("nba_schedule", "nba_players", "espn_rosters", "nba_injury_report")
LINES = ("odds_events", "odds_game_lines", "odds_player_props")
CONTEXTS = ("upcoming_team_game_context", "upcoming_player_game_context")
PHASE4 = tuple(
    name for name in load_pipeline().phases[Phase.PRECOMPUTE].outputs if name != "ml_feature_store"
)


def at(night: Any, hour: int, minute: int = 0) -> datetime:
    """A moment of the date, by the clocks of New York."""
    return eastern_moment(night.day, time(hour, minute))


def check(night: Any, now: datetime, *, patient: bool = True) -> Any:
    """One check of the date at a moment."""
    coordinator = Coordinator(night.platform)
    outcome = check_dates(coordinator, [night.day], now, Origin("test-correlation", "test"), patient=patient)
    (found,) = outcome.detail["dates"]
    return found | {"alerts": outcome.detail["alerts"]}


def events(night: Any, phase: Phase, *outputs: str, state: State = State.COMPLETE) -> None:
    made = at(night, 9)
    night.platform.state.append(
        [Event(night.day, phase, name, state, made, "test", 1, occurred_at=made) for name in outputs]
    )


def scrape(night: Any, source: str, status: Status, reason: str | None = None) -> None:
    """A run of a source for the date, as the scrapers record it."""
    moment = at(night, 8)
    row = {
        "run_id": f"run-{source}-{night.day}",
        "source": source,
        "from_date": night.day,
        "to_date": night.day,
        "status": status.value,
        "reason": reason,
        "started_at": moment,
        "finished_at": moment,
        "correlation_id": "test-correlation",
        **dict.fromkeys(("bodies", "changed_bodies", "failed_requests", "unknown_fields"), 1),
    }
    night.platform.warehouse.append("scrape_runs", [row])


def games(night: Any) -> None:
    night.load("nba_schedule", [night.schedule(status="SCHEDULED")])


def test_a_look_at_a_date_costs_no_job(night: Any) -> None:
    games(night)
    events(night, Phase.RAW, *BEFORE_TIP, *LINES)
    assert night.jobs(lambda: check(night, at(night, 11, 15))) == 0
    assert check(night, at(night, 11, 15))["health"] == "healthy"
    # What is overdue by noon is given up and told of, for which runs and alerts are read too.
    assert night.jobs(lambda: check(night, at(night, 12, 15))) == 0
    assert check(night, at(night, 12, 15))["health"] == "failed"


def test_when_nothing_arrived_at_all_the_date_fails_with_reasons_and_one_alert(
    night: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        first, second = check(night, at(night, 12, 15)), check(night, at(night, 12, 30))
    assert "no scrape of schedule" in first["ended"]["nba_schedule"]
    assert "upcoming_player_game_context (FAILED)" in first["ended"]["ml_feature_store"]
    assert "ml_feature_store (FAILED)" in first["ended"]["player_prop_predictions"]
    assert "schedule" in first["scrape"]
    assert (night.state("ml_feature_store").state, night.state("ml_feature_store").generation) == (
        State.FAILED,
        NEVER,
    )
    assert (second["ended"], second["alerts"]) == ({}, [])
    alerts = [record.alert for record in caplog.records if hasattr(record, "alert")]
    assert alerts == ["raw-overdue", "analytics-overdue", "precompute-overdue", "predictions-overdue"]


def test_lines_that_never_came_fail_and_whoever_awaits_them_looks_again(night: Any) -> None:
    games(night)
    events(night, Phase.RAW, *BEFORE_TIP)
    found = check(night, at(night, 11, 15))
    assert set(found["ended"]) == set(LINES)
    assert set(night.states("odds").values()) == {State.FAILED}
    (told,) = night.services.bus.take(RAW_TOPIC)
    assert "nba_schedule" in [output["table"] for output in told["outputs"]]
    assert found["asked"] == {}


def test_bodies_that_landed_and_were_never_read_are_announced_again(night: Any) -> None:
    games(night)
    events(night, Phase.RAW, *BEFORE_TIP)
    scrape(night, "odds", Status.SUCCESS)
    found = check(night, at(night, 11, 15))
    assert found["asked"] == dict.fromkeys(LINES, 1)
    (told,) = night.services.bus.take(SCRAPERS_TOPIC)
    assert (told["producer"], told["run_id"]) == ("odds", f"run-odds-{night.day}")
    assert told["retry"] is True


def test_a_scrape_that_failed_is_no_reason_to_look_again(night: Any) -> None:
    games(night)
    events(night, Phase.RAW, *BEFORE_TIP)
    scrape(night, "odds", Status.FAILED, "failed: no credential")
    found = check(night, at(night, 11, 15))
    assert "no credential" in found["ended"]["odds_events"]
    assert night.services.bus.take(SCRAPERS_TOPIC) == []


def contexts_are_there(night: Any) -> None:
    games(night)
    events(night, Phase.RAW, *BEFORE_TIP, *LINES)
    events(night, Phase.ANALYTICS, *CONTEXTS)


def test_phase_4_is_asked_for_three_times_then_fails_with_one_alert(
    night: Any, caplog: pytest.LogCaptureFixture
) -> None:
    contexts_are_there(night)
    now, asked = at(night, 12), []
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            found = check(night, now)
            asked.append(found["asked"].get("player_daily_cache"))
            now += timedelta(minutes=15)
            if found["ended"]:
                break
    assert [each for each in asked if each] == [1, 2, 3]
    assert "asked for 3 times" in found["ended"]["player_daily_cache"]
    assert night.state("player_daily_cache").state is State.FAILED
    # What awaited these goes on without them: it is asked for in its turn.
    assert found["asked"] == {"player_composite_factors": 1, "player_similar_games": 1}
    assert len(night.services.bus.take(ANALYTICS_TOPIC)) == MAX_ATTEMPTS + 1
    assert [a for a in found["alerts"] if "precompute-overdue" in a]
    assert check(night, now)["asked"] == {}


def test_what_failed_for_want_of_attempts_is_asked_for_again_on_the_same_news(night: Any) -> None:
    """As after an outage of phase 4, whose message ran out of attempts."""
    contexts_are_there(night)
    others = [name for name in PHASE4 if name != "player_daily_cache"]
    events(night, Phase.PRECOMPUTE, *others, "ml_feature_store")
    events(night, Phase.PREDICTIONS, "player_prop_predictions")
    events(night, Phase.PRECOMPUTE, "player_daily_cache", state=State.FAILED)
    found = check(night, at(night, 11, 40))
    assert found["asked"] == {"player_daily_cache": 1}
    (told,) = night.services.bus.take(ANALYTICS_TOPIC)
    assert told["retry"] is True
    assert check(night, at(night, 11, 45))["asked"] == {}, "there is time between two attempts"
    assert check(night, at(night, 11, 40) + PATIENCE)["asked"] == {"player_daily_cache": 2}


def test_after_three_attempts_a_failure_is_left_alone_and_told_of(night: Any) -> None:
    contexts_are_there(night)
    events(night, Phase.PRECOMPUTE, *PHASE4)
    events(night, Phase.PRECOMPUTE, "ml_feature_store", state=State.FAILED)
    now = at(night, 9, 10)
    for attempt in (1, 2, 3):
        assert check(night, now, patient=False)["asked"] == {"ml_feature_store": attempt}
    found = check(night, now, patient=False)
    assert (found["asked"], found["spent"]) == ({}, {"ml_feature_store": "asked for 3 times in vain"})
    (alert,) = found["alerts"]
    assert "ml_feature_store FAILED" in alert


def all_but_lines(night: Any) -> None:
    """A date that stands, but for the lines."""
    games(night)
    events(night, Phase.RAW, *BEFORE_TIP)
    events(night, Phase.ANALYTICS, *CONTEXTS)
    events(night, Phase.PRECOMPUTE, *PHASE4, "ml_feature_store")
    events(night, Phase.PREDICTIONS, "player_prop_predictions")


def failed(night: Any, phase: Phase, *outputs: str, moment: datetime, attempt: int | None = None) -> None:
    """Outputs that ended FAILED at a moment."""
    made = {"attempt": attempt, "reason": "because", "occurred_at": moment}
    night.platform.state.append(
        [Event(night.day, phase, name, State.FAILED, moment, "test", 0, **made) for name in outputs]
    )


def test_what_ended_while_the_bus_was_out_is_told_of_at_once_and_announced_when_it_is_back(
    night: Any, caplog: pytest.LogCaptureFixture
) -> None:
    all_but_lines(night)
    deaf = Platform(night.platform.settings)
    deaf.bus = Bus("a-project-without-topics")
    with caplog.at_level(logging.WARNING), pytest.raises(TransientError):
        check_dates(Coordinator(deaf), [night.day], at(night, 11, 15), Origin("test-correlation", "test"))
    assert [record.alert for record in caplog.records if hasattr(record, "alert")] == ["raw-overdue"]
    assert set(night.states("odds").values()) == {State.FAILED}
    assert check(night, at(night, 11, 30))["alerts"] == []
    (told,) = night.services.bus.take(RAW_TOPIC)
    assert "nba_schedule" in [output["table"] for output in told["outputs"]]
    check(night, at(night, 12, 20))
    assert night.services.bus.take(RAW_TOPIC) == [], "an end is news for an hour"


def test_what_a_check_ended_that_died_before_its_alerts_is_told_of_by_the_next(night: Any) -> None:
    all_but_lines(night)
    failed(night, Phase.RAW, *LINES, moment=at(night, 11, 15))
    (alert,) = check(night, at(night, 11, 30))["alerts"]
    assert "odds_game_lines FAILED: because" in alert
    assert check(night, at(night, 11, 45))["alerts"] == []


def test_a_table_that_failed_by_itself_is_told_of_once_it_is_due(night: Any) -> None:
    """As when its scrape failed: before they are due, lines are called for once more."""
    all_but_lines(night)
    for source in ("odds", "bdl_box_scores"):
        scrape(night, source, Status.FAILED, "failed: 403")
    failed(night, Phase.RAW, *LINES, "bdl_player_boxscores", moment=at(night, 9))
    first = check(night, at(night, 9, 15))
    (alert,) = first["alerts"]
    assert (list(first["spent"]), first["ended"]) == (["bdl_player_boxscores"], {})
    assert "bdl_player_boxscores FAILED: because" in alert
    assert "odds" not in alert
    (alert,) = check(night, at(night, 11))["alerts"]
    assert all(f"{name} FAILED: because" in alert for name in LINES)


def test_what_was_read_in_vain_three_times_is_not_scraped_again(night: Any) -> None:
    all_but_lines(night)
    scrape(night, "odds", Status.SUCCESS)
    failed(night, Phase.RAW, *LINES, moment=at(night, 9), attempt=MAX_ATTEMPTS)
    found = check(night, at(night, 9, 15))
    assert (list(found["spent"]), found["scrape"], found["asked"]) == (list(LINES), [], {})


def test_one_alert_does_not_hide_another_of_the_same_phase_and_date(night: Any) -> None:
    """Contexts that failed and came, and a summary that fails the next morning, with what rests on it."""
    all_but_lines(night)
    events(night, Phase.RAW, *LINES, "nba_player_boxscores", "nba_team_boxscores")
    failed(night, Phase.ANALYTICS, *CONTEXTS, moment=at(night, 9, 30), attempt=MAX_ATTEMPTS)
    (first,) = check(night, at(night, 9, 45))["alerts"]
    assert "upcoming_team_game_context FAILED" in first
    night.generation = at(night, 10)
    for context in CONTEXTS:
        night.event(context, State.COMPLETE, Phase.ANALYTICS)
    events(night, Phase.ANALYTICS, "team_offense_game_summary", "team_defense_game_summary")
    morning = at(night, 7, 45) + timedelta(days=1)
    failed(night, Phase.ANALYTICS, "player_game_summary", moment=morning, attempt=MAX_ATTEMPTS)
    found = check(night, morning)
    (second,) = [text for text in found["alerts"] if "analytics" in text]
    assert "player_game_summary FAILED: because" in second
    assert "team_rotation_game_summary" in found["ended"]
    later = check(night, morning + timedelta(minutes=10))
    assert "team_rotation_game_summary" in later["spent"]
    assert later["alerts"] == []


def unpredicted(night: Any) -> None:
    """Features since nine o'clock, of games that are still to be played whatever the day of the test is."""
    night.add("one", tip_at=utc_now() + timedelta(days=1), cutoff=utc_now())
    night.generation = at(night, 9)
    features = [{k: v for k, v in player.items() if k != "lines"} for player in night.players]
    night.load("ml_feature_store", features)
    events(night, Phase.PRECOMPUTE, "ml_feature_store")


def test_features_that_nobody_predicts_on_start_a_batch(night: Any) -> None:
    unpredicted(night)
    assert check(night, at(night, 9, 5))["started"] is None, "their own message may still come"
    assert "1 dates were due" in str(check(night, at(night, 9, 15))["started"])
    assert night.state().state is State.RUNNING
    (request,) = night.requests()
    assert request["game_id"] == night.game()


def test_a_batch_that_is_open_is_left_to_the_check_of_its_chunks(night: Any) -> None:
    unpredicted(night)
    check(night, at(night, 9, 15))
    night.requests()
    outcome = check_dates(Coordinator(night.platform), [night.day], at(night, 9, 30), Origin("c", "test"))
    assert outcome.detail["dates"][0]["started"] is None
    (batch,) = outcome.detail["batches"]
    assert batch["waiting"] == [night.game()]


def test_what_can_only_be_made_before_the_games_is_not_asked_for_after_them(night: Any) -> None:
    night.load("nba_schedule", [night.schedule(status="SCHEDULED")])
    events(night, Phase.RAW, *BEFORE_TIP, *LINES)
    found = check(night, at(night, 23))
    assert "every game has begun" in found["ended"]["upcoming_player_game_context"]
    assert found["asked"] == {}
    again = check(night, at(night, 23, 15))
    said = again["spent"]["upcoming_player_game_context"]
    assert said == "every game has begun, and it may only be made before that", "there was no attempt"


def test_a_reason_that_may_cease_to_hold_says_when_it_did(night: Any) -> None:
    """As it still stands in the status when what it names has come."""
    games(night)
    events(night, Phase.RAW, "nba_schedule", *LINES)
    found = check(night, at(night, 12, 15))
    moment = f"as of {at(night, 12, 15).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    assert found["ended"]["espn_rosters"] == f"no scrape of rosters has run for the date, {moment}"
    morning = at(night, 8, 15) + timedelta(days=1)
    moment = f"as of {morning.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    grades = check(night, morning)["ended"]["prediction_accuracy"]
    assert grades.startswith("waits for player_game_summary (FAILED)")
    assert grades.endswith(moment)


def test_what_stays_failed_is_told_with_the_reason_of_now(night: Any) -> None:
    all_but_lines(night)
    assert "no scrape of odds has run" in check(night, at(night, 11, 15))["ended"]["odds_events"]
    scrape(night, "odds", Status.FAILED, "failed: 403")
    assert check(night, at(night, 11, 30))["spent"]["odds_events"] == "its scrape failed: failed: 403"


def test_grades_that_are_overdue_are_made_when_every_game_is_final(night: Any) -> None:
    night.add("one", lines=[])
    night.store()
    night.run()
    night.finish_games([night.box("one", 20)])
    morning = at(night, 8, 30) + timedelta(days=1)
    found = check(night, morning)
    assert found["asked"]["prediction_accuracy"] == 1
    assert night.state("prediction_accuracy").state is State.COMPLETE


@pytest.fixture
def today(services: Any) -> Iterator[Any]:
    """Today's and yesterday's events are taken away after the test: they are every test's."""
    yield eastern_today()
    services.platform.warehouse.run(
        "DELETE FROM nba_orchestration.pipeline_events WHERE game_date >= @day",
        day=eastern_today() - timedelta(days=2),
    )


def test_the_scheduled_check_looks_at_today_and_yesterday(
    services: Any, today: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = services.coordinator.post("/check-timeouts", json={}, headers=KEY)
    assert response.status_code == 200, response.text
    days = [found["game_date"] for found in response.get_json()["dates"]]
    assert days == [str(today - timedelta(days=1)), str(today)]
    beats = [record.heartbeat for record in caplog.records if hasattr(record, "heartbeat")]
    assert beats == ["check-timeouts"]
    assert services.coordinator.post("/check-timeouts", json={}).status_code == 401


def test_an_operator_heals_a_date(night: Any) -> None:
    response = night.services.coordinator.post("/heal", json={"game_date": str(night.day)}, headers=KEY)
    assert response.status_code == 200, response.text
    (found,) = response.get_json()["dates"]
    assert (found["game_date"], found["health"]) == (str(night.day), "failed")
    assert found["scrape"][0] == "schedule"


def test_a_date_that_cannot_be_overdue_is_refused(services: Any) -> None:
    later = str(eastern_today() + timedelta(days=2))
    response = services.coordinator.post("/heal", json={"game_date": later}, headers=KEY)
    assert response.status_code == 422
    assert "later than tomorrow" in response.get_json()["detail"]


def test_a_date_s_status_is_served(night: Any) -> None:
    games(night)
    events(night, Phase.RAW, *BEFORE_TIP)
    path = f"/api/v1/status/{night.day}"
    found = night.services.coordinator.get(path, headers=KEY).get_json()
    assert (found["games"], found["health"]) == (1, "failed")
    states = {output["output"]: output["state"] for output in found["outputs"]}
    assert (states["nba_schedule"], states["ml_feature_store"]) == ("COMPLETE", "EXPECTED")
    assert night.services.coordinator.get(path).status_code == 401
    assert night.services.coordinator.get("/api/v1/status/soon", headers=KEY).status_code == 422
