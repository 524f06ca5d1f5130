"""The live feed's box score: the backup of boxscoretraditionalv3, read into the same model."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from scrapers.bodies import BodyError, OrRejected, Rejected, Upstream, check_body, read_json
from scrapers.nba_stats.bodies import BoxPlayer, BoxScore, BoxTeam, Line, NbaGameId, NbaPart

_DURATION = re.compile(r"PT(\d{1,3})M([0-5]\d)(?:\.\d{1,3})?S")
FINAL = 3
# Who was with the team in other clothes; the other reasons are of players who were not there.
_DID_NOT_DRESS = ("INACTIVE_INJURY", "INACTIVE_COACH")


def _as_clock(duration: str) -> str:
    """'PT36M47.00S' -> '36:47', as the other endpoint has it."""
    found = _DURATION.fullmatch(duration)
    if not found:
        raise ValueError(f"not PTmmMss.ssS: {duration!r}")
    return f"{int(found[1])}:{found[2]}"


class LiveLine(Line):
    """A line whose minutes were sent as a duration."""

    minutes: Annotated[str, AfterValidator(_as_clock)]


class LivePlayer(NbaPart):
    """A player; `position` (PG, SG, SF, PF, C) is that of a starter."""

    status: Literal["ACTIVE", "INACTIVE"]
    person_id: int = Field(ge=0, lt=2**63)
    first_name: str = ""
    family_name: str = ""
    position: str | None = None
    starter: Literal["0", "1"]
    played: Literal["0", "1"]
    not_playing_reason: str | None = None
    not_playing_description: str | None = None
    statistics: LiveLine


class LiveTeam(NbaPart):
    team_tricode: str
    players: list[OrRejected[LivePlayer]]
    statistics: LiveLine


class LiveGame(NbaPart):
    game_id: NbaGameId
    game_status: Literal[1, 2, 3]
    home_team: LiveTeam
    away_team: LiveTeam


class LiveBody(Upstream):
    game: LiveGame


def read_live_box_score(raw: bytes, nba_game_id: str) -> LiveBody:
    """Raises BodyError when it is no live box score, or one of another game."""
    body = check_body(LiveBody, read_json(raw))
    if body.game.game_id != nba_game_id:
        raise BodyError(f"game.gameId: asked for {nba_game_id}, got {body.game.game_id}")
    return body


def as_box_score(game: LiveGame) -> BoxScore:
    """The same game as boxscoretraditionalv3 tells it."""
    return BoxScore.model_construct(
        game_id=game.game_id, home_team=_team(game.home_team), away_team=_team(game.away_team)
    )


def _team(team: LiveTeam) -> BoxTeam:
    players: list[Any] = [_player(player) for player in team.players]
    return BoxTeam.model_construct(
        team_tricode=team.team_tricode, players=players, statistics=team.statistics
    )


def _player(player: LivePlayer | Rejected) -> BoxPlayer | Rejected:
    if isinstance(player, Rejected):
        return player
    starts = player.starter == "1" and player.position
    return BoxPlayer.model_construct(
        person_id=player.person_id,
        first_name=player.first_name,
        family_name=player.family_name,
        position=player.position[-1:] if starts and player.position else "",
        comment="" if player.played == "1" else _comment(player),
        statistics=player.statistics,
    )


def _comment(player: LivePlayer) -> str:
    """'DND - Left Knee; Soreness': why he did not play, known only after the game."""
    reason = player.not_playing_reason or ""
    absence = "DND" if reason in _DID_NOT_DRESS else "NWT"
    word = "DNP" if player.status == "ACTIVE" else absence
    told = player.not_playing_description or reason
    return f"{word} - {told}" if told else word
