"""A phase message that ran out of attempts ends its outputs FAILED, so that nobody awaits them for ever."""

from datetime import timedelta
from typing import Any

import pytest

from data_processors.raw.tables import tables_by_source
from orchestration.announce import completion
from orchestration.given_up import fail_outputs
from orchestration.pipeline import load_pipeline
from orchestration.platform import Platform
from orchestration.state import Event, State
from shared.bus import Bus
from shared.clock import utc_now
from shared.messages import AsOf, DateSpan, Phase, PhaseMessage, SourceRun, Status
from shared.outcomes import TransientError

CONTEXTS = ("upcoming_team_game_context", "upcoming_player_game_context")


def message_of(
    night: Any, phase: Phase, producer: str, *along: SourceRun, lead: int | None = None
) -> PhaseMessage:
    return completion(
        phase,
        producer,
        "run-1",
        DateSpan(from_date=night.day, to_date=night.day),
        Status.SUCCESS,
        "test-correlation",
        generation=night.generation,
        knowledge=AsOf(lead_minutes=lead),
        along=along,
    )


def give_up(
    night: Any, subscription: str, phase: Phase, producer: str, *along: SourceRun, lead: int | None = None
) -> Any:
    message = message_of(night, phase, producer, *along, lead=lead)
    attributes = {"CloudPubSubDeadLetterSourceSubscription": subscription}
    return night.post("/dead-letters", message, **attributes).get_json()


def test_a_raw_output_that_was_given_up_is_failed_and_announced(night: Any) -> None:
    answer = give_up(night, "raw-on-phase1", Phase.SCRAPERS, "odds")
    outputs = [table.name for table in tables_by_source()["odds"]]
    assert answer["failed_outputs"] == len(outputs) == 3
    for state in map(night.state, outputs):
        assert state.state is State.FAILED
        assert "raw-on-phase1" in state.reason
    (told,) = night.services.bus.take("nba-phase2-raw-complete")
    assert told["status"] == "failed"


def test_every_scrape_of_a_message_that_was_given_up_fails_its_outputs(night: Any) -> None:
    with_others = SourceRun(producer="bettingpros", run_id="run-2", status=Status.SUCCESS)
    answer = give_up(night, "raw-on-phase1", Phase.SCRAPERS, "odds", with_others)
    assert answer["failed_outputs"] == 4
    assert night.state("bp_player_props").state is State.FAILED


def test_outputs_that_were_due_are_failed_and_no_others(night: Any) -> None:
    night.event("nba_schedule", State.COMPLETE, Phase.RAW)
    night.event("odds_game_lines", State.COMPLETE, Phase.RAW)
    give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule")
    assert night.states("upcoming") == {"upcoming_team_game_context": State.FAILED}
    assert night.states("player_game_summary") == {}


def test_what_only_earlier_dates_have_made_out_of_date_stands_until_its_run_has_begun(night: Any) -> None:
    """Its games may be on; once it runs on the newer summary, whoever awaits it must see it end."""
    context, newer = "upcoming_team_game_context", night.generation + timedelta(hours=1)
    for output, phase in (
        ("nba_schedule", Phase.RAW),
        ("odds_game_lines", Phase.RAW),
        (context, Phase.ANALYTICS),
    ):
        night.event(output, State.COMPLETE, phase)

    def newer_event(days_ago: int, output: str, state: State) -> None:
        day = night.day - timedelta(days=days_ago)
        night.platform.state.append([Event(day, Phase.ANALYTICS, output, state, newer, "test")])

    newer_event(1, "team_offense_game_summary", State.COMPLETE)
    assert give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule")["failed_outputs"] == 0
    assert night.state(context).state is State.COMPLETE
    newer_event(0, context, State.RUNNING)
    assert give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule")["failed_outputs"] == 1
    assert (night.state(context).state, night.state(context).generation) == (State.FAILED, newer)


def test_what_another_attempt_finished_stays_as_it_is(night: Any) -> None:
    night.event("odds_player_props", State.COMPLETE, Phase.RAW)
    assert give_up(night, "raw-on-phase1", Phase.SCRAPERS, "odds")["failed_outputs"] == 2
    assert night.state("odds_player_props").state is State.COMPLETE


