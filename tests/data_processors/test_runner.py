"""The services of phases 3 and 4: push envelopes in; tables, events and messages out."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import pubsub_v1

from data_processors.analytics.app import create_app as create_analytics
from data_processors.phase_run import PhaseRun
from data_processors.precompute.app import create_app as create_precompute
from deploy.local.pubsub.emulator import Emulator
from orchestration.pipeline import load_pipeline
from orchestration.platform import Platform as RealPlatform
from orchestration.state import Event, OutputState, PipelineState, State
from shared.clock import eastern_moment, eastern_today, utc_now
from shared.messages import AsOf, DateSpan, Phase, PhaseMessage, Status
from shared.outcomes import TransientError
from shared.settings import Settings
from shared.warehouse.replace import replace_dates
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

PROJECT = "nba-local"
KEY = {"X-API-Key": "test-key"}
GENERATION = datetime(2024, 1, 1, 12, tzinfo=UTC)
NEWER = GENERATION + timedelta(hours=1)
SUMMARIES = (
    "team_offense_game_summary",
    "team_defense_game_summary",
    "player_game_summary",
    "team_rotation_game_summary",
)
CONTEXT = "upcoming_player_game_context"
CONTEXTS = ("upcoming_team_game_context", CONTEXT)
PRECOMPUTED = {
    "team_defense_zone_analysis": 2,
    "player_shot_zone_analysis": 10,
    "player_composite_factors": 10,
    "player_daily_cache": 10,
    "player_form_analysis": 10,
    "player_similar_games": 10,
    "ml_feature_store": 10,
}
RAW = ("nba_schedule", "nba_player_boxscores", "odds_player_props", "odds_game_lines")
ODDS = ("odds_player_props", "odds_game_lines")


@dataclass
class Announcements:
    """Pull subscriptions on the topics that the phases announce on."""

    subscriber: pubsub_v1.SubscriberClient

    def take(self, phase: Phase) -> list[PhaseMessage]:
        """What a phase has announced since the last time."""
        path = self.subscriber.subscription_path(PROJECT, f"seen-{phase.value}")
        request = {"subscription": path, "max_messages": 100, "return_immediately": True}
        pulled = list(self.subscriber.pull(request=request, timeout=10).received_messages)
        if pulled:
            self.subscriber.acknowledge(subscription=path, ack_ids=[each.ack_id for each in pulled])
        return [PhaseMessage.model_validate_json(each.message.data) for each in pulled]


@pytest.fixture(scope="module")
def announcements(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Announcements]:
    emulator = Emulator(tmp_path_factory.mktemp("pubsub"))
    emulator.start()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PUBSUB_EMULATOR_HOST", emulator.addresses["grpc"])
        publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        for phase, rule in load_pipeline().phases.items():
            topic = publisher.topic_path(PROJECT, rule.topic)
            publisher.create_topic(name=topic)
            name = subscriber.subscription_path(PROJECT, f"seen-{phase.value}")
            subscriber.create_subscription(name=name, topic=topic)
        yield Announcements(subscriber)
        publisher.stop()
        publisher.transport.close()
        subscriber.close()
    emulator.stop()


@dataclass
class Platform:
    """One warehouse and bus with the two services on them; each test works on dates of its own."""

    warehouse: Warehouse
    raw: Any
    announcements: Announcements
    clients: dict[Phase, Any]

    def events(self, *days: date, generation: datetime = GENERATION, **states: State) -> None:
        PipelineState(self.warehouse).append(
            Event(day, Phase.RAW, name, state, generation, "raw-run", 1)
            for day in days
            for name, state in states.items()
        )

    def states(self, *days: date) -> dict[str, OutputState]:
        found = PipelineState(self.warehouse).read(min(days), max(days))
        return {name: state for (day, name), state in found.items() if name not in RAW}

    def push(self, phase: Phase, message: PhaseMessage) -> Any:
        return self.post(phase, message.model_dump_json().encode())

    def post(self, phase: Phase, data: bytes) -> Any:
        body = {"data": base64.b64encode(data).decode(), "messageId": "1", "attributes": {}}
        envelope = {"message": body, "subscription": "projects/nba-local/subscriptions/test"}
        return self.clients[phase].post("/process", json=envelope, headers=KEY)

    def recompute(self, phase: Phase = Phase.ANALYTICS, **body: Any) -> Any:
        return self.clients[phase].post("/process-date-range", json=body, headers=KEY)

    def count(self, table: str, day: date) -> int:
        sql = " ".join(("SELECT COUNT(*) AS stored_rows FROM", table, "WHERE game_date = @day"))
        return int(self.warehouse.rows(sql, day=day)[0]["stored_rows"])

    def dead_letters(self, word: str) -> list[str]:
        rows = self.warehouse.rows(
            "SELECT reason FROM nba_orchestration.dead_letters WHERE reason LIKE @word", word=f"%{word}%"
        )
        return [row["reason"] for row in rows]

    def played(self, *days: date, extra_points: int = 0, players: int = 5) -> None:
        """A game of two teams with so many players on each date, with its raw outputs complete."""
        rows = []
        for day in days:
            game_id = f"{day:%Y%m%d}_MEM_DAL"
            rows.append(self.raw.game(game_id))
            line = {"fg_attempts": 10}
            for team in ("MEM", "DAL"):
                rows += [
                    self.raw.box(game_id, team, f"{team} {n}", 20 + extra_points, 240 / players, **line)
                    for n in range(players)
                ]
        self.raw.load(*rows)
        self.events(*days, nba_schedule=State.COMPLETE, nba_player_boxscores=State.COMPLETE)


@pytest.fixture(scope="module")
def platform(warehouse: Warehouse, make_raw: Callable[..., Any], announcements: Announcements) -> Platform:
    base = {
        "PORT": 8080,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "VALID_API_KEYS": ("test-key",),
        "OIDC_SERVICE_ACCOUNTS": ("push@nba-local.iam.gserviceaccount.com",),
        "BIGQUERY_EMULATOR_HOST": warehouse.client._connection.API_BASE_URL,
        "BIGQUERY_STORAGE_EMULATOR_HOST": warehouse.storage.emulator,
    }
    apps = {Phase.ANALYTICS: create_analytics, Phase.PRECOMPUTE: create_precompute}
    clients = {
        phase: create(Settings(SERVICE=phase.value, OIDC_AUDIENCE=f"nba-props/{phase}", **base)).test_client()
        for phase, create in apps.items()
    }
    return Platform(warehouse, make_raw(warehouse), announcements, clients)


def completion(*days: date, phase: Phase = Phase.RAW, **values: Any) -> PhaseMessage:
    return PhaseMessage(
        message_key=f"{phase}:test:1",
        phase=phase,
        producer="test",
        run_id="1",
        span=DateSpan(from_date=min(days), to_date=max(days)),
        generation=GENERATION,
        status=Status.SUCCESS,
        correlation_id="correlation-1",
        **values,
    )


def test_a_completion_of_raw_makes_the_summaries_and_announces_them(platform: Platform) -> None:
    day = date(2023, 11, 1)
    platform.played(day)
    answer = platform.push(Phase.ANALYTICS, completion(day))
    assert (answer.status_code, answer.json["outcome"]) == (200, "DONE")
    states = platform.states(day)
    assert {name: (s.state, s.generation, s.rows_stored) for name, s in states.items()} == {
        "team_offense_game_summary": (State.COMPLETE, GENERATION, 2),
        "team_defense_game_summary": (State.COMPLETE, GENERATION, 2),
        "player_game_summary": (State.COMPLETE, GENERATION, 10),
        "team_rotation_game_summary": (State.COMPLETE, GENERATION, 2),
    }
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    assert {output.table: output.rows for output in announced.outputs} == dict(
        zip(SUMMARIES, (2, 2, 10, 2), strict=True)
    )
    assert (announced.status, announced.generation) == (Status.SUCCESS, GENERATION)
    assert (announced.cause, announced.correlation_id) == ("raw:test:1", "correlation-1")


def test_a_second_delivery_changes_nothing_and_announces_again(platform: Platform) -> None:
    """Whoever died between its events and its message is healed by the redelivery."""
    day = date(2023, 11, 2)
    platform.played(day)
    platform.push(Phase.ANALYTICS, completion(day))
    before = platform.warehouse.rows(
        "SELECT * FROM nba_analytics.player_game_summary WHERE game_date = @d", d=day
    )
    events = platform.count("nba_orchestration.pipeline_events", day)
    first = platform.announcements.take(Phase.ANALYTICS)
    answer = platform.push(Phase.ANALYTICS, completion(day))
    assert answer.json["outcome"] == "DONE"
    assert answer.json["reason"] == "all is there already, or frozen at its tip"
    assert platform.announcements.take(Phase.ANALYTICS)[0].outputs == first[0].outputs
    assert platform.count("nba_orchestration.pipeline_events", day) == events
    after = platform.warehouse.rows(
        "SELECT * FROM nba_analytics.player_game_summary WHERE game_date = @d", d=day
    )
    assert sorted(map(str, after)) == sorted(map(str, before))


def test_missing_inputs_are_named_and_nothing_is_announced(platform: Platform) -> None:
    day = date(2023, 11, 3)
    platform.raw.load(platform.raw.game(f"{day:%Y%m%d}_MEM_DAL"))
    platform.events(day, nba_schedule=State.COMPLETE)
    answer = platform.push(Phase.ANALYTICS, completion(day))
    assert (answer.status_code, answer.json["outcome"]) == (200, "NOT_YET")
    assert f"nba_player_boxscores on {day}" in answer.json["reason"]
    assert platform.states(day) == {}
    assert platform.announcements.take(Phase.ANALYTICS) == []


def test_of_a_span_it_is_told_which_dates_wait_and_how_many_were_made(platform: Platform) -> None:
    made, *waiting = (date(2022, 3, 1) + timedelta(days=n) for n in range(13))
    platform.played(made)
    platform.raw.load(*(platform.raw.game(f"{day:%Y%m%d}_MEM_DAL") for day in waiting))
    platform.events(*waiting, nba_schedule=State.COMPLETE)
    answer = platform.push(Phase.ANALYTICS, completion(made, *waiting)).json
    assert answer["outcome"] == "DONE"
    assert answer["reason"].startswith("4 tables on 1 dates; team_offense_game_summary waits on 12; ")
    assert answer["dates_made"] == dict.fromkeys(SUMMARIES, 1)
    assert answer["waiting"]["team_offense_game_summary"]["nba_player_boxscores"] == {
        "count": 12,
        "first": [day.isoformat() for day in waiting[:10]],
    }
    platform.announcements.take(Phase.ANALYTICS)


def test_a_span_about_which_nothing_is_known_is_not_yet(platform: Platform) -> None:
    answer = platform.push(Phase.ANALYTICS, completion(date(2019, 11, 3)))
    assert answer.json["outcome"] == "NOT_YET"
    assert answer.json["reason"] == "neither games in the schedule nor events on these dates"


def test_a_date_without_games_is_empty_ok_throughout(platform: Platform) -> None:
    day = date(2023, 11, 4)
    platform.events(day, **dict.fromkeys(RAW, State.EMPTY_OK))
    platform.push(Phase.ANALYTICS, completion(day))
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    assert announced.status is Status.NO_DATA
    platform.push(Phase.PRECOMPUTE, announced)
    assert {state.state for state in platform.states(day).values()} == {State.EMPTY_OK}
    assert set(platform.states(day)) == {*SUMMARIES, *CONTEXTS, *PRECOMPUTED}
    assert [m.status for m in platform.announcements.take(Phase.PRECOMPUTE)] == [Status.NO_DATA]


def test_a_newer_generation_is_made_again_and_an_older_message_leaves_it_alone(platform: Platform) -> None:
    day = date(2023, 11, 5)
    platform.played(day)
    platform.push(Phase.ANALYTICS, completion(day))
    platform.warehouse.run(
        "UPDATE nba_raw.nba_player_boxscores SET points = points + 1, ft_makes = ft_makes + 1, "
        "ft_attempts = ft_attempts + 1 WHERE game_date = @day",
        day=day,
    )
    platform.events(day, generation=NEWER, nba_player_boxscores=State.COMPLETE)
    platform.push(Phase.ANALYTICS, completion(day))
    again = platform.push(Phase.ANALYTICS, completion(day))
    assert again.json["reason"].startswith("all is there already")
    assert {state.generation for state in platform.states(day).values()} == {NEWER}
    points = "SELECT SUM(points) AS points FROM nba_analytics.player_game_summary WHERE game_date = @day"
    assert platform.warehouse.rows(points, day=day) == [{"points": 210}]
    platform.announcements.take(Phase.ANALYTICS)


def test_no_rows_for_a_date_with_games_is_a_failure_that_everybody_learns_of(platform: Platform) -> None:
    day = date(2023, 11, 6)
    platform.raw.load(platform.raw.game(f"{day:%Y%m%d}_MEM_DAL"))
    platform.events(day, nba_schedule=State.COMPLETE, nba_player_boxscores=State.COMPLETE)
    answer = platform.push(Phase.ANALYTICS, completion(day))
    assert (answer.status_code, answer.json["outcome"]) == (200, "PERMANENT")
    reason = "0 rows although the schedule has 1 games"
    assert platform.states(day)["team_offense_game_summary"].reason == reason
    assert set(platform.states(day)) == {"team_offense_game_summary"}
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    assert announced.status is Status.FAILED
    assert reason in str(announced.reason)
    assert platform.dead_letters(f"{day}: {reason}")


def test_a_broken_check_fails_its_date_and_no_other(platform: Platform) -> None:
    good, bad = date(2023, 11, 7), date(2023, 11, 8)
    platform.played(good, bad)
    platform.warehouse.run(
        "UPDATE nba_raw.nba_schedule SET status = 'FINAL', home_points = 1, away_points = 1 "
        "WHERE game_date = @day",
        day=bad,
    )
    answer = platform.push(Phase.ANALYTICS, completion(good, bad))
    assert answer.json["outcome"] == "PERMANENT"
    found = PipelineState(platform.warehouse).read(good, bad)
    assert found[good, "player_game_summary"].state is State.COMPLETE
    assert found[bad, "team_offense_game_summary"].state is State.FAILED
    assert "players add up to the score" in (found[bad, "team_offense_game_summary"].reason or "")
    assert found[bad, "team_offense_game_summary"].rows_stored == 0
    assert platform.count("nba_analytics.team_offense_game_summary", bad) == 0, "nobody may rest on it"
    assert (bad, "player_game_summary") not in found
    assert [m.status for m in platform.announcements.take(Phase.ANALYTICS)] == [Status.PARTIAL]


def test_a_date_with_far_fewer_rows_than_usual_is_reported_and_goes_on(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    usual, normal, thin = date(2021, 11, 7), date(2021, 11, 8), date(2021, 11, 9)
    platform.played(usual, normal, players=12)
    for day in (usual, normal):
        platform.push(Phase.ANALYTICS, completion(day))
    assert not [text for text in caplog.messages if "rows per game_id" in text]
    platform.played(thin, players=5)
    platform.push(Phase.ANALYTICS, completion(thin))
    (told,) = [text for text in caplog.messages if "rows per game_id" in text]
    assert told.startswith(f"player_game_summary {thin} to {thin}: broken check: rows per game_id")
    assert platform.states(thin)["player_game_summary"].state is State.COMPLETE
    platform.announcements.take(Phase.ANALYTICS)


def test_two_namesakes_in_a_game_fail_its_date_and_no_other(platform: Platform) -> None:
    good, bad = date(2020, 11, 16), date(2020, 11, 17)
    platform.played(good, bad)
    platform.raw.load(platform.raw.box(f"{bad:%Y%m%d}_MEM_DAL", "DAL", "DAL 1", 0, 0, player_id=999))
    answer = platform.push(Phase.ANALYTICS, completion(good, bad))
    assert answer.json["outcome"] == "PERMANENT"
    found = PipelineState(platform.warehouse).read(good, bad)
    assert found[good, "player_game_summary"].state is State.COMPLETE
    assert found[bad, "team_defense_game_summary"].state is State.COMPLETE
    failed = found[bad, "player_game_summary"]
    assert (failed.state, failed.rows_stored) == (State.FAILED, 0)
    assert "1 keys occur twice" in (failed.reason or "")
    assert platform.count("nba_analytics.player_game_summary", good) == 10
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    assert announced.status is Status.PARTIAL
    assert f"player_game_summary {bad}" in str(announced.reason)


def test_a_replayed_slate_goes_through_both_phases_on_what_they_really_announce(platform: Platform) -> None:
    history, day = date(2023, 11, 9), date(2023, 11, 10)
    game_id = f"{day:%Y%m%d}_MEM_DAL"
    platform.played(history)
    platform.push(Phase.ANALYTICS, completion(history))
    platform.announcements.take(Phase.ANALYTICS)
    platform.raw.load(platform.raw.game(game_id), platform.raw.line(game_id, "DAL 1", 19.5, 90))
    platform.events(day, nba_schedule=State.COMPLETE, **dict.fromkeys(ODDS, State.COMPLETE))
    platform.push(Phase.ANALYTICS, completion(day, knowledge=AsOf(lead_minutes=60)))
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    answer = platform.push(Phase.PRECOMPUTE, announced)
    assert answer.json["stored"] == PRECOMPUTED
    (features,) = platform.announcements.take(Phase.PRECOMPUTE)
    assert features.knowledge == AsOf(lead_minutes=60)
    assert features.correlation_id == "correlation-1"
    assert {o.table: o.rows for o in features.outputs} == PRECOMPUTED
    assert {o.table: o.rows_expected for o in features.outputs} == PRECOMPUTED
    assert platform.states(day)["ml_feature_store"].state is State.COMPLETE


def test_history_gets_no_context_because_its_games_have_tipped_off(platform: Platform) -> None:
    day = date(2023, 11, 11)
    platform.played(day)
    platform.events(day, **dict.fromkeys(ODDS, State.EMPTY_OK))
    platform.push(Phase.ANALYTICS, completion(day))
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    answer = platform.push(Phase.PRECOMPUTE, announced)
    assert answer.json["outcome"] == "DONE"
    assert "nothing in this phase rests on team_offense_game_summary" in answer.json["reason"]
    assert set(platform.states(day)) == set(SUMMARIES)
    assert platform.announcements.take(Phase.PRECOMPUTE) == []


def pregame(platform: Platform, history: date, day: date, *, tip_at: datetime | None = None) -> str:
    """A game of tonight with a game of history behind it and all its inputs; returns its id."""
    game_id = f"{day:%Y%m%d}_MEM_DAL"
    platform.played(history)
    platform.push(Phase.ANALYTICS, completion(history))
    platform.raw.load(platform.raw.game(game_id, **({"tip_at": tip_at} if tip_at else {})))
    platform.events(day, nba_schedule=State.COMPLETE, **dict.fromkeys(ODDS, State.COMPLETE))
    platform.announcements.take(Phase.ANALYTICS)
    return game_id


def test_rows_that_break_a_check_are_taken_out_and_phase_3_stands_in(platform: Platform) -> None:
    history, day = date(2023, 12, 15), date(2023, 12, 16)
    pregame(platform, history, day)
    platform.push(Phase.ANALYTICS, completion(day, knowledge=AsOf(lead_minutes=60)))
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    attempts = (
        "UPDATE nba_analytics.player_game_summary SET fg_attempts = @fg, ft_attempts = @ft "
        "WHERE player_lookup = 'mem1' AND game_date <= @day"
    )
    platform.warehouse.run(attempts, fg=1, ft=0, day=history)
    answer = platform.push(Phase.PRECOMPUTE, announced)
    platform.warehouse.run(attempts, fg=10, ft=20, day=history)
    assert answer.json["outcome"] == "PERMANENT"
    states = platform.states(day)
    assert (states["player_daily_cache"].state, states["player_daily_cache"].rows_stored) == (State.FAILED, 0)
    assert platform.count("nba_precompute.player_daily_cache", day) == 0
    assert states["ml_feature_store"].state is State.DEGRADED
    rows = platform.warehouse.rows(
        "SELECT DISTINCT 'points_avg_last_10' IN UNNEST(phase3_features) AS stands_in "
        "FROM nba_predictions.ml_feature_store WHERE game_date = @day",
        day=day,
    )
    assert rows == [{"stands_in": True}]
    platform.announcements.take(Phase.PRECOMPUTE)
    # The same news alone finds it ended; who heals asks for what failed, and what that degraded.
    platform.push(Phase.PRECOMPUTE, announced)
    assert platform.states(day)["player_daily_cache"].state is State.FAILED
    platform.announcements.take(Phase.PRECOMPUTE)
    answer = platform.push(Phase.PRECOMPUTE, announced.model_copy(update={"retry": True}))
    assert set(answer.json["stored"]) == {"player_daily_cache", "ml_feature_store"}
    states = platform.states(day)
    assert states["player_daily_cache"].state is states["ml_feature_store"].state is State.COMPLETE
    (told,) = platform.announcements.take(Phase.PRECOMPUTE)
    assert told.retry


def orchestration(platform: Platform) -> RealPlatform:
    return RealPlatform(settings_of(platform))


def context_tips(platform: Platform, day: date) -> list[datetime]:
    sql = "SELECT DISTINCT tip_at FROM nba_analytics.upcoming_player_game_context WHERE game_date = @day"
    return [row["tip_at"] for row in platform.warehouse.rows(sql, day=day)]


@pytest.mark.parametrize("later", [120, -120], ids=["delayed", "brought forward"])
def test_a_game_is_frozen_by_its_old_tip_and_by_its_new_one(platform: Platform, later: int) -> None:
    day = date(2023, 12, 18) if later > 0 else date(2023, 12, 20)
    game_id = pregame(platform, day - timedelta(days=1), day)
    tip_at = platform.raw.game(game_id)["tip_at"]
    as_of = AsOf(as_of=tip_at - timedelta(hours=3))
    platform.push(Phase.ANALYTICS, completion(day, knowledge=as_of))
    platform.raw.load(platform.raw.game(f"{day:%Y%m%d}_BOS_NYK", tip_at=tip_at + timedelta(hours=3)))
    platform.raw.load(platform.raw.roster(day, "NYK", "Nyk 1"), platform.raw.roster(day, "BOS", "Bos 1"))
    platform.warehouse.run(
        "UPDATE nba_raw.nba_schedule SET tip_at = @tip_at WHERE game_id = @game_id",
        tip_at=tip_at + timedelta(minutes=later),
        game_id=game_id,
    )
    platform.events(day, generation=NEWER, nba_schedule=State.COMPLETE)
    between = tip_at + timedelta(minutes=later / 2)
    answer = platform.push(Phase.ANALYTICS, completion(day, knowledge=AsOf(as_of=between)))
    assert answer.json["outcome"] == "DONE", answer.json
    assert platform.states(day)[CONTEXT].state is State.COMPLETE
    assert sorted(context_tips(platform, day)) == [tip_at, tip_at + timedelta(hours=3)]
    platform.warehouse.run(
        "UPDATE nba_raw.nba_schedule SET status = 'POSTPONED' WHERE game_id = @g", g=game_id
    )
    platform.events(day, generation=NEWER + timedelta(hours=1), nba_schedule=State.COMPLETE)
    platform.push(Phase.ANALYTICS, completion(day, knowledge=AsOf(as_of=between)))
    assert context_tips(platform, day) == [tip_at + timedelta(hours=3)], "a game that is off leaves no rows"
    platform.announcements.take(Phase.ANALYTICS)


def test_a_tip_that_passes_during_a_run_changes_nothing_halfway(platform: Platform) -> None:
    """The run's moment is fixed when it begins: its only game tips off before the first query."""
    day = eastern_today()
    game_id = pregame(platform, day - timedelta(days=3), day, tip_at=utc_now() + timedelta(hours=1))
    tip_at = utc_now() + timedelta(seconds=2)
    platform.warehouse.run(
        "UPDATE nba_raw.nba_schedule SET tip_at = @tip_at WHERE game_id = @game_id",
        tip_at=tip_at,
        game_id=game_id,
    )
    run = PhaseRun(
        orchestration(platform), Phase.ANALYTICS, DateSpan(from_date=day, to_date=day), AsOf(), only=CONTEXTS
    )
    time.sleep(2)
    run.execute()
    assert run.now < tip_at < utc_now()
    assert {name: platform.states(day)[name].state for name in CONTEXTS} == dict.fromkeys(
        CONTEXTS, State.COMPLETE
    )
    cutoffs = platform.warehouse.rows(
        "SELECT DISTINCT cutoff FROM nba_analytics.upcoming_player_game_context WHERE game_date = @day",
        day=day,
    )
    assert cutoffs == [{"cutoff": run.now}]


