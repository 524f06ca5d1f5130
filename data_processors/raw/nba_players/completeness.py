"""When a date's player index is complete."""

from data_processors.raw.table import Day, Judgement, reasons
from orchestration.state import State


def judge(day: Day) -> Judgement:
    """COMPLETE when the date has its index, with or without games."""
    if day.stored:
        return Judgement(State.COMPLETE)
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    return Judgement(None, "no player index of this date was landed")
