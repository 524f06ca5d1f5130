"""When a date is complete whose bodies follow from a list of its events."""

from collections.abc import Callable

from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State


def whole_list(day: Day, missing: Callable[[Day], str | None]) -> Judgement:
    """COMPLETE when all that the date's list leads to was read; EMPTY_OK when it has brought nothing ever.

    Args:
        missing: names what the list leads to and is not there.
    """
    if not day.covered:
        return Judgement(None, UNKNOWN_DATE)
    if not day.games:
        return Judgement(State.EMPTY_OK, "the schedule has no games on this date")
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    if not day.bodies:
        return Judgement(None, "no list of this date's events was landed")
    if what := missing(day):
        return Judgement(State.FAILED, what)
    if not day.stored:
        return Judgement(State.EMPTY_OK, "the provider has nothing for this date")
    return Judgement(State.COMPLETE)