class Counting(Warehouse):
    """Counts the statements that write a table."""

    writes = 0

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        self.writes += "BEGIN TRANSACTION" in sql and "player_game_summary" in sql
        return super().rows(sql, **values)


def test_a_bad_date_among_many_is_found_by_halves(platform: Platform) -> None:
    days = [date(2022, 11, 1) + timedelta(days=n) for n in range(16)]
    bad = days[11]
    platform.played(*days)
    platform.raw.load(platform.raw.box(f"{bad:%Y%m%d}_MEM_DAL", "DAL", "DAL 1", 0, 0, player_id=999))
    platform.push(Phase.ANALYTICS, completion(bad))
    real = orchestration(platform)
    real.warehouse = Counting(platform.warehouse.client, platform.warehouse.storage)
    span = DateSpan(from_date=days[0], to_date=days[-1])
    run = PhaseRun(real, Phase.ANALYTICS, span, AsOf(), only=("player_game_summary",), again=True)
    PhaseRun(real, Phase.ANALYTICS, span, AsOf(), only=SUMMARIES[:2]).execute()
    run.execute()
    assert [event.game_date for event in run.made if event.state is State.FAILED] == [bad]
    assert real.warehouse.writes == 1 + 2 * 4
    platform.announcements.take(Phase.ANALYTICS)


