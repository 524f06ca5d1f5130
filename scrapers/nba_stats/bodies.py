"""The bodies of stats.nba.com that we read: scheduleleaguev2int and boxscoretraditionalv3."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from scrapers.bodies import BodyError, CalendarMoment, Count, OrRejected, Upstream, kept, read_body, rejected

NbaGameId = Annotated[str, Field(pattern=r"^\d{10}$")]


class NbaPart(Upstream):
    """Names as NBA.com spells them."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=to_camel)


class ScheduledSide(NbaPart):
    """A team of a scheduled game; without a tricode while it is not known who will play."""

    team_tricode: str | None = None
    score: Count | None = None


class ScheduledGame(NbaPart):
    """One game of the schedule. `gameDateTimeUTC` is midnight Eastern while the time is not set."""

    game_id: NbaGameId
    game_status: Literal[1, 2, 3]
    game_status_text: str = ""
    game_date_est: CalendarMoment
    game_date_time_utc: CalendarMoment = Field(alias="gameDateTimeUTC")
    postponed_status: str | None = None
    is_neutral: bool = False
    assumed_time: bool = False
    home_team: ScheduledSide
    away_team: ScheduledSide


class GameDate(NbaPart):
    games: list[OrRejected[ScheduledGame]]


class LeagueSchedule(NbaPart):
    season_year: str = Field(pattern=r"^\d{4}-\d{2}$")
    game_dates: list[GameDate] = Field(min_length=1)


class ScheduleBody(NbaPart):
    """scheduleleaguev2int, and scheduleLeagueV2 of the CDN: one season."""

    league_schedule: LeagueSchedule


class Line(NbaPart):
    """Counted statistics of a player or a team. `minutes` is MM:SS, empty for who did not play."""

    minutes: str | None = ""
    field_goals_made: Count
    field_goals_attempted: Count
    three_pointers_made: Count
    three_pointers_attempted: Count
    free_throws_made: Count
    free_throws_attempted: Count
    rebounds_offensive: Count
    rebounds_defensive: Count
    assists: Count
    steals: Count
    blocks: Count
    turnovers: Count
    fouls_personal: Count
    points: Count
    plus_minus_points: float = Field(default=0.0, ge=-1000, le=1000, allow_inf_nan=False)


class BoxPlayer(NbaPart):
    """A player of a box score; `position` is that of a starter, else empty."""

    person_id: int = Field(ge=0, lt=2**63)
    first_name: str = ""
    family_name: str = ""
    position: str | None = ""
    comment: str | None = ""
    statistics: Line

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.family_name}".strip()


class BoxTeam(NbaPart):
    """A team of a box score; before tip-off without players and statistics."""

    team_tricode: str
    players: list[OrRejected[BoxPlayer]] = Field(default_factory=list)
    statistics: Line | None = None


class BoxScore(NbaPart):
    game_id: NbaGameId
    home_team: BoxTeam
    away_team: BoxTeam


class BoxScoreBody(NbaPart):
    """boxscoretraditionalv3: one game."""

    box_score_traditional: BoxScore


def read_schedule(raw: bytes, season: str | None = None) -> ScheduleBody:
    """Raises BodyError when it is no schedule with at least one date, or another season's."""
    body = read_body(ScheduleBody, raw)
    found = body.league_schedule.season_year
    games = [game for day in body.league_schedule.game_dates for game in day.games]
    if games and not kept(games):
        raise BodyError(f"games: none of {len(games)} can be read, the first: {rejected(games)[0].reason}")
    if season not in (None, found):
        raise BodyError(f"leagueSchedule.seasonYear: asked for {season}, got {found}")
    return body


def read_box_score(raw: bytes, nba_game_id: str) -> BoxScoreBody:
    """Raises BodyError when it is no box score, or one of another game."""
    body = read_body(BoxScoreBody, raw)
    found = body.box_score_traditional.game_id
    if found != nba_game_id:
        raise BodyError(f"boxScoreTraditional.gameId: asked for {nba_game_id}, got {found}")
    return body
