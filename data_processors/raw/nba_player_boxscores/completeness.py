"""When a date's box scores are complete."""

from data_processors.raw.by_game import every_game
from data_processors.raw.table import Day, Judgement


def judge(day: Day) -> Judgement:
    """COMPLETE when every game of the schedule has its box score stored."""
    return every_game(day, "final box score")
