"""pipeline.yaml says something that can be carried out."""

import re
from datetime import UTC, date, datetime, time
from itertools import takewhile
from typing import Any

import pytest
from cronsim import CronSim
from pydantic import ValidationError

from deploy.registry import services
from orchestration.pipeline import Due, Pipeline, load_pipeline
from scrapers.registry import SOURCES
from shared.clock import EASTERN
from shared.messages import Phase
from shared.warehouse.specs import all_specs
from shared.warehouse.warehouse import QUERY_TIMEOUT_SECONDS

PIPELINE = load_pipeline()
MADE_BY_SQL = (Phase.ANALYTICS, Phase.PRECOMPUTE)
OUTPUTS = [name for phase in PIPELINE.phases.values() for name in phase.outputs]


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_output_is_a_table_of_a_folder(output: str) -> None:
    assert output in all_specs()


@pytest.mark.parametrize("subscription", PIPELINE.subscriptions, ids=lambda s: s.name)
def test_every_subscription_pushes_to_a_service_within_its_timeout(subscription: Any) -> None:
    assert subscription.topic in PIPELINE.topics
    assert subscription.ack_seconds > QUERY_TIMEOUT_SECONDS
    assert subscription.ack_seconds <= services()[subscription.service].timeout_seconds


@pytest.mark.parametrize("schedule", PIPELINE.schedules, ids=lambda s: s.name)
def test_every_schedule_posts_to_a_service_that_has_the_time_to_answer(schedule: Any) -> None:
    assert schedule.deadline_seconds <= services()[schedule.service].timeout_seconds
    assert schedule.time_zone == "America/New_York"


@pytest.mark.parametrize("schedule", PIPELINE.schedules, ids=lambda s: s.name)
def test_every_schedule_fires_within_a_week(schedule: Any) -> None:
    begins = datetime(2024, 12, 3, tzinfo=EASTERN)
    assert (next(CronSim(schedule.cron, begins)) - begins).days < 7


def firing_hours(name: str) -> list[float]:
    """The hours of one day at which a schedule fires."""
    (cron,) = (schedule.cron for schedule in PIPELINE.schedules if schedule.name == name)
    times = CronSim(cron, datetime(2024, 12, 2, 23, 59, tzinfo=EASTERN))
    day = takewhile(lambda moment: moment.date() == date(2024, 12, 3), times)
    return [moment.hour + moment.minute / 60 for moment in day]


