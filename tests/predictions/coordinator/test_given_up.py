"""A phase message that ran out of attempts ends its outputs FAILED, so that nobody awaits them for ever."""

from datetime import timedelta
from typing import Any

from data_processors.raw.tables import tables_by_source
from orchestration.announce import completion
from orchestration.state import Event, State
from shared.messages import DateSpan, Phase, SourceRun, Status


def give_up(night: Any, subscription: str, phase: Phase, producer: str, *along: SourceRun) -> Any:
    message = completion(
        phase,
        producer,
        "run-1",
        DateSpan(from_date=night.day, to_date=night.day),
        Status.SUCCESS,
        "test-correlation",
        generation=night.generation,
        along=along,
    )
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


def test_what_a_tip_off_has_frozen_stands_though_the_schedule_is_newer(night: Any) -> None:
    """As when a night's scores come while nobody makes contexts: they may not be made any more."""
    contexts = ("upcoming_team_game_context", "upcoming_player_game_context")
    night.load("nba_schedule", [night.schedule()])
    for output in ("odds_game_lines", "odds_player_props", "bp_player_props", "nba_injury_report"):
        night.event(output, State.COMPLETE, Phase.RAW)
    for output in contexts:
        night.event(output, State.COMPLETE, Phase.ANALYTICS)
    night.newer()
    for output in ("nba_schedule", "nba_team_boxscores", "nba_player_boxscores"):
        night.event(output, State.COMPLETE, Phase.RAW)
    give_up(night, "analytics-on-phase2", Phase.RAW, "nba_schedule")
    assert {name: night.state(name).state for name in contexts} == dict.fromkeys(contexts, State.COMPLETE)
    assert night.state("team_offense_game_summary").state is State.FAILED


def test_a_letter_that_is_delivered_again_is_announced_again(night: Any) -> None:
    """The first delivery may have died between the events and the announcement."""
    give_up(night, "raw-on-phase1", Phase.SCRAPERS, "odds")
    assert len(night.services.bus.take("nba-phase2-raw-complete")) == 1
    assert give_up(night, "raw-on-phase1", Phase.SCRAPERS, "odds")["failed_outputs"] == 0
    (told,) = night.services.bus.take("nba-phase2-raw-complete")
    assert told["status"] == "failed"


def test_what_another_attempt_finished_stays_as_it_is(night: Any) -> None:
    night.event("odds_player_props", State.COMPLETE, Phase.RAW)
    assert give_up(night, "raw-on-phase1", Phase.SCRAPERS, "odds")["failed_outputs"] == 2
    assert night.state("odds_player_props").state is State.COMPLETE


def test_the_message_of_an_unknown_subscription_is_only_recorded(night: Any) -> None:
    assert give_up(night, "somebody-else", Phase.SCRAPERS, "odds")["failed_outputs"] == 0
