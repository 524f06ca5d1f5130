"""When a date's injury report is complete."""

from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State


def judge(day: Day) -> Judgement:
    """COMPLETE with the newest report that was out, which may list nobody."""
    if not day.covered:
        return Judgement(None, UNKNOWN_DATE)
    if not day.games:
        return Judgement(State.EMPTY_OK, "the schedule has no games on this date")
    if any(not body.empty for body in day.bodies):
        return Judgement(State.COMPLETE)
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    return Judgement(None, "no injury report is out yet")
