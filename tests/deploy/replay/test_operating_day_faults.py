"""The fault matrix: whatever goes wrong on a day, nothing false is said, nothing storms, and it recovers."""

from datetime import date
from pathlib import Path

import pytest

from deploy.local.driver import Driver
from deploy.local.league import generate
from deploy.local.simulated_time import simulated_time
from deploy.local.stack import StackOptions, running_stack
from deploy.replay.archive import ReplayArchive
from deploy.replay.day_faults import day_faults
from deploy.replay.day_verdict import DayVerdict, judge
from deploy.replay.day_watch import FaultVerdict, Watch, judge_fault
from deploy.replay.operating_day import DayPlan, DayRun, run_day
from orchestration.pipeline import load_pipeline

# Three games, so that a row of the matrix takes minutes; the history before it is five weeks.
DAY, LEAGUE_DAYS, PATIENCE = date(2024, 11, 26), 38, 20.0
NAMES = [
    *(
        f"{source}-{how}"
        for source in ("schedule", "player_index", "rosters", "injury_report", "odds", "bettingpros")
        for how in ("missing", "late", "corrupted")
    ),
    *(
        f"{source}-{how}"
        for source in ("box_scores", "play_by_play", "bdl_box_scores")
        for how in ("missing", "late", "corrupted")
    ),
    *(f"{source}-partial" for source in ("rosters", "odds", "bettingpros", "box_scores", "play_by_play")),
    *(
        f"{service}-down-{when}"
        for service in ("scrapers", "raw", "analytics", "precompute", "coordinator", "worker")
        for when in ("morning", "night")
    ),
    "messages-duplicated",
    "messages-reordered",
    "bus-outage",
]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> DayPlan:
    archive = ReplayArchive(generate(7, tmp_path_factory.mktemp("league"), days=LEAGUE_DAYS).archive)
    return DayPlan(archive, DAY, load_pipeline().schedules, patience=PATIENCE)


def play(
    plan: DayPlan, name: str | None, folder: Path, fault_free: dict[str, int]
) -> tuple[DayRun, DayVerdict, FaultVerdict | None]:
    """Lets the day pass, with a fault or without."""
    fault = day_faults(plan)[name] if name else None
    with simulated_time(folder / "clock.json", plan.loads) as clock:
        options = StackOptions(folder / "stack", plan.archive.folder, clock=clock)
        with running_stack(options) as stack:
            driver = Driver(stack)
            whole = DayPlan(
                plan.archive, plan.day, plan.schedules, fault.acts() if fault else (), patience=plan.patience
            )
            watch = Watch(driver, whole)
            run = run_day(driver, whole, after=watch.look)
            verdict = judge(stack.warehouse, run)
            kept = judge_fault(fault, watch, run, verdict, fault_free) if fault else None
            assert watch.looks >= 30
            return run, verdict, kept


@pytest.fixture(scope="module")
def fault_free(plan: DayPlan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Deliveries by subscription of the same day without a fault."""
    run, verdict, _ = play(plan, None, tmp_path_factory.mktemp("day"), {})
    assert verdict.healthy, verdict
    return run.deliveries


@pytest.mark.slow
def test_the_matrix_has_every_fault(plan: DayPlan) -> None:
    assert sorted(NAMES) == sorted(day_faults(plan))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_breaks_no_promise(
    name: str, plan: DayPlan, fault_free: dict[str, int], tmp_path: Path
) -> None:
    _, _, kept = play(plan, name, tmp_path, fault_free)
    assert kept is not None
    assert kept.kept, kept
