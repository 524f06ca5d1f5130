"""A simulated day: what it is made of, and that one on the simulated league runs itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.local.driver import Driver
from deploy.local.league import generate
from deploy.local.league.schedule import opening_day
from deploy.local.simulated_time import simulated_time
from deploy.local.stack import StackOptions, running_stack
from deploy.replay.archive import ReplayArchive
from deploy.replay.day_faults import SOURCES, day_faults
from deploy.replay.day_verdict import DayVerdict, judge
from deploy.replay.day_watch import Watch, storms, unproven, wrongs
from deploy.replay.job_log import JobLog, JobRun, written
from deploy.replay.operating_day import DayPlan, DayRun, run_day
from orchestration.bus_setup import dead_subscription
from orchestration.pipeline import load_pipeline
from orchestration.state import OutputState, State
from scrapers.registry import SOURCES as SCRAPED
from shared.clock import eastern_moment

NOON = datetime(2024, 11, 3, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan(league: Path) -> DayPlan:
    """The 24 hours of 3 November 2024, on which daylight saving ends, and 12 more."""
    return DayPlan(ReplayArchive(league), date(2024, 11, 3), load_pipeline().schedules)


def test_a_day_is_36_hours_from_five_in_new_york(plan: DayPlan) -> None:
    assert plan.begins == datetime(2024, 11, 3, 10, tzinfo=UTC)
    assert plan.ends == plan.begins + timedelta(hours=36)
    assert plan.loads < plan.begins


def log(*seconds: float, table: str = "nba_raw.odds") -> JobLog:
    runs = [JobRun(NOON + timedelta(seconds=each), (table,)) for each in seconds]
    return JobLog(client=None, runs=runs)  # type: ignore[arg-type]  nothing is asked


def test_writes_are_counted_in_all_and_in_any_ten_seconds() -> None:
    assert log(0, 3, 9.9, 10, 12.9, 30).writes() == {"nba_raw.odds": (6, 4)}
    assert log().writes() == {}


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT 1 FROM nba_raw.odds", ()),
        ("INSERT INTO nba_raw.odds (a) SELECT 1", ("nba_raw.odds",)),
        (
            "UPDATE nba_guard.x SET y = 1 WHERE TRUE; DELETE FROM nba_raw.x AS t WHERE TRUE; "
            "INSERT INTO nba_raw.x (a) SELECT 1 FROM nba_staging.x_1",
            ("nba_guard.x", "nba_raw.x"),
        ),
        ("merge nba_raw.x AS t USING nba_raw.y AS s ON FALSE", ("nba_raw.x",)),
    ],
)
def test_what_a_statement_writes(query: str, tables: tuple[str, ...]) -> None:
    assert written(SimpleNamespace(job_type="query", query=query)) == tables


def test_a_load_writes_its_table_unless_that_is_for_staging() -> None:
    def load(dataset: str) -> Any:
        return SimpleNamespace(job_type="load", destination=SimpleNamespace(dataset_id=dataset, table_id="x"))

    assert written(load("nba_raw")) == ("nba_raw.x",)
    assert written(load("nba_staging")) == ()


def test_every_source_and_service_can_fail(plan: DayPlan) -> None:
    assert SOURCES.keys() == SCRAPED.keys()
    faults = day_faults(plan)
    assert len(faults) == 9 * 3 + 5 + 6 * 2 + 3
    assert {"odds-partial", "box_scores-partial", "worker-down-night", "bus-outage"} <= faults.keys()
    for fault in faults.values():
        first, *rest = fault.acts()
        assert plan.begins <= first.at < plan.ends
        assert [act.at for act in rest] == ([fault.until] if fault.until else [])
        assert not fault.until or first.at < fault.until < plan.ends


def state(name: str, kind: State, games: int | None = None, of: int | None = None) -> Any:
    return {(date(2024, 11, 3), name): OutputState(kind, NOON, games=games, games_expected=of)}


def test_complete_with_a_game_too_few_is_found() -> None:
    assert unproven(state("nba_player_boxscores", State.COMPLETE, 8, 9))
    assert not unproven(state("nba_player_boxscores", State.COMPLETE, 9, 9))
    assert not unproven(state("nba_player_boxscores", State.DEGRADED, 8, 9))


def test_three_times_the_messages_is_no_storm_and_more_is() -> None:
    usual = {"raw-on-phase1": 10, "worker-on-request": 8, "analytics-on-phase2": 0}
    assert storms({"raw-on-phase1": 30, "worker-on-request": 24, "analytics-on-phase2": 5}, usual) == ()
    (told,) = storms({"raw-on-phase1": 31}, usual)
    assert told.startswith("raw-on-phase1 was delivered 31 messages, 0 of them as dead letters; 10 without")
    assert len(storms({"analytics-on-phase2": 6}, usual)) == 1


def test_dead_letters_are_counted_with_the_messages_that_they_were() -> None:
    usual, dead = {"worker-on-request": 20}, dead_subscription("prediction-request")
    assert storms({"worker-on-request": 50, dead: 10}, usual) == ()
    (told,) = storms({"worker-on-request": 50, dead: 11}, usual)
    assert told.startswith("worker-on-request was delivered 61 messages, 11 of them as dead letters; 20")
    # Where nothing else comes, they are a storm by themselves.
    assert len(storms({dead: 6}, {})) == 1


def test_what_is_wrong_with_a_date_follows_from_due_times_and_events_alone(plan: DayPlan) -> None:
    morning = eastern_moment(plan.day, time(5))
    assert wrongs({}, plan, morning) == []
    assert "nba_schedule is overdue" in wrongs({}, plan, eastern_moment(plan.day, time(13)))
    stored = state("nba_schedule", State.COMPLETE)
    assert "nba_schedule is overdue" not in wrongs(stored, plan, eastern_moment(plan.day, time(13)))
    assert wrongs(state("nba_schedule", State.FAILED), plan, morning) == ["nba_schedule is FAILED"]


# Days in whose night, between the last games and the morning after, the clocks do something.
CLOCKS = {
    "daylight-saving-ends": date(2024, 11, 2),
    "new-year": date(2024, 12, 31),
    "daylight-saving-begins": date(2025, 3, 8),
}


@dataclass(frozen=True)
class Passed:
    """A day that has passed, and what was seen while it did."""

    run: DayRun
    verdict: DayVerdict
    watch: Watch


@pytest.fixture(scope="module", params=CLOCKS.values(), ids=CLOCKS)
def passed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passed]:
    """A day of the simulated league and the night after it, until five in the afternoon."""
    day, folder = request.param, tmp_path_factory.mktemp("day")
    days = (day - opening_day(2024)).days + 3
    archive = ReplayArchive(generate(7, folder / "league", days=days).archive)
    plan = DayPlan(archive, day, load_pipeline().schedules)
    with (
        simulated_time(folder / "clock.json", plan.loads) as clock,
        running_stack(StackOptions(folder / "stack", archive.folder, clock=clock)) as stack,
    ):
        driver = Driver(stack)
        watch = Watch(driver, plan)
        run = run_day(driver, plan, after=watch.look)
        yield Passed(run, judge(stack.warehouse, run), watch)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_day_of_the_simulated_league_runs_itself(passed: Passed) -> None:
    assert (passed.verdict.faults, passed.verdict.refused) == ((), ())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_false_is_said_while_a_day_passes(passed: Passed) -> None:
    assert passed.watch.looks >= 30
    assert (passed.watch.false_complete, passed.watch.lies) == ([], [])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_job_of_the_day_fires_once_and_in_time(passed: Passed) -> None:
    run = passed.run
    late = [step for step in run.steps if step.at - step.due > timedelta(minutes=15)]
    assert not late
    checks = [step.due for step in run.steps if step.job == "phase4-timeout-check-job"]
    assert checks == [run.plan.begins + n * timedelta(minutes=15) for n in range(36 * 4)]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_day_stays_within_its_jobs_and_writes(passed: Passed) -> None:
    assert passed.verdict.excess == ()