def test_the_message_of_an_unknown_subscription_is_only_recorded(night: Any) -> None:
    assert give_up(night, "somebody-else", Phase.SCRAPERS, "odds")["failed_outputs"] == 0


def before_the_tip(night: Any, **game: Any) -> None:
    """All that stands before the games, and then a newer schedule, as after midnight with the scores."""
    night.load("nba_schedule", [night.schedule(**game)])
    night.event("nba_schedule", State.COMPLETE, Phase.RAW)
    for lines in ("odds_game_lines", "odds_player_props"):
        night.event(lines, State.COMPLETE, Phase.RAW)
    for context in CONTEXTS:
        night.event(context, State.COMPLETE, Phase.ANALYTICS)
    night.newer()
    night.event("nba_schedule", State.COMPLETE, Phase.RAW)


def test_contexts_whose_games_have_begun_stand_although_the_schedule_is_newer(night: Any) -> None:
    before_the_tip(night)
    assert give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule")["failed_outputs"] == 0
    assert night.states("upcoming") == dict.fromkeys(CONTEXTS, State.COMPLETE)
    assert night.services.bus.take("nba-phase3-analytics-complete") == []


def test_contexts_of_games_to_come_or_of_a_replay_fail(night: Any) -> None:
    before_the_tip(night, tip_at=utc_now() + timedelta(days=1))
    assert give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule")["failed_outputs"] == 2
    night.newer()
    before_the_tip(night)
    assert give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule", lead=60)["failed_outputs"] == 2


def test_a_context_that_never_ended_is_failed_after_the_tip_too(night: Any) -> None:
    night.load("nba_schedule", [night.schedule()])
    night.event("nba_schedule", State.COMPLETE, Phase.RAW)
    night.event("odds_game_lines", State.COMPLETE, Phase.RAW)
    assert give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule")["failed_outputs"] == 1
    assert night.states("upcoming") == {CONTEXTS[0]: State.FAILED}


@pytest.mark.parametrize(
    ("subscription", "phase", "newer", "frozen"),
    [
        ("precompute-on-phase3", Phase.ANALYTICS, CONTEXTS[1], "ml_feature_store"),
        ("coordinator-on-phase4", Phase.PRECOMPUTE, "ml_feature_store", "player_prop_predictions"),
    ],
)
def test_features_and_predictions_stand_after_the_tip_as_well(
    night: Any, subscription: str, phase: Phase, newer: str, frozen: str
) -> None:
    """As after an outage that began with a newer input in the evening and outlasted the tip."""
    night.load("nba_schedule", [night.schedule()])
    pipeline = load_pipeline()
    for name in pipeline.phases[Phase.PRECOMPUTE].outputs:
        night.event(name, State.COMPLETE, Phase.PRECOMPUTE)
    night.event(frozen, State.COMPLETE, pipeline.phase_of(frozen))
    night.newer()
    night.event(newer, State.COMPLETE, phase)
    assert give_up(night, subscription, phase, "test")["failed_outputs"] == 0
    assert night.state(frozen).state is State.COMPLETE


def test_a_letter_that_comes_again_is_announced_again(night: Any) -> None:
    """The first time the bus could not be reached after the events were written."""
    deaf = Platform(night.platform.settings)
    deaf.bus = Bus("a-project-without-topics")
    letter = "raw-on-phase1", message_of(night, Phase.SCRAPERS, "odds"), "gave up at nine"
    with pytest.raises(TransientError):
        fail_outputs(deaf, *letter)
    assert set(night.states("odds").values()) == {State.FAILED}
    assert fail_outputs(night.platform, *letter) == 0, "they have ended"
    (told,) = night.services.bus.take("nba-phase2-raw-complete")
    assert (told["status"], told["reason"]) == ("failed", "gave up at nine")
    assert (
        told["generation"] == message_of(night, Phase.SCRAPERS, "odds").model_dump(mode="json")["generation"]
    )
    assert fail_outputs(night.platform, *letter[:2], "another letter") == 0
    assert night.services.bus.take("nba-phase2-raw-complete") == []
