"""When a date of the schedule is complete."""

from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State


def judge(day: Day) -> Judgement:
    """COMPLETE with games, EMPTY_OK without when the loaded season reaches over the date."""
    if day.problems and not day.covered:
        return Judgement(State.FAILED, reasons(day.problems))
    if day.stored:
        return Judgement(State.COMPLETE)
    if day.covered:
        return Judgement(State.EMPTY_OK, "the loaded season has no games on this date")
    return Judgement(None, UNKNOWN_DATE)
