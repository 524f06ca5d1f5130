"""When a date's play-by-play is complete."""

from data_processors.raw.by_game import every_game
from data_processors.raw.table import Day, Judgement


def judge(day: Day) -> Judgement:
    """COMPLETE when every game of the schedule has its actions stored."""
    return every_game(day, "finished play-by-play")
