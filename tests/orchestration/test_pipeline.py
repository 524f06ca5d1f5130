"""pipeline.yaml says something that can be carried out."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from deploy.registry import services
from orchestration.pipeline import Pipeline, load_pipeline
from shared.messages import Phase
from shared.warehouse.specs import all_specs

PIPELINE = load_pipeline()
MADE_BY_SQL = (Phase.ANALYTICS, Phase.PRECOMPUTE)
OUTPUTS = [name for phase in PIPELINE.phases.values() for name in phase.outputs]


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_output_is_a_table_of_a_folder(output: str) -> None:
    assert output in all_specs()


@pytest.mark.parametrize("subscription", PIPELINE.subscriptions, ids=lambda s: s.name)
def test_every_subscription_pushes_to_a_service_within_its_timeout(subscription: Any) -> None:
    assert subscription.topic in PIPELINE.topics
    assert subscription.ack_seconds <= services()[subscription.service].timeout_seconds


@pytest.mark.parametrize("schedule", PIPELINE.schedules, ids=lambda s: s.name)
def test_every_schedule_posts_to_a_service_that_has_the_time_to_answer(schedule: Any) -> None:
    assert schedule.deadline_seconds <= services()[schedule.service].timeout_seconds
    assert schedule.time_zone == "America/New_York"


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
    with pytest.raises(ValidationError, match="stalled-batches"):
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