class Asked(Warehouse):
    """Counts the queries."""

    queries = 0

    def run(self, sql: str, **values: Any) -> Any:
        self.queries += 1
        return super().run(sql, **values)


def test_a_slate_costs_three_queries_a_table_at_most(platform: Platform) -> None:
    """The replacement, one query that checks and counts, and a share in slate, state and events."""
    day = date(2021, 11, 20)
    platform.played(day)
    real = orchestration(platform)
    real.warehouse = Asked(platform.warehouse.client, platform.warehouse.storage)
    real.state = PipelineState(real.warehouse)
    run = PhaseRun(real, Phase.ANALYTICS, DateSpan(from_date=day, to_date=day), AsOf())
    run.execute()
    assert {event.state for event in run.made} == {State.COMPLETE}
    assert real.warehouse.queries <= 3 * len(run.made)


def precomputing(platform: Platform, day: date) -> PhaseRun:
    """A run of phase 4 that makes all of a date again and counts what it asks."""
    real = orchestration(platform)
    real.warehouse = Asked(platform.warehouse.client, platform.warehouse.storage)
    real.state = PipelineState(real.warehouse)
    return PhaseRun(real, Phase.PRECOMPUTE, DateSpan(from_date=day, to_date=day), AsOf(), again=True)


def test_phase_4_of_a_slate_is_one_job_and_the_same_as_table_by_table(platform: Platform) -> None:
    day = date(2006, 2, 18)
    pregame(platform, day - timedelta(days=1), day)
    knowledge = AsOf(lead_minutes=60)
    platform.push(Phase.ANALYTICS, completion(day, knowledge=knowledge))
    together = precomputing(platform, day)
    together.knowledge = knowledge
    together.execute()
    assert together.platform.warehouse.queries == 1  # type: ignore[attr-defined]
    made = {name: rows(platform, name, day) for name in PRECOMPUTED}
    assert {event.output: event.rows_stored for event in together.made} == PRECOMPUTED
    for name in PRECOMPUTED:
        alone = precomputing(platform, day)
        alone.knowledge, alone.only = knowledge, (name,)
        alone.execute()
        assert [event.state for event in alone.made] == [State.COMPLETE]
        assert rows(platform, name, day) == made[name]


