"""When a date's list of events is complete."""

from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State


def judge(day: Day) -> Judgement:
    """COMPLETE when a list of the date was read, EMPTY_OK when no list ever had an event."""
    if not day.covered:
        return Judgement(None, UNKNOWN_DATE)
    if not day.games:
        return Judgement(State.EMPTY_OK, "the schedule has no games on this date")
    if any(body.kind == "events" for body in day.bodies):
        if not day.stored:
            return Judgement(State.EMPTY_OK, "the provider lists no event of this date")
        return Judgement(State.COMPLETE)
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    return Judgement(None, "no list of this date's events was landed")
