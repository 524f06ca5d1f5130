"""When a date of a table by games is complete."""

from data_processors.decisions import Completeness
from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State


def every_game(day: Day, what: str) -> Judgement:
    """COMPLETE when every game of the schedule is stored; `what` names what a game is waited for.

    A game that never arrives does not hold the others for ever: DEGRADED after two days with four games
    in five.
    """
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
    there = Completeness(len(day.games) - len(missing), len(day.games))
    why = f"no {what} yet of {', '.join(sorted(missing.values()))}"
    if there.games and there.suffices(1, day.age_days, day.degraded_mode):
        return Judgement(State.DEGRADED, f"{there.told}: {why}")
    return Judgement(None, why)