def rows(platform: Platform, table: str, day: date) -> list[str]:
    """A table's rows of a date in order, without when and by whom they were written."""
    spec = spec_of(table)
    names = ", ".join(name for name in spec.stable_columns())
    found = platform.warehouse.rows(f"SELECT {names} FROM {spec.table} WHERE game_date = @day", day=day)
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in found)


def test_tables_that_are_due_on_different_dates_are_made_one_after_the_other(platform: Platform) -> None:
    """What rests on a table is not made before it: it would keep that table's old rows as its newest."""
    first, second = date(2008, 3, 5), date(2008, 3, 6)
    pregame(platform, first - timedelta(days=1), first)
    pregame(platform, first - timedelta(days=1), second)
    knowledge = AsOf(lead_minutes=60)
    for day in (first, second):
        platform.push(Phase.ANALYTICS, completion(day, knowledge=knowledge))
    zones = precomputing(platform, first)
    zones.knowledge, zones.only = knowledge, ("player_shot_zone_analysis",)
    zones.execute()
    both = precomputing(platform, first)
    both.knowledge, both.again = knowledge, False
    both.span = DateSpan(from_date=first, to_date=second)
    both.execute()
    assert both.platform.warehouse.queries >= len(PRECOMPUTED)  # type: ignore[attr-defined]
    made = {(event.output, event.game_date) for event in both.made}
    assert ("player_shot_zone_analysis", second) in made
    assert ("player_shot_zone_analysis", first) not in made
    assert {event.state for event in both.made} == {State.COMPLETE}


def test_what_rests_on_rows_of_its_own_phase_is_made_after_them(platform: Platform) -> None:
    """Summaries again over a date whose box score was corrected: the rotation has the corrected minutes."""
    day = date(2010, 3, 9)
    platform.played(day)
    platform.push(Phase.ANALYTICS, completion(day))
    platform.warehouse.run(
        "UPDATE nba_raw.nba_player_boxscores SET seconds_played = seconds_played + 60 "
        "WHERE game_date = @day AND seconds_played > 0",
        day=day,
    )
    PhaseRun(
        orchestration(platform),
        Phase.ANALYTICS,
        DateSpan(from_date=day, to_date=day),
        AsOf(),
        only=SUMMARIES,
        again=True,
    ).execute()
    made = rows(platform, "team_rotation_game_summary", day)
    alone = PhaseRun(
        orchestration(platform),
        Phase.ANALYTICS,
        DateSpan(from_date=day, to_date=day),
        AsOf(),
        only=SUMMARIES[-1:],
        again=True,
    )
    alone.execute()
    assert rows(platform, "team_rotation_game_summary", day) == made


def test_where_one_table_is_refused_each_is_made_by_itself(platform: Platform) -> None:
    """A player who is in the context twice has no rows in what has one row a player."""
    day = date(2012, 2, 20)
    pregame(platform, day - timedelta(days=1), day)
    knowledge = AsOf(lead_minutes=60)
    platform.push(Phase.ANALYTICS, completion(day, knowledge=knowledge))
    table = spec_of(CONTEXT).table
    one = f"SELECT * FROM {table} WHERE game_date = @day ORDER BY player_lookup LIMIT 1"
    platform.warehouse.run(f"INSERT INTO {table} {one}", day=day)
    run = precomputing(platform, day)
    run.knowledge = knowledge
    run.execute()
    found = {event.output: event for event in run.made}
    assert found["team_defense_zone_analysis"].state is State.COMPLETE
    assert found["player_shot_zone_analysis"].state is State.FAILED
    assert "occur twice" in (found["player_shot_zone_analysis"].reason or "")
    assert found.keys() == PRECOMPUTED.keys()


