"""Cron lines, windows and due times fit together: what is due has been asked for before."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from cronsim import CronSim

from data_processors.raw.nba_schedule.slate import Game
from orchestration.pipeline import load_pipeline
from orchestration.timetable import Schedule, UntilLastTip, UntilPlayed, Workflow
from scrapers.windows import after_tips, before_tips
from shared.clock import EASTERN, eastern_moment
from shared.messages import Phase

PIPELINE = load_pipeline()
DAYS = [date(2024, 12, 3), date(2024, 12, 31), date(2025, 3, 9), date(2025, 11, 2)]
DUE = [name for name, rule in PIPELINE.phases[Phase.RAW].outputs.items() if rule.due]


def workflow_of(schedule: Schedule) -> Workflow | None:
    return PIPELINE.workflows.get(schedule.path.removeprefix("/workflows/"))


def firings(schedule: Schedule, day: date) -> Iterator[datetime]:
    """The moments of a New York day at which a schedule fires."""
    begins = datetime.combine(day, time(), EASTERN) - timedelta(seconds=1)
    for moment in CronSim(schedule.cron, begins):
        if moment.date() > day:
            return
        yield moment.astimezone(UTC)


def is_open(workflow: Workflow, tip: datetime, now: datetime) -> bool:
    """Whether a workflow asks for a date of one game, of which nothing has come yet."""
    game = Game("20241203_MEM_DAL", "0022400056", tip.date(), tip, "DAL", "MEM", "SCHEDULED")
    match workflow.when:
        case UntilLastTip() as window:
            return bool(before_tips(workflow, window, [game], now).sources)
        case UntilPlayed() as window:
            return bool(after_tips(workflow, window, [game], now, set).sources)
        case _:
            return True


def asked(output: str, day: date, tip: datetime) -> list[datetime]:
    """When the source of an output is asked for before it is due."""
    rule = PIPELINE.rule(output)
    assert rule.due
    found = []
    for schedule in PIPELINE.schedules:
        workflow = workflow_of(schedule)
        if workflow and rule.source in workflow.sources:
            times = firings(schedule, day + timedelta(days=workflow.date == "yesterday"))
            found += [t for t in times if t < rule.due.moment(day) and is_open(workflow, tip, t)]
    return sorted(found)


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("output", DUE)
def test_what_is_due_was_asked_for_twice_before(output: str, day: date) -> None:
    assert len(asked(output, day, eastern_moment(day, time(19, 30)))) >= 2


@pytest.mark.parametrize("tip", [time(12), time(22)], ids=str)
@pytest.mark.parametrize("output", DUE)
def test_it_was_asked_for_however_early_or_late_the_first_game_begins(output: str, tip: time) -> None:
    assert asked(output, DAYS[0], eastern_moment(DAYS[0], tip))


@pytest.mark.parametrize("output", ["nba_injury_report", "odds_game_lines", "odds_player_props"])
def test_what_is_said_before_games_is_known_an_hour_before_the_earliest(output: str) -> None:
    day = DAYS[0]
    noon = eastern_moment(day, time(12))
    assert asked(output, day, noon)[0] <= noon - timedelta(hours=1)
