"""Each monitor fires on what it is for, and every run leaves a heartbeat."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from orchestration.pipeline import load_pipeline
from orchestration.state import Event, State
from orchestration.status import Slate
from predictions.coordinator.freshness import failing_after_games, stale_sources, unfresh_sources
from predictions.coordinator.monitors import MONITORS, run_monitors
from predictions.coordinator.watched import SourceRuns
from shared.clock import eastern_moment
from shared.dead_letters import DeadLetter
from shared.messages import Phase
from shared.warehouse.bootstrap import bootstrap

KEY = {"X-API-Key": "first-test-key"}
# Far from every other test's dates: what the monitors see is of this module alone.
TODAY = date(2031, 1, 15)
YESTERDAY = TODAY - timedelta(days=1)
NOW = eastern_moment(TODAY, time(15))
TABLES = ("nba_raw.nba_schedule", "nba_orchestration.pipeline_events")


@pytest.fixture
def look(services: Any) -> Iterator[Any]:
    """Runs the monitors at NOW, on what the test has written."""
    services.platform.warehouse.run("DELETE FROM nba_orchestration.alerts_given WHERE TRUE")
    yield lambda: run_monitors(services.platform, NOW)["monitors"]
    for table in TABLES:
        services.platform.warehouse.run(f"DELETE FROM {table} WHERE game_date >= @day", day=date(2031, 1, 1))


def final_game(night: Any) -> None:
    night.day = YESTERDAY
    night.load("nba_schedule", [night.schedule()])


def event(night: Any, output: str, phase: Phase, state: State, moment: datetime) -> None:
    night.platform.state.append(
        [Event(YESTERDAY, phase, output, state, moment, "test", 1, reason="because", occurred_at=moment)]
    )


def test_every_monitor_leaves_a_heartbeat(look: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        found = look()
    beats = [record.heartbeat for record in caplog.records if hasattr(record, "heartbeat")]
    assert beats == list(MONITORS) == list(found)


def test_the_monitors_begin_no_job(services: Any, look: Any) -> None:
    client = services.platform.warehouse.client
    before = {job.job_id for job in client.list_jobs()}
    look()
    assert {job.job_id for job in client.list_jobs()} <= before


def test_a_finished_game_without_a_box_score_is_a_gap(night: Any, look: Any) -> None:
    assert look()["box-score-gaps"] == []
    final_game(night)
    (found,) = look()["box-score-gaps"]
    assert night.game() in found
    assert f"heal {YESTERDAY}" in found


@pytest.mark.parametrize(("left", "told"), [(5_000, 0), (4_000, 1), (0, 1)])
def test_a_quota_that_is_four_fifths_used_is_told_of(night: Any, look: Any, left: int, told: int) -> None:
    run = {"run_id": f"quota-{left}", "source": f"counted_{left}", "status": "success", "started_at": NOW}
    run |= {"from_date": TODAY, "to_date": TODAY, "finished_at": NOW, "correlation_id": "quota"}
    run |= dict.fromkeys(("bodies", "changed_bodies", "failed_requests", "unknown_fields"), 1)
    quota = {"quota_used": 20_000 - left, "quota_remaining": left}
    night.platform.warehouse.append("scrape_runs", [{**run, **quota}])
    found = [text for text in look()["quotas"] if f"counted_{left}:" in text]
    assert len(found) == told
    assert all(f"{left} of 20000 requests are left" in text for text in found)


def test_a_dead_letter_is_told_of_until_somebody_has_decided(night: Any, look: Any) -> None:
    made = DeadLetter(
        "monitored", "m", "PermanentError", "broken", "{}", occurred_at=NOW - timedelta(hours=1)
    )
    night.platform.dead_letters.record(made)
    assert [text for text in look()["dead-letters"] if "monitored" in text]
    path = f"/api/v1/dead-letters/{made.dead_letter_id}/discard"
    night.services.coordinator.post(path, json={"reason": "of a test"}, headers=KEY)
    assert not [text for text in look()["dead-letters"] if "monitored" in text]


def test_yesterday_is_to_be_graded_an_hour_after_the_last_summary(night: Any, look: Any) -> None:
    final_game(night)
    event(night, "player_game_summary", Phase.ANALYTICS, State.COMPLETE, NOW - timedelta(minutes=50))
    assert look()["grading"] == []
    event(night, "player_game_summary", Phase.ANALYTICS, State.COMPLETE, NOW - timedelta(minutes=70))
    assert look()["grading"] == [], "the newest summary counts, whatever was before"


def test_an_ungraded_yesterday_is_told_of(night: Any, look: Any) -> None:
    final_game(night)
    event(night, "player_game_summary", Phase.ANALYTICS, State.COMPLETE, NOW - timedelta(hours=2))
    (found,) = look()["grading"]
    assert "EXPECTED" in found
    event(night, "prediction_accuracy", Phase.PREDICTIONS, State.COMPLETE, NOW)
    assert look()["grading"] == []


def test_a_required_output_that_failed_is_told_of_and_an_optional_one_is_not(night: Any, look: Any) -> None:
    event(night, "odds_events", Phase.RAW, State.FAILED, NOW)
    assert look()["failed-outputs"] == []
    event(night, "ml_feature_store", Phase.PRECOMPUTE, State.FAILED, NOW)
    (found,) = look()["failed-outputs"]
    assert "ml_feature_store: because" in found


def test_alerts_are_given_once(night: Any, look: Any) -> None:
    final_game(night)
    alerted = [run_monitors(night.platform, NOW)["alerted"] for _ in range(2)]
    gaps = [[text for text in texts if "gap" in text] for texts in alerted]
    assert [len(texts) for texts in gaps] == [1, 0]


def test_what_fails_after_the_first_alert_is_told_of_and_what_follows_from_it_is_not(
    night: Any, look: Any
) -> None:
    def told() -> list[str]:
        alerted = run_monitors(night.platform, NOW)["alerted"]
        return [text for text in alerted if text.startswith("date-failed")]

    event(night, "upcoming_player_game_context", Phase.ANALYTICS, State.FAILED, NOW)
    assert len(told()) == 1
    event(night, "ml_feature_store", Phase.PRECOMPUTE, State.FAILED, NOW)
    assert told() == [], "it rests on the context"
    event(night, "player_game_summary", Phase.ANALYTICS, State.FAILED, NOW)
    (again,) = told()
    assert "player_game_summary: because" in again
    assert told() == []


def test_monitors_that_cannot_give_their_alerts_leave_no_heartbeat(
    night: Any, look: Any, caplog: pytest.LogCaptureFixture
) -> None:
    final_game(night)
    warehouse = night.platform.warehouse
    warehouse.run("DROP TABLE nba_orchestration.alerts_given")
    try:
        with caplog.at_level(logging.INFO), pytest.raises(Exception, match="alerts_given"):
            look()
    finally:
        bootstrap(warehouse, "us-west2")
    assert [record for record in caplog.records if hasattr(record, "heartbeat")] == []


def test_the_route_is_served_to_whoever_may_ask(services: Any) -> None:
    assert services.coordinator.post("/monitors", json={}).status_code == 401
    answer = services.coordinator.post("/monitors", json={}, headers=KEY)
    assert answer.status_code == 200, answer.text
    assert set(answer.get_json()["monitors"]) == set(MONITORS)


TIP = datetime(2031, 1, 16, 0, tzinfo=UTC)
GAMES = Slate(games=5, first_tip=TIP, last_tip=TIP + timedelta(hours=3))


def stale(source: str, run: datetime | None, slate: Slate = GAMES, now: datetime = NOW) -> bool:
    found = stale_sources(load_pipeline(), {source: run}, slate, now)
    return source in {each.source for each in found}


def test_a_source_is_stale_when_two_calls_in_a_row_brought_nothing() -> None:
    # Lines are called for at ten, noon, and two; it is three o'clock.
    assert not stale("odds", eastern_moment(TODAY, time(14, 1)))
    assert not stale("odds", eastern_moment(TODAY, time(12, 1)))
    assert stale("odds", eastern_moment(TODAY, time(10, 1)))
    assert stale("odds", None)


def test_nothing_is_stale_outside_of_its_window() -> None:
    assert not stale("odds", None, Slate())
    assert not stale("odds", None, now=eastern_moment(TODAY, time(9)))
    assert not stale("box_scores", None)


def runs_of(newest_good: datetime | None, *, failing: bool) -> SourceRuns:
    return SourceRuns(newest_good, "failed: 403" if failing else None, None, failing)


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (runs_of(None, failing=True), True),
        (runs_of(TIP - timedelta(hours=1), failing=True), True),
        (runs_of(TIP + timedelta(hours=3), failing=True), False),
        (runs_of(TIP - timedelta(days=2), failing=False), False),
        (None, False),
    ],
)
def test_what_has_failed_since_the_games_began_is_stale(runs: SourceRuns | None, told: bool) -> None:
    found = failing_after_games(load_pipeline(), {"play_by_play": runs} if runs else {}, TIP)
    assert (("play_by_play", "post_game") in set(found)) is told
    other = failing_after_games(load_pipeline(), {"injury_report": runs_of(None, failing=True)}, TIP)
    assert list(other) == [], "it is promised at each call"


@pytest.mark.parametrize(("hours", "told"), [(7, False), (9, True)])
def test_a_source_of_the_night_is_judged_when_every_call_for_it_has_been_made(hours: int, told: bool) -> None:
    assert GAMES.last_tip
    now, runs = GAMES.last_tip + timedelta(hours=hours), {"play_by_play": runs_of(None, failing=True)}
    found = unfresh_sources(load_pipeline(), runs, Slate(), GAMES, now)
    assert ("play_by_play" in found) is told
    if told:
        assert found["play_by_play"].workflow == "post_game"
        assert "since yesterday's games began at 2031-01-16 00:00 UTC" in found["play_by_play"].reason


def scraped(night: Any, source: str, status: str, moment: datetime) -> None:
    run = {"run_id": f"{source}-{moment}", "source": source, "status": status, "started_at": moment}
    run |= {"from_date": YESTERDAY, "to_date": YESTERDAY, "finished_at": moment, "correlation_id": "c"}
    run |= dict.fromkeys(("bodies", "changed_bodies", "failed_requests", "unknown_fields"), 1)
    night.platform.warehouse.append("scrape_runs", [{**run, "reason": f"{status}: 403"}])


def test_a_source_that_failed_all_night_is_told_of_when_the_night_is_over(night: Any, look: Any) -> None:
    night.day = YESTERDAY
    night.load("nba_schedule", [night.schedule(tip_at=eastern_moment(YESTERDAY, time(19, 30)))])
    scraped(night, "play_by_play", "success", eastern_moment(YESTERDAY, time(1)))
    for hour in (1, 2, 4):
        scraped(night, "play_by_play", "failed", eastern_moment(TODAY, time(hour)))

    def told(now: datetime) -> list[str]:
        found = run_monitors(night.platform, now)["monitors"]["source-freshness"]
        return [text for text in found if " play_by_play:" in text]

    (alert,) = told(eastern_moment(TODAY, time(7)))
    assert "failed: 403" in alert
    assert "/workflows/post_game" in alert
    assert told(eastern_moment(TODAY, time(3))) == [], "it may still be called for"
    scraped(night, "play_by_play", "success", eastern_moment(TODAY, time(6, 30)))
    assert told(eastern_moment(TODAY, time(7))) == []


def test_what_is_called_for_every_day_is_promised_on_a_day_without_games_too() -> None:
    assert stale("rosters", eastern_moment(YESTERDAY - timedelta(days=1), time(6, 1)), Slate())
    assert not stale("rosters", eastern_moment(YESTERDAY, time(6, 1)), Slate())