def test_where_one_table_is_newer_the_others_are_made_by_themselves(platform: Platform) -> None:
    day = date(2014, 2, 22)
    pregame(platform, day - timedelta(days=1), day)
    knowledge = AsOf(lead_minutes=60)
    platform.push(Phase.ANALYTICS, completion(day, knowledge=knowledge))
    platform.push(Phase.PRECOMPUTE, completion(day, knowledge=knowledge))
    table, later = spec_of("player_form_analysis").table, utc_now() + timedelta(days=1)
    platform.warehouse.run(
        f"UPDATE {table} SET generation = @later WHERE game_date = @day", day=day, later=later
    )
    run = precomputing(platform, day)
    run.knowledge = knowledge
    run.execute()
    reasons = {event.output: event.reason for event in run.made}
    assert reasons.pop("player_form_analysis") == "rows of a newer generation were there"
    assert set(reasons.values()) == {None}


def test_what_waits_for_newer_inputs_is_neither_used_nor_announced_as_success(platform: Platform) -> None:
    """A team's context of the morning is there; the newer schedule came, its lines are still being read."""
    history, day = date(2023, 12, 22), date(2023, 12, 23)
    pregame(platform, history, day)
    message = completion(day, knowledge=AsOf(lead_minutes=60))
    platform.push(Phase.ANALYTICS, message)
    assert [m.status for m in platform.announcements.take(Phase.ANALYTICS)] == [Status.SUCCESS]
    platform.events(day, generation=NEWER, nba_schedule=State.COMPLETE, odds_game_lines=State.RUNNING)
    platform.warehouse.run("DELETE FROM nba_raw.nba_schedule WHERE game_date = @day", day=day)
    platform.played(day)
    platform.events(day, generation=NEWER, nba_player_boxscores=State.COMPLETE)
    answer = platform.push(Phase.ANALYTICS, message)
    assert set(answer.json["stored"]) == set(SUMMARIES)
    assert platform.states(day)[CONTEXT].generation == GENERATION, "not made of the older team context"
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    assert announced.status is Status.PARTIAL
    assert {output.table for output in announced.outputs} == set(SUMMARIES)


def settings_of(platform: Platform, **changes: Any) -> Settings:
    """The analytics service's settings with some of them changed."""
    return Settings(
        SERVICE="analytics",
        PORT=8080,
        GOOGLE_CLOUD_PROJECT=PROJECT,
        VALID_API_KEYS=("test-key",),
        OIDC_AUDIENCE="nba-props/analytics",
        OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
        BIGQUERY_EMULATOR_HOST=platform.warehouse.client._connection.API_BASE_URL,
        BIGQUERY_STORAGE_EMULATOR_HOST=platform.warehouse.storage.emulator,
        **changes,
    )


def test_degraded_mode_goes_on_past_a_failed_input_and_says_so(platform: Platform) -> None:
    day = date(2023, 11, 12)
    platform.played(day)
    platform.events(day, generation=NEWER, nba_player_boxscores=State.FAILED)
    assert platform.push(Phase.ANALYTICS, completion(day)).json["outcome"] == "NOT_YET"
    clients = {
        Phase.ANALYTICS: create_analytics(settings_of(platform, ALLOW_DEGRADED_MODE=True)).test_client()
    }
    degraded = Platform(platform.warehouse, platform.raw, platform.announcements, clients)
    degraded.push(Phase.ANALYTICS, completion(day))
    assert {state.state for state in platform.states(day).values()} == {State.DEGRADED}
    platform.announcements.take(Phase.ANALYTICS)


def test_an_operator_recomputes_a_range_whatever_its_generation(platform: Platform) -> None:
    days = [date(2023, 11, 13), date(2023, 11, 14)]
    platform.played(*days)
    platform.push(Phase.ANALYTICS, completion(*days))
    platform.warehouse.run(
        "DELETE FROM nba_analytics.player_game_summary WHERE game_date = @day", day=days[0]
    )
    answer = platform.recompute(
        start_date="2023-11-13", end_date="2023-11-14", tables=["player_game_summary"]
    )
    assert (answer.status_code, answer.json["outcome"]) == (200, "DONE")
    assert (answer.json["stored"], answer.json["dates"]) == ({"player_game_summary": 20}, 2)
    assert platform.count("nba_analytics.player_game_summary", days[0]) == 10
    assert platform.states(*days)["player_game_summary"].generation == GENERATION
    platform.announcements.take(Phase.ANALYTICS)


def test_an_operator_is_told_what_could_not_be_made(platform: Platform) -> None:
    day = date(2023, 11, 15)
    platform.raw.load(platform.raw.game(f"{day:%Y%m%d}_MEM_DAL"))
    platform.events(day, nba_schedule=State.COMPLETE, nba_player_boxscores=State.COMPLETE)
    answer = platform.recompute(start_date=day.isoformat(), end_date=day.isoformat())
    assert answer.status_code == 409
    assert "0 rows although the schedule has 1 games" in answer.json["detail"]
    platform.announcements.take(Phase.ANALYTICS)


AHEAD = f"{eastern_today() + timedelta(days=15)}"
TO_TODAY = {"start_date": f"{eastern_today() - timedelta(days=3)}", "end_date": f"{eastern_today()}"}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("start_date", {"start_date": "2024-02-30", "end_date": "2024-03-01"}),
        ("start_date", {"start_date": 20241203, "end_date": "2024-12-03"}),
        ("start_date", {"end_date": "2024-12-03"}),
        ("start_date", {"start_date": "0001-01-01", "end_date": "2024-12-03"}),
        ("end_date", {"start_date": "2024-12-03", "end_date": "9999-12-31"}),
        ("as_of", {"start_date": "2024-12-03", "end_date": "2024-12-03", "as_of": "0001-01-01T00:00:00Z"}),
        ("end_date", {"start_date": "2024-12-03", "end_date": "2024-12-02"}),
        ("end_date", {"start_date": "2023-01-01", "end_date": "2024-12-03"}),
        ("end_date", {"start_date": AHEAD, "end_date": AHEAD}),
        ("tables", {"start_date": "2024-12-03", "end_date": "2024-12-03", "tables": ["ml_feature_store"]}),
        ("as_of", {"start_date": "2024-12-03", "end_date": "2024-12-03", "as_of": "2999-01-01T00:00:00Z"}),
        ("as_of", {"start_date": "2024-12-03", "end_date": "2024-12-03", "as_of": "2024-12-03T00:00:00"}),
        ("lead_minutes", {"start_date": "2024-12-03", "end_date": "2024-12-03", "lead_minutes": -1}),
        ("lead_minutes", {"start_date": "2024-12-03", "end_date": "2024-12-03", "lead_minutes": True}),
        ("backfill", {"start_date": "2024-12-03", "end_date": "2024-12-03", "backfill": "yes"}),
        ("as_of", {"start_date": "2024-12-03", "end_date": "2024-12-03", "as_of": 1733400000}),
        ("lead_minutes", TO_TODAY | {"lead_minutes": 60}),
        ("backfill", TO_TODAY | {"backfill": True}),
        ("backfill", TO_TODAY | {"end_date": f"{eastern_today() + timedelta(days=1)}", "backfill": True}),
        ("days", {"start_date": "2024-12-03", "end_date": "2024-12-03", "days": 3}),
    ],
)
def test_a_bad_range_is_refused_by_the_name_of_its_field(
    platform: Platform, field: str, body: dict[str, Any]
) -> None:
    answer = platform.recompute(**body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_stranger_is_refused_before_anything_is_read(platform: Platform) -> None:
    client = platform.clients[Phase.ANALYTICS]
    assert client.post("/process-date-range", json={}).status_code == 401
    assert client.post("/process", json={}, headers={"X-API-Key": "wrong"}).status_code == 401


def test_a_payload_that_is_no_completion_is_kept_and_not_retried(platform: Platform) -> None:
    answer = platform.post(Phase.PRECOMPUTE, json.dumps({"phase": "analytics"}).encode())
    assert (answer.status_code, answer.json["outcome"]) == (200, "PERMANENT")
    assert platform.dead_letters("not a PhaseMessage")


def test_a_service_is_built_without_touching_a_network(tmp_path: Path) -> None:
    """Nothing listens on the addresses, and nobody has asked."""
    settings = Settings(
        SERVICE="precompute",
        PORT=8080,
        GOOGLE_CLOUD_PROJECT=PROJECT,
        VALID_API_KEYS=("test-key",),
        OIDC_AUDIENCE="nba-props/precompute",
        OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
    )
    assert create_precompute(settings).test_client().get("/health").json["service"] == "precompute"


def with_games_missing(platform: Platform, day: date, missing: tuple[str, ...]) -> PhaseMessage:
    """A day whose box scores are said to be complete though games of the schedule have none."""
    platform.played(day)
    platform.raw.load(*(platform.raw.game(f"{day:%Y%m%d}_{teams}") for teams in missing))
    morning_after = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=11)
    return completion(day, knowledge=AsOf(as_of=morning_after))


