"""When a date of a table by games is complete."""

from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State


def every_game(day: Day, what: str) -> Judgement:
    """COMPLETE when every game of the schedule is stored; `what` names what a game is waited for."""
    if not day.games:
        if day.covered:
            return Judgement(State.EMPTY_OK, "the schedule has no games on this date")
        return Judgement(None, UNKNOWN_DATE)
    missing = {game.nba_game_id: game.game_id for game in day.games if not day.stored.get(game.game_id)}
    if not missing:
        return Judgement(State.COMPLETE)
    if broken := [p for p in day.problems if p.nba_game_id in missing]:
        games = ", ".join(sorted({missing[str(p.nba_game_id)] for p in broken}))
        return Judgement(State.FAILED, f"{games}: {reasons(broken)}")
    return Judgement(None, f"no {what} yet of {', '.join(sorted(missing.values()))}")
