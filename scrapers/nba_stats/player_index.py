"""The season's player index: every player with his team, the registry of identities."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pydantic import Field

from scrapers.bodies import BodyError, Rows, Upstream, check_body, read_body
from scrapers.nba_stats.provider import NBA_STATS, STATS_URL
from scrapers.source import RequestSpec, SlateReader, Source, Task
from shared.identity.games import season_label, season_year

_URL = f"{STATS_URL}/playerindex"
_RESULT = "PlayerIndex"


class IndexedPlayer(Upstream):
    """One row; the names are the provider's headers."""

    PERSON_ID: int = Field(ge=1, lt=2**63)
    PLAYER_FIRST_NAME: str | None
    PLAYER_LAST_NAME: str = Field(min_length=1)
    TEAM_ABBREVIATION: str | None
    POSITION: str | None
    JERSEY_NUMBER: str | None
    HEIGHT: str | None
    WEIGHT: str | None
    COUNTRY: str | None
    DRAFT_YEAR: int | None = Field(ge=1946, le=2100)
    FROM_YEAR: str | None
    TO_YEAR: str | None
    ROSTER_STATUS: float | None

    @property
    def full_name(self) -> str:
        return f"{self.PLAYER_FIRST_NAME or ''} {self.PLAYER_LAST_NAME}".strip()


class _ResultSet(Upstream):
    name: str
    headers: list[str]
    rowSet: list[list[Any]]


class _Parameters(Upstream):
    Season: str


class _ResultSets(Upstream):
    parameters: _Parameters
    resultSets: list[_ResultSet] = Field(min_length=1)


class PlayerIndexBody(Upstream):
    """The index of one season."""

    season: str = Field(pattern=r"^\d{4}-\d{2}$")
    players: Rows[IndexedPlayer] = Field(min_length=1)


def read_player_index(raw: bytes, season: str) -> PlayerIndexBody:
    """Raises BodyError when it is no player index, one without the columns we read, or of another season."""
    body = read_body(_ResultSets, raw)
    if body.parameters.Season != season:
        raise BodyError(f"parameters.Season: asked for {season}, got {body.parameters.Season}")
    found = next((result for result in body.resultSets if result.name == _RESULT), None)
    if found is None:
        raise BodyError(f"resultSets: no result is named {_RESULT}")
    if missing := set(IndexedPlayer.model_fields) - set(found.headers):
        raise BodyError(f"resultSets.headers: without {', '.join(sorted(missing))}")
    rows = [dict(zip(found.headers, row, strict=False)) for row in found.rowSet]
    if not rows:
        raise BodyError("resultSets.rowSet: no players")
    return check_body(PlayerIndexBody, {"season": season, "players": rows})


def _requests(task: Task, _slate: SlateReader) -> Sequence[RequestSpec]:
    season = season_label(season_year(task.span.from_date))
    return [
        RequestSpec(
            kind="player_index",
            request_key=f"player_index/{season}",
            url=_URL,
            params={"LeagueID": "00", "Season": season, "Historical": "0"},
            game_date=task.span.from_date,
            read=partial(read_player_index, season=season),
        )
    ]


SOURCE = Source(
    name="player_index",
    description="Every player of the season with his team: the registry of identities",
    provider=NBA_STATS,
    days_ahead=1,
    days=1,
    requests=_requests,
    volatile_keys=frozenset({"meta"}),
)
