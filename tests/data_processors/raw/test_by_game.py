"""When a date of games goes on without one of them."""

from datetime import date, time
from typing import Any

import pytest

from data_processors.raw.by_game import every_game
from data_processors.raw.nba_schedule.slate import Game
from data_processors.raw.table import Day
from orchestration.state import State
from shared.clock import eastern_moment

DAY = date(2024, 12, 3)
HOMES = ("DAL", "DEN", "NYK", "PHX", "ORL")


def judged(stored: int, **known: Any) -> Any:
    """A date of five games of which so many are stored."""
    games = [game_of(home, number) for number, home in enumerate(HOMES)]
    rows = {game.game_id: 10 for game in games[:stored]}
    return every_game(Day(DAY, games, True, rows, **known), "final box score")


def game_of(home: str, number: int) -> Game:
    tip_at = eastern_moment(DAY, time(19))
    return Game(f"20241203_MEM_{home}", f"002240000{number}", DAY, tip_at, home, "MEM", "FINAL")


def test_all_games_are_complete() -> None:
    assert judged(5).state is State.COMPLETE


@pytest.mark.parametrize(("stored", "age_days"), [(4, 0), (4, 1), (3, 2), (3, 400), (0, 400)])
def test_a_date_waits_while_a_game_may_still_come(stored: int, age_days: int) -> None:
    judgement = judged(stored, age_days=age_days)
    assert judgement.state is None
    assert "20241203_MEM_ORL" in judgement.reason


def test_after_two_days_four_games_in_five_are_enough() -> None:
    judgement = judged(4, age_days=2)
    assert judgement.state is State.DEGRADED
    assert judgement.reason == "4 of 5 games: no final box score yet of 20241203_MEM_ORL"


def test_the_operators_word_goes_on_with_what_is_there() -> None:
    assert judged(1, degraded_mode=True).state is State.DEGRADED
    assert judged(0, degraded_mode=True).state is None, "nothing at all is not a date"