def test_the_day_is_scheduled_as_the_operator_knows_it() -> None:
    assert firing_hours("morning-operations") == [6]
    assert firing_hours("betting-lines") == [8, 10, 12, 14, 16, 18, 20, 22]
    assert firing_hours("early-games") == [15, 18, 21]
    assert firing_hours("post-game-evening") + firing_hours("post-game-night") == [22, 1, 2, 4]
    assert firing_hours("self-heal") == [12.75]
    assert firing_hours("grading-daily") == [7]
    assert firing_hours("phase4-timeout-check-job") == [quarter / 4 for quarter in range(96)]
    injuries = firing_hours("injury-report")
    assert (injuries[0], injuries[-1], len(injuries)) == (10, 23.75, 56)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cron": "every monday"}, "cron"),
        ({"cron": "30 9 * *"}, "cron"),
        ({"time_zone": "America/Boston"}, "use one such as America/New_York"),
        ({"deadline_seconds": 1801}, "1800"),
        ({"path": "retrain"}, "path"),
        ({"why": ""}, "why"),
        ({"when": "now"}, "when"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(change: dict[str, Any], words: str) -> None:
    schedules = PIPELINE.model_dump(mode="json")["schedules"]
    with pytest.raises(ValidationError, match=words):
        Pipeline.model_validate(broken(schedules=[{**schedules[0], **change}]))


def test_two_schedules_of_one_name_are_refused() -> None:
    schedules = PIPELINE.model_dump(mode="json")["schedules"]
    with pytest.raises(ValidationError, match="morning-operations"):
        Pipeline.model_validate(broken(schedules=[schedules[0], schedules[0]]))


def test_a_pipeline_needs_no_schedule() -> None:
    without = {name: value for name, value in broken().items() if name != "schedules"}
    assert Pipeline.model_validate(without).schedules == ()


def test_every_phase_announces_on_its_own_topic_and_somebody_listens() -> None:
    topics = [phase.topic for phase in PIPELINE.phases.values()]
    assert len(set(topics)) == len(topics)
    heard = {subscription.topic for subscription in PIPELINE.subscriptions}
    assert set(topics) - heard == {PIPELINE.phases[Phase.PREDICTIONS].topic}


def test_an_output_is_found_with_its_rule_and_phase() -> None:
    assert PIPELINE.phase_of("player_daily_cache") is Phase.PRECOMPUTE
    assert PIPELINE.rule("player_daily_cache").inputs == ("upcoming_player_game_context",)


def raw_reads(table: str) -> set[str]:
    """The raw tables that a table's query reads, itself or through a view."""
    reads = all_specs()[table].reads
    views = [name for name in reads if all_specs()[name].kind == "view"]
    own = {name for name in reads if name in PIPELINE.phases[Phase.RAW].outputs}
    return own.union(*(raw_reads(view) for view in views))


def inputs(output: str) -> set[str]:
    """What an output rests on, directly and through what it rests on."""
    own = set(PIPELINE.rule(output).inputs)
    return own.union(*(inputs(name) for name in own))


@pytest.mark.parametrize("output", [n for p in MADE_BY_SQL for n in PIPELINE.phases[p].outputs])
def test_whatever_a_query_reads_of_its_date_renews_its_output(output: str) -> None:
    assert raw_reads(output) <= inputs(output)


MADE = {name for phase in MADE_BY_SQL for name in PIPELINE.phases[phase].outputs}
EARLIER = re.compile(r"game_date\s*(?:>=|BETWEEN)\s*DATE_SUB\(@from_date")
TABLE = re.compile(r"(?:FROM|JOIN) nba_\w+\.(\w+)")


def earlier_reads(output: str) -> set[str]:
    """The tables made by SQL that a query reads of dates before its own: those of each part of it that begins
    earlier. What it takes of raw tables of the days before is told by the summaries of those."""
    parts = re.split(r"^\),?$", all_specs()[output].sql(), flags=re.MULTILINE)
    return {name for part in parts if EARLIER.search(part) for name in TABLE.findall(part)} & MADE


def renewing(output: str) -> set[str]:
    """What of the days before its date renews an output, directly and through what it rests on."""
    rule = PIPELINE.rule(output)
    return set(rule.recent).union(*(renewing(name) for name in rule.inputs))


def test_rotations_contexts_and_what_rests_on_them_read_of_the_days_before() -> None:
    """And no other summary: a query in a form that EARLIER does not see would be missing here."""
    assert {name for name in PIPELINE.phases[Phase.ANALYTICS].outputs if earlier_reads(name)} == {
        "team_rotation_game_summary",
        "upcoming_team_game_context",
        "upcoming_player_game_context",
    }
    assert earlier_reads("team_rotation_game_summary") == {"player_game_summary", "team_offense_game_summary"}
    assert "team_rotation_game_summary" in earlier_reads("player_form_analysis")


@pytest.mark.parametrize("output", sorted(MADE))
def test_whatever_a_query_reads_of_the_days_before_renews_its_output(output: str) -> None:
    assert earlier_reads(output) <= renewing(output)


@pytest.mark.parametrize("output", sorted(MADE))
def test_a_query_that_does_not_begin_earlier_reads_its_own_dates_alone(output: str) -> None:
    spec = all_specs()[output]
    if not spec.frozen_at_tip and not earlier_reads(output):
        assert "DATE_SUB" not in spec.sql()
        assert len(re.findall(r"\bgame_date BETWEEN @from_date AND @to_date", spec.sql())) >= len(
            TABLE.findall(spec.sql())
        )


WAITED_FOR = {name for o in OUTPUTS for name in PIPELINE.rule(o).requires + PIPELINE.rule(o).awaits}


@pytest.mark.parametrize("output", sorted(WAITED_FOR))
def test_what_another_output_waits_for_is_due_some_time(output: str) -> None:
    assert PIPELINE.rule(output).due


@pytest.mark.parametrize("output", [name for name in OUTPUTS if PIPELINE.rule(name).due])
def test_nothing_is_due_before_what_it_waits_for(output: str) -> None:
    rule, day = PIPELINE.rule(output), date(2024, 12, 3)
    assert rule.due
    for name in rule.requires + rule.awaits:
        before = PIPELINE.rule(name).due
        assert before
        assert before.moment(day) <= rule.due.moment(day)


def test_predictions_are_due_at_noon_in_new_york() -> None:
    due = PIPELINE.rule("player_prop_predictions").due
    assert due
    assert due.moment(date(2024, 12, 3)) == datetime(2024, 12, 3, 17, tzinfo=UTC)
    assert due.moment(date(2025, 3, 9)) == datetime(2025, 3, 9, 16, tzinfo=UTC)


@pytest.mark.parametrize("by", [690, "noon", "7:00"])
def test_a_time_that_yaml_has_read_as_a_number_is_refused(by: Any) -> None:
    with pytest.raises(ValidationError, match=r'in quotes, e\.g\. "11:30"'):
        Due.model_validate({"by": by})
    assert Due.model_validate({"by": "11:30"}).by == time(11, 30)


@pytest.mark.parametrize("name", PIPELINE.workflows)
def test_every_workflow_names_sources_that_there_are(name: str) -> None:
    assert set(PIPELINE.workflows[name].sources) <= set(SOURCES)


def test_every_source_is_scraped_by_a_workflow_that_is_scheduled() -> None:
    scheduled = {s.path.removeprefix("/workflows/") for s in PIPELINE.schedules if s.service == "scrapers"}
    assert scheduled == set(PIPELINE.workflows)
    assert {source for w in PIPELINE.workflows.values() for source in w.sources} == set(SOURCES)


@pytest.mark.parametrize("output", PIPELINE.phases[Phase.RAW].outputs)
def test_every_raw_output_is_landed_by_a_source_that_there_is(output: str) -> None:
    assert PIPELINE.rule(output).source in SOURCES


@pytest.mark.parametrize(
    "when",
    [
        {"until": "dawn"},
        {"hours_after_tip": 3},
        {"until": "final"},
        {"until": "final", "hours_after_tip": 0},
        {"until": "last_tip", "hours_before_first_tip": 25},
        {"until": "stored", "hours_after_tip": 3},
    ],
)
def test_a_window_that_cannot_be_kept_is_refused(when: dict[str, Any]) -> None:
    workflow = {"sources": ["odds"], "date": "today", "when": when}
    with pytest.raises(ValidationError, match=r"workflows\.odd_one\.when"):
        Pipeline.model_validate(broken(workflows={"odd_one": workflow}))


def broken(**changes: Any) -> dict[str, Any]:
    return {**PIPELINE.model_dump(mode="json"), **changes}


@pytest.mark.parametrize("kind", ["requires", "awaits", "uses", "recent"])
def test_an_output_cannot_rest_on_what_nobody_makes(kind: str) -> None:
    phases = PIPELINE.model_dump(mode="json")["phases"]
    phases["raw"]["outputs"]["nba_schedule"][kind] = ["the_moon"]
    with pytest.raises(ValidationError, match=r"nba_schedule rests on .*the_moon"):
        Pipeline.model_validate(broken(phases=phases))


def test_an_output_cannot_wait_for_a_later_one() -> None:
    phases = PIPELINE.model_dump(mode="json")["phases"]
    phases["raw"]["outputs"]["nba_schedule"]["awaits"] = ["ml_feature_store"]
    with pytest.raises(ValidationError, match="nothing before it makes"):
        Pipeline.model_validate(broken(phases=phases))


def test_a_topic_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown topics"):
        Pipeline.model_validate(broken(topics=["prediction-ready"]))


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="topix"):
        Pipeline.model_validate(broken(topix=[]))
