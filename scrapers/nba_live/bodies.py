"""The live feed's play-by-play."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from scrapers.bodies import BodyError, Rows, Upstream, check_body, read_json
from scrapers.nba_stats.bodies import NbaGameId, NbaPart

_CLOCK = re.compile(r"PT(\d{1,2})M(\d{1,2}(?:\.\d{1,3})?)S")
_MOST_SECONDS = 720.0

PersonId = Annotated[int, Field(ge=0, lt=2**63)]


def _seconds_left(clock: Any) -> float:
    found = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    if not found:
        raise ValueError("not PTmmMss.ssS")
    return int(found[1]) * 60 + float(found[2])


def _of_a_period(seconds: float) -> float:
    if not 0 <= seconds <= _MOST_SECONDS:
        raise ValueError(f"not within a period of {_MOST_SECONDS:.0f} seconds")
    return seconds


SecondsLeft = Annotated[float, BeforeValidator(_seconds_left), AfterValidator(_of_a_period)]


class Action(NbaPart):
    """One action. `clock` is seconds left in the period, `shot_distance` feet, coordinates tenths of feet."""

    action_number: int = Field(ge=0, lt=2**31)
    order_number: int = Field(ge=0, lt=2**62)
    clock: SecondsLeft
    period: int = Field(ge=1, le=20)
    action_type: str = Field(min_length=1)
    sub_type: str | None = None
    descriptor: str | None = None
    qualifiers: list[str] = Field(default_factory=list)
    team_tricode: str | None = None
    person_id: PersonId
    player_name_i: str | None = None
    description: str | None = None
    score_home: int = Field(ge=0, le=1000)
    score_away: int = Field(ge=0, le=1000)
    is_field_goal: Literal[0, 1] = 0
    shot_result: Literal["Made", "Missed"] | None = None
    shot_distance: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    area: str | None = None
    x_legacy: int | None = Field(default=None, ge=-10_000, le=10_000)
    y_legacy: int | None = Field(default=None, ge=-10_000, le=10_000)
    assist_person_id: PersonId | None = None
    block_person_id: PersonId | None = None
    steal_person_id: PersonId | None = None
    foul_drawn_person_id: PersonId | None = None

    @property
    def ends_game(self) -> bool:
        return (self.action_type, self.sub_type) == ("game", "end")


class _Game(NbaPart):
    game_id: NbaGameId
    actions: Rows[Action]


class PlayByPlayBody(Upstream):
    """One game, in the order in which it was played."""

    game: _Game


def read_play_by_play(raw: bytes, nba_game_id: str) -> PlayByPlayBody:
    """Raises BodyError when it is no play-by-play, or one of another game."""
    body = check_body(PlayByPlayBody, read_json(raw))
    if body.game.game_id != nba_game_id:
        raise BodyError(f"game.gameId: asked for {nba_game_id}, got {body.game.game_id}")
    return body