def test_a_date_with_too_few_games_waits(platform: Platform) -> None:
    day = date(2023, 12, 1)
    message = with_games_missing(platform, day, ("BOS_NYK",))
    answer = platform.push(Phase.ANALYTICS, message)
    assert answer.json["outcome"] == "NOT_YET"
    assert f"more than 1 of 2 games, 2 of 4 rows on {day}" in answer.json["reason"]
    assert {s.state for s in platform.states(day).values()} == {State.RUNNING}
    assert platform.announcements.take(Phase.ANALYTICS) == []


def test_a_game_that_never_arrives_blocks_no_date_for_ever(platform: Platform) -> None:
    """With four games of five: the morning after it waits, two days later it goes on and says so."""
    day = date(2023, 12, 3)
    message = with_games_missing(platform, day, ("BOS_NYK",))
    more = ("GSW_DEN", "LAL_PHX", "MIA_ORL")
    for teams in more:
        game_id = f"{day:%Y%m%d}_{teams}"
        platform.raw.load(
            platform.raw.game(game_id),
            *(
                platform.raw.box(game_id, team, f"{team} {n}", 20, 48, fg_attempts=10)
                for team in teams.split("_")
                for n in range(5)
            ),
        )
    assert platform.push(Phase.ANALYTICS, message).json["outcome"] == "NOT_YET"
    platform.push(Phase.ANALYTICS, completion(day))
    state = platform.states(day)["team_offense_game_summary"]
    assert (state.state, state.reason) == (State.DEGRADED, "4 of 5 games, 8 of 10 rows")
    (announced,) = platform.announcements.take(Phase.ANALYTICS)
    (offense,) = [o for o in announced.outputs if o.table == "team_offense_game_summary"]
    assert (offense.rows, offense.rows_expected, offense.games, offense.games_expected) == (8, 10, 4, 5)


def test_a_roster_says_how_many_contexts_are_due_and_begun_games_count_for_nothing(
    warehouse: Warehouse, platform: Platform
) -> None:
    day = date(2023, 12, 11)
    games = [platform.raw.game(f"{day:%Y%m%d}_{teams}") for teams in ("MEM_DAL", "BOS_NYK")]
    games[1]["tip_at"] += timedelta(hours=2)
    listed = [platform.raw.roster(day, team, f"{team} {n}") for team in ("MEM", "NYK") for n in range(3)]
    platform.raw.load(*games, *listed)
    expected = spec_of(CONTEXT).expected_sql()
    for moment, rows in ((games[0]["tip_at"] - timedelta(hours=1), 6), (games[0]["tip_at"], 3)):
        (found,) = warehouse.rows(expected, from_date=day, to_date=day, moment=moment)
        assert found == {"game_date": day, "expected_rows": rows}


def test_two_first_replacements_of_a_date_leave_one_copy(platform: Platform) -> None:
    day = date(2023, 12, 13)
    platform.played(day)
    spec = spec_of("team_offense_game_summary")

    def replace(run_id: str) -> bool:
        try:
            replace_dates(platform.warehouse, spec, {day: GENERATION}, AsOf(lead_minutes=60), run_id)
        except TransientError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert any(pool.map(replace, ("first", "second", "third", "fourth")))
    assert platform.count(spec.table, day) == 2


def test_the_operators_word_goes_on_with_too_few_games(platform: Platform) -> None:
    day = date(2023, 12, 5)
    message = with_games_missing(platform, day, ("BOS_NYK",))
    analytics = create_analytics(settings_of(platform, ALLOW_DEGRADED_MODE=True)).test_client()
    clients = {Phase.ANALYTICS: analytics}
    Platform(platform.warehouse, platform.raw, platform.announcements, clients).push(Phase.ANALYTICS, message)
    assert platform.states(day)["player_game_summary"].state is State.DEGRADED
    platform.announcements.take(Phase.ANALYTICS)


def test_the_threshold_is_a_setting(platform: Platform) -> None:
    day = date(2023, 12, 7)
    message = with_games_missing(platform, day, ("BOS_NYK",))
    analytics = create_analytics(settings_of(platform, COMPLETENESS_THRESHOLD=0.5)).test_client()
    clients = {Phase.ANALYTICS: analytics}
    Platform(platform.warehouse, platform.raw, platform.announcements, clients).push(Phase.ANALYTICS, message)
    assert platform.states(day)["player_game_summary"].state is State.COMPLETE
    platform.announcements.take(Phase.ANALYTICS)


def test_a_backfill_makes_the_pregame_tables_of_games_long_over(platform: Platform) -> None:
    history, day = date(2023, 12, 9), date(2023, 12, 10)
    platform.played(history, day)
    platform.events(day, **dict.fromkeys(ODDS, State.EMPTY_OK))
    platform.push(Phase.ANALYTICS, completion(history, day))
    assert platform.count("nba_analytics.upcoming_player_game_context", day) == 0
    span = {"start_date": day.isoformat(), "end_date": day.isoformat(), "backfill": True}
    assert platform.recompute(**span).status_code == 200
    answer = platform.recompute(Phase.PRECOMPUTE, **span)
    assert answer.json["stored"] == PRECOMPUTED
    (row,) = platform.warehouse.rows(
        "SELECT MAX(TIMESTAMP_DIFF(tip_at, cutoff, MINUTE)) AS lead FROM nba_predictions.ml_feature_store "
        "WHERE game_date = @day",
        day=day,
    )
    assert row["lead"] == 60
    platform.announcements.take(Phase.ANALYTICS)
    platform.announcements.take(Phase.PRECOMPUTE)


def test_an_operator_who_asks_for_what_is_frozen_is_told_so(platform: Platform) -> None:
    day = date(2024, 3, 29)
    platform.played(day)
    span = {"start_date": day.isoformat(), "end_date": day.isoformat()}
    answer = platform.recompute(**span, tables=[CONTEXT]).json
    assert answer["outcome"] == "NOT_YET"
    assert answer["reason"] == f"frozen at tip: {CONTEXT}; use backfill, for dates before today"
    assert answer["frozen"] == {CONTEXT: {"count": 1, "first": [day.isoformat()]}}
    whole = platform.recompute(**span).json
    assert (whole["outcome"], set(whole["stored"])) == ("DONE", set(SUMMARIES))
    assert set(whole["frozen"]) == set(CONTEXTS)
    platform.announcements.take(Phase.ANALYTICS)


def before(day: date, hours: float) -> AsOf:
    """What is known some hours before the tip-offs of a date at seven in the evening."""
    return AsOf(as_of=eastern_moment(day, datetime.min.time()) + timedelta(hours=19 - hours))


