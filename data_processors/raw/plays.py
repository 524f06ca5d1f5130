"""What the tables of play-by-play share: the finished game's actions, and whose game it is."""

from collections.abc import Sequence
from typing import NamedTuple

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game
from data_processors.raw.table import Known, Row
from scrapers.bodies import Rejected, kept, rejected
from scrapers.nba_live.bodies import Action, read_play_by_play

REGULATION_PERIODS = 4
_PERIOD_SECONDS, _OVERTIME_SECONDS = 720, 300


class Plays(NamedTuple):
    """A finished game's actions in the order in which they were played; what they share as a row."""

    game: Game
    actions: Sequence[Action]
    rejected: Sequence[Rejected]
    shared: Row


def final_plays(landed: LandedBody, known: Known) -> Plays | None:
    """The actions of a body; None while the game is not over or is not in the schedule. Raises BodyError."""
    body = read_play_by_play(landed.body, str(landed.nba_game_id)).game
    game = next((g for g in known.slate.games if g.nba_game_id == body.game_id and not g.postponed), None)
    found = {action.action_number: action for action in kept(body.actions)}
    if game is None or not any(action.ends_game for action in found.values()):
        return None
    shared = {"game_date": game.game_date, "game_id": game.game_id, "nba_game_id": game.nba_game_id}
    mine = [action for action in found.values() if _is_of(action, game)]
    strangers = [
        Rejected(f"teamTricode: {action.team_tricode} does not play in this game", action.model_dump())
        for action in found.values()
        if not _is_of(action, game)
    ]
    in_order = sorted(mine, key=lambda action: (action.order_number, action.action_number))
    return Plays(game, in_order, [*rejected(body.actions), *strangers], shared)


def _is_of(action: Action, game: Game) -> bool:
    """Actions of nobody, as the end of a period, are the game's as well."""
    return action.team_tricode in (game.home_team, game.away_team, None)


def elapsed_seconds(action: Action) -> float:
    """Seconds of play since the tip-off; periods have 12 minutes, overtimes five."""
    before = min(action.period - 1, REGULATION_PERIODS) * _PERIOD_SECONDS
    before += max(action.period - 1 - REGULATION_PERIODS, 0) * _OVERTIME_SECONDS
    length = _PERIOD_SECONDS if action.period <= REGULATION_PERIODS else _OVERTIME_SECONDS
    return before + length - action.clock


def points_of(action: Action) -> int:
    """Points that an action scored."""
    if action.shot_result != "Made":
        return 0
    return {"3pt": 3, "2pt": 2, "freethrow": 1}.get(action.action_type, 0)
