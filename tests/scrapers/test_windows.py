"""When a scheduled workflow has something to do: told by the date's games and by what is stored."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from data_processors.raw.nba_schedule.slate import Game
from orchestration.pipeline import load_pipeline
from orchestration.state import OutputState, State
from orchestration.timetable import Workflow
from scrapers.windows import after_tips, before_tips, lacking
from shared.clock import EASTERN

DAY, NEXT = date(2024, 12, 3), date(2024, 12, 4)
WORKFLOWS = load_pipeline().workflows
BETTING, INJURIES = WORKFLOWS["betting_lines"], WORKFLOWS["injury_report"]
EARLY, POST_GAME = WORKFLOWS["early_games"], WORKFLOWS["post_game"]


def eastern(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=EASTERN).astimezone(UTC)


def game(teams: str, tip: datetime, status: str = "SCHEDULED") -> Game:
    away, home = teams.split("_")
    return Game(f"20241203_{teams}", teams, DAY, tip, home, away, status)


GAMES = [game("MEM_DAL", eastern(20, 30)), game("PHI_LAC", eastern(22, 30))]


@pytest.mark.parametrize(
    ("workflow", "now", "due", "told"),
    [
        (BETTING, eastern(8), False, "opens at 2024-12-03 08:30 Eastern, 12 h before the first tip"),
        (BETTING, eastern(8, 30), True, "until 2024-12-03 22:30 Eastern"),
        (BETTING, eastern(22, 29), True, "until 2024-12-03 22:30 Eastern"),
        (BETTING, eastern(22, 30), False, "the last game began at 2024-12-03 22:30 Eastern"),
        (INJURIES, eastern(0, 15), True, "until 2024-12-03 22:30 Eastern"),
        (INJURIES, eastern(22, 30), False, "the last game began"),
    ],
)
def test_lines_and_reports_are_asked_for_until_the_last_game_begins(
    workflow: Workflow, now: datetime, due: bool, told: str
) -> None:
    found = before_tips(workflow, workflow.when, GAMES, now)  # type: ignore[arg-type]
    assert (found.sources, told in found.reason) == (workflow.sources if due else (), True), found.reason


def nobody_asked() -> set[str]:
    pytest.fail("box scores were read although no game can be over")


def stored(*teams: str) -> Callable[[], set[str]]:
    return lambda: {f"20241203_{each}" for each in teams}


FIRST_FINAL = [game("MEM_DAL", eastern(20, 30), "FINAL"), GAMES[1]]


@pytest.mark.parametrize(
    ("games", "now", "boxed", "due", "told"),
    [
        (
            GAMES,
            eastern(22, 59),
            nobody_asked,
            False,
            "no game can be over: the first begins at 2024-12-03 20:30",
        ),
        (GAMES, eastern(23), stored(), True, "not final yet: 20241203_MEM_DAL"),
        # The schedule is as old as its last call, and grading waits for it as well.
        (GAMES, eastern(23), stored("MEM_DAL"), True, "not final yet: 20241203_MEM_DAL"),
        (FIRST_FINAL, eastern(23), stored(), True, "not final yet: 20241203_MEM_DAL"),
        (FIRST_FINAL, eastern(23), stored("MEM_DAL"), False, "all 1 games that can be over are final"),
        (FIRST_FINAL, eastern(1, 0, NEXT), stored("MEM_DAL"), True, "not final yet: 20241203_PHI_LAC"),
    ],
)
def test_a_night_is_asked_for_until_its_games_are_final_with_their_box_scores(
    games: list[Game], now: datetime, boxed: Callable[[], set[str]], due: bool, told: str
) -> None:
    found = after_tips(POST_GAME, POST_GAME.when, games, now, boxed)  # type: ignore[arg-type]
    assert (found.sources, told in found.reason) == (POST_GAME.sources if due else (), True), found.reason


@pytest.mark.parametrize(
    ("boxed", "due", "told"),
    [
        (stored(), True, "not boxed yet: 20241203_MEM_DAL"),
        (stored("MEM_DAL"), False, "all 1 games that can be over are boxed"),
    ],
)
def test_early_games_wait_for_no_schedule(boxed: Callable[[], set[str]], due: bool, told: str) -> None:
    found = after_tips(EARLY, EARLY.when, GAMES, eastern(23), boxed)  # type: ignore[arg-type]
    assert (found.sources, found.reason) == (EARLY.sources if due else (), told)


def test_no_schedule_is_asked_for_while_games_of_its_date_are_to_begin() -> None:
    """Its newer generation would make their contexts and predictions again for nothing."""
    assert "schedule" not in EARLY.sources + BETTING.sources + INJURIES.sources


def states(**given: State) -> dict[Any, OutputState]:
    return {(DAY, name): OutputState(state, eastern(12)) for name, state in given.items()}


WHOLE = dict.fromkeys(("nba_schedule", "nba_players", "espn_rosters"), State.COMPLETE)


@pytest.mark.parametrize(
    ("found", "sources"),
    [
        (WHOLE, ()),
        (WHOLE | {"espn_rosters": State.FAILED}, ("rosters",)),
        (WHOLE | {"espn_rosters": State.DEGRADED}, ("rosters",)),
        ({"nba_schedule": State.COMPLETE}, ("player_index", "rosters")),
        ({"nba_schedule": State.EMPTY_OK}, ()),
        ({}, ("schedule", "player_index", "rosters")),
    ],
)
def test_a_catch_up_asks_for_what_is_missing_alone(found: dict[str, State], sources: tuple[str, ...]) -> None:
    assert lacking(WORKFLOWS["morning_catch_up"], states(**found), DAY).sources == sources