def slate_without_yesterday(platform: Platform, day: date, *more: date) -> date:
    """The contexts of a date and of more, made while yesterday's box score is missing; returns yesterday."""
    yesterday = day - timedelta(days=1)
    platform.played(day - timedelta(days=4))
    platform.push(Phase.ANALYTICS, completion(day - timedelta(days=4)))
    platform.raw.load(*(platform.raw.game(f"{d:%Y%m%d}_MEM_DAL") for d in (yesterday, day, *more)))
    platform.events(day, *more, nba_schedule=State.COMPLETE, **dict.fromkeys(ODDS, State.COMPLETE))
    platform.push(Phase.ANALYTICS, completion(day, *more, knowledge=before(day, 3)))
    platform.announcements.take(Phase.ANALYTICS)
    assert rest(platform, day) == (None, None, f"no summary yet of the game of {yesterday}")
    return yesterday


def late_box_score(platform: Platform, day: date, knowledge: AsOf) -> Any:
    """The box score of a date comes after all."""
    boxes = [
        platform.raw.box(f"{day:%Y%m%d}_MEM_DAL", team, f"{team} {n}", 20, 48, fg_attempts=10)
        for team in ("MEM", "DAL")
        for n in range(5)
    ]
    platform.raw.load(*boxes)
    platform.events(day, generation=NEWER, nba_schedule=State.COMPLETE, nba_player_boxscores=State.COMPLETE)
    return platform.push(Phase.ANALYTICS, completion(day, knowledge=knowledge))


def rest(platform: Platform, day: date) -> tuple[Any, ...]:
    """A player's days of rest, minutes of the last seven days, and why there are none."""
    (row,) = platform.warehouse.rows(
        "SELECT days_rest, minutes_in_last_7_days, rest_missing_reason "
        "FROM nba_analytics.upcoming_player_game_context WHERE game_date = @day AND player_lookup = 'mem1'",
        day=day,
    )
    return tuple(row.values())


def generations(platform: Platform, day: date, *names: str) -> set[datetime]:
    return {platform.states(day)[name].generation for name in names}


def test_a_late_box_score_renews_the_contexts_of_the_days_after_it(platform: Platform) -> None:
    day = date(2024, 2, 1)
    seventh, eighth = day + timedelta(days=6), day + timedelta(days=7)
    yesterday = slate_without_yesterday(platform, day, seventh, eighth)
    platform.push(Phase.PRECOMPUTE, completion(day, eighth, phase=Phase.ANALYTICS, knowledge=before(day, 3)))
    untouched = day + timedelta(days=1)
    platform.raw.load(platform.raw.game(f"{untouched:%Y%m%d}_MEM_DAL"))
    platform.events(untouched, nba_schedule=State.COMPLETE, **dict.fromkeys(ODDS, State.COMPLETE))
    answer = late_box_score(platform, yesterday, before(day, 1))
    assert answer.json["renewed"] == [day.isoformat(), seventh.isoformat()]
    assert rest(platform, day) == (0, 96.0, None)
    between = f"no summary yet of the game of {untouched}"
    assert rest(platform, seventh) == (None, None, between)
    assert rest(platform, eighth)[0] is None, "later than seven days after it"
    assert CONTEXT not in platform.states(untouched), "only what is there is renewed"
    of_the_day, of_later = platform.announcements.take(Phase.ANALYTICS)
    assert of_the_day.span == DateSpan(from_date=yesterday, to_date=yesterday)
    assert of_later.span == DateSpan(from_date=day, to_date=seventh)
    assert [(output.table, output.rows) for output in of_later.outputs] == [(CONTEXTS[0], 4), (CONTEXT, 20)]
    assert (of_later.status, of_later.generation) == (Status.SUCCESS, NEWER)
    platform.push(Phase.PRECOMPUTE, of_later)
    for each in (day, seventh):
        assert generations(platform, each, *CONTEXTS, *PRECOMPUTED) == {NEWER}
    assert generations(platform, eighth, *CONTEXTS, *PRECOMPUTED) == {GENERATION}
    events = platform.count("nba_orchestration.pipeline_events", day)
    again = platform.push(Phase.ANALYTICS, completion(yesterday, knowledge=before(day, 1)))
    assert again.json["renewed"] == []
    assert platform.count("nba_orchestration.pipeline_events", day) == events
    told = [message.span for message in platform.announcements.take(Phase.ANALYTICS)]
    assert told == [of_the_day.span, of_later.span], "a redelivery announces both again"
    platform.announcements.take(Phase.PRECOMPUTE)


def test_a_late_box_score_leaves_what_has_begun_alone(platform: Platform) -> None:
    """The date's first game is on, its second is not; the next date's has not begun."""
    day = date(2024, 2, 15)
    tomorrow = day + timedelta(days=1)
    late = f"{day:%Y%m%d}_BOS_NYK"
    platform.raw.load(platform.raw.game(late, tip_at=before(day, -3).as_of))
    platform.raw.load(platform.raw.roster(day, "NYK", "Nyk 1"), platform.raw.roster(day, "BOS", "Bos 1"))
    yesterday = slate_without_yesterday(platform, day, tomorrow)
    late_box_score(platform, yesterday, before(day, -1))
    assert rest(platform, day)[0] is None
    made = platform.warehouse.rows(
        "SELECT DISTINCT game_id, generation FROM nba_analytics.upcoming_player_game_context "
        "WHERE game_date = @day",
        day=day,
    )
    assert {row["game_id"]: row["generation"] for row in made} == {
        f"{day:%Y%m%d}_MEM_DAL": GENERATION,
        late: NEWER,
    }
    corrected = NEWER + timedelta(hours=1)
    platform.events(yesterday, generation=corrected, nba_player_boxscores=State.COMPLETE)
    answer = platform.push(Phase.ANALYTICS, completion(yesterday, knowledge=before(day, -4)))
    assert answer.json["renewed"] == [tomorrow.isoformat()], "by now all games of the date are on"
    assert generations(platform, day, *CONTEXTS) == {NEWER}
    assert generations(platform, tomorrow, *CONTEXTS) == {corrected}
    platform.announcements.take(Phase.ANALYTICS)


@pytest.mark.parametrize(
    "knowledge",
    [before(date(2024, 3, 1), 5), AsOf(lead_minutes=60)],
    ids=["from an earlier moment", "with a lead"],
)
def test_a_replay_leaves_later_dates_to_their_own_turn(platform: Platform, knowledge: AsOf) -> None:
    """Contexts that know more than the run may are no older for it, and a lead is for the dates asked for."""
    day = date(2024, 3, 1) if knowledge.as_of else date(2024, 3, 15)
    yesterday = slate_without_yesterday(platform, day)
    assert late_box_score(platform, yesterday, knowledge).json["renewed"] == []
    assert generations(platform, day, *CONTEXTS) == {GENERATION}
    platform.push(Phase.ANALYTICS, completion(day, knowledge=before(day, 1)))
    assert generations(platform, day, *CONTEXTS) == {NEWER}
    assert rest(platform, day) == (0, 96.0, None)
    platform.announcements.take(Phase.ANALYTICS)


def played_without_the_first(platform: Platform, first: date) -> tuple[date, date, date, date]:
    """A date's box score is missing while those of later dates are there; returns the two dates after it, a
    third that has only contexts, and the eighth."""
    second, third, eighth = (first + timedelta(days=days) for days in (1, 3, 8))
    platform.raw.load(*(platform.raw.game(f"{day:%Y%m%d}_MEM_DAL") for day in (first, third)))
    platform.played(second, extra_points=10)
    platform.played(second + timedelta(days=1), eighth)
    platform.events(third, nba_schedule=State.COMPLETE, **dict.fromkeys(ODDS, State.COMPLETE))
    platform.push(Phase.ANALYTICS, completion(second, eighth, knowledge=before(third, 3)))
    platform.announcements.take(Phase.ANALYTICS)
    return second, second + timedelta(days=1), third, eighth


