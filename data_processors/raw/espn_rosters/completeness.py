"""When a date's rosters are complete."""

from data_processors.raw.table import Day, Judgement, reasons
from orchestration.state import State
from shared.identity.teams import TRICODES


def judge(day: Day) -> Judgement:
    """COMPLETE when every team's roster of the date is stored, with or without games."""
    missing = sorted(TRICODES - set(day.stored))
    if not missing:
        return Judgement(State.COMPLETE)
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    return Judgement(None, f"no roster of {', '.join(missing)}")
