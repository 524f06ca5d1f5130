"""When a date's second box scores are complete."""

from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State


def judge(day: Day) -> Judgement:
    """COMPLETE when every game of the schedule has a final box score of this provider stored."""
    if not day.games:
        if day.covered:
            return Judgement(State.EMPTY_OK, "the schedule has no games on this date")
        return Judgement(None, UNKNOWN_DATE)
    missing = sorted(game.game_id for game in day.games if not day.stored.get(game.game_id))
    if not missing:
        return Judgement(State.COMPLETE)
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    return Judgement(None, f"no final box score yet of {', '.join(missing)}")