def rotations(platform: Platform, *days: date) -> list[tuple[Any, ...]]:
    """The points that Memphis's rotation usually gives, and its opponents' beyond their usual, by date."""
    rows = platform.warehouse.rows(
        "SELECT played_points, points_allowed_beyond_usual FROM nba_analytics.team_rotation_game_summary "
        "WHERE game_date BETWEEN @first AND @last AND team_abbr = 'MEM' ORDER BY game_date",
        first=min(days),
        last=max(days),
    )
    return [tuple(row.values()) for row in rows]


def test_a_late_box_score_renews_the_rotations_of_the_days_after_it(platform: Platform) -> None:
    """So that they are what they would be day by day, and contexts of the days after them follow."""
    first, rotation = date(2017, 11, 1), "team_rotation_game_summary"
    second, next_day, third, eighth = played_without_the_first(platform, first)
    assert rotations(platform, second, next_day) == [(None, None), (150, -50)]
    answer = late_box_score(platform, first, before(third, 1))
    assert answer.json["renewed"] == [day.isoformat() for day in (second, next_day, third)]
    assert rotations(platform, second)[0] == (100, 50)
    assert generations(platform, second, rotation) == generations(platform, third, *CONTEXTS) == {NEWER}
    assert generations(platform, eighth, rotation) == {GENERATION}, "the bound: seven days after the span"
    _, of_later = platform.announcements.take(Phase.ANALYTICS)
    assert of_later.span == DateSpan(from_date=second, to_date=third)
    assert [(o.table, o.rows) for o in of_later.outputs] == [(rotation, 4), (CONTEXTS[0], 2), (CONTEXT, 10)]
    again = platform.push(Phase.ANALYTICS, completion(first, knowledge=before(third, 1)))
    assert again.json["renewed"] == []
    found = rotations(platform, second, next_day)
    platform.recompute(start_date=second.isoformat(), end_date=next_day.isoformat(), tables=[rotation])
    assert rotations(platform, second, next_day) == found
    platform.announcements.take(Phase.ANALYTICS)


def test_a_replay_renews_rotations_and_no_context_that_knows_more_or_is_not_there(platform: Platform) -> None:
    """Rotations are of games played and have no cutoff; each output has dates of its own to make again."""
    first = date(2015, 11, 1)
    second, next_day, third, _ = played_without_the_first(platform, first)
    platform.events(second, **dict.fromkeys(ODDS, State.COMPLETE))
    answer = late_box_score(platform, first, before(second, 1))
    assert answer.json["renewed"] == [second.isoformat(), next_day.isoformat()]
    assert CONTEXT not in platform.states(second)
    assert generations(platform, third, *CONTEXTS) == {GENERATION}
    _, of_later = platform.announcements.take(Phase.ANALYTICS)
    assert [output.table for output in of_later.outputs] == ["team_rotation_game_summary"]


def test_in_production_a_correction_renews_what_is_open_now(platform: Platform) -> None:
    day, today = eastern_today() + timedelta(days=2), eastern_today()
    listed = {"listed_at": utc_now() - timedelta(hours=1)}
    platform.raw.load(*(platform.raw.roster(today, team, f"{team} 1", **listed) for team in ("MEM", "DAL")))
    pregame(platform, day - timedelta(days=1), day)
    platform.push(Phase.ANALYTICS, completion(day))
    platform.events(day - timedelta(days=1), generation=NEWER, nba_player_boxscores=State.COMPLETE)
    answer = platform.push(Phase.ANALYTICS, completion(day - timedelta(days=1)))
    assert answer.json["renewed"] == [day.isoformat()]
    assert generations(platform, day, *CONTEXTS) == {NEWER}
    platform.announcements.take(Phase.ANALYTICS)


def test_an_operator_is_told_what_a_recomputation_renewed(platform: Platform) -> None:
    day = date(2024, 3, 22)
    yesterday = slate_without_yesterday(platform, day)
    late_box_score(platform, yesterday, AsOf(lead_minutes=60))
    span = {"start_date": yesterday.isoformat(), "end_date": yesterday.isoformat()}
    as_of = str(before(day, 1).as_of)
    assert platform.recompute(**span, as_of=as_of, tables=list(SUMMARIES)).json["renewed"] == []
    assert platform.recompute(**span, as_of=as_of).json["renewed"] == [day.isoformat()]
    platform.announcements.take(Phase.ANALYTICS)


def read(platform: Platform, phase: Phase, path: str, **query: Any) -> Any:
    return platform.clients[phase].get(f"/api/v1/{path}", query_string=query, headers=KEY)


def test_games_features_and_form_can_be_read_in_pages(platform: Platform) -> None:
    """What the tests before this one have stored."""
    games = read(platform, Phase.ANALYTICS, "players/mem1/games", limit=2)
    assert games.status_code == 200
    assert (games.json["count"], games.json["next_offset"]) == (2, 2)
    dates = [row["game_date"] for row in games.json["rows"]]
    assert dates == sorted(dates, reverse=True)
    following = read(platform, Phase.ANALYTICS, "players/mem1/games", limit=2, offset=2)
    assert following.json["rows"][0]["game_date"] < dates[-1]
    one = read(platform, Phase.ANALYTICS, "teams/MEM/games", from_date="2023-12-09", to_date="2023-12-09")
    assert (one.json["count"], one.json["next_offset"]) == (1, None)
    assert one.json["rows"][0]["opponent_team_abbr"] == "DAL"
    features = read(platform, Phase.PRECOMPUTE, "features/2023-12-10")
    assert features.json["count"] == 10
    assert features.json["rows"][0]["feature_version"] == "v3"
    player = read(platform, Phase.PRECOMPUTE, "features/2023-12-10/mem1")
    assert [row["player_lookup"] for row in player.json["rows"]] == ["mem1"]
    assert read(platform, Phase.PRECOMPUTE, "features/2023-12-10/nobody").json["count"] == 0
    form = read(platform, Phase.PRECOMPUTE, "cache/players", game_date="2023-12-10", limit=3)
    assert (form.json["count"], form.json["next_offset"]) == (3, 3)
    assert read(platform, Phase.PRECOMPUTE, "cache/players").json == {
        "count": 0,
        "next_offset": None,
        "rows": [],
    }


@pytest.mark.parametrize(
    ("phase", "path", "query", "status"),
    [
        (Phase.ANALYTICS, "players/Luka Doncic/games", {}, 422),
        (Phase.ANALYTICS, "players/mem1/games", {"limit": 0}, 422),
        (Phase.ANALYTICS, "players/mem1/games", {"limit": 100000}, 422),
        (Phase.ANALYTICS, "players/mem1/games", {"from_date": "2024-02-30"}, 422),
        (Phase.ANALYTICS, "players/mem1/games", {"from_date": "2024-01-02", "to_date": "2024-01-01"}, 422),
        (Phase.ANALYTICS, "teams/memphis/games", {}, 422),
        (Phase.PRECOMPUTE, "features/yesterday", {}, 422),
        (Phase.PRECOMPUTE, "features/0", {}, 422),
        (Phase.PRECOMPUTE, "features/1701561600/mem1", {}, 422),
        (Phase.PRECOMPUTE, "cache/players", {"game_date": "1701561600"}, 422),
        (Phase.ANALYTICS, "players/mem1/games", {"to_date": "0"}, 422),
        (Phase.PRECOMPUTE, "cache/players", {"player": "x"}, 422),
    ],
)
def test_a_bad_question_gets_an_answer_that_helps(
    platform: Platform, phase: Phase, path: str, query: dict[str, Any], status: int
) -> None:
    answer = read(platform, phase, path, **query)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("phase", "path"),
    [
        (Phase.ANALYTICS, "players/mem1/games"),
        (Phase.ANALYTICS, "teams/MEM/games"),
        (Phase.PRECOMPUTE, "features/2023-12-10"),
        (Phase.PRECOMPUTE, "features/2023-12-10/mem1"),
        (Phase.PRECOMPUTE, "cache/players"),
    ],
)
def test_nobody_reads_without_a_key(platform: Platform, phase: Phase, path: str) -> None:
    assert platform.clients[phase].get(f"/api/v1/{path}").status_code == 401
