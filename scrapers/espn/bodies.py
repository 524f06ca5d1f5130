"""The body of ESPN's team page with its roster."""

from pydantic import Field

from scrapers.bodies import BodyError, Moment, OrRejected, Rows, Upstream, read_body


class Named(Upstream):
    """A thing of which we read the name."""

    name: str


class Position(Upstream):
    abbreviation: str | None = None


class Experience(Upstream):
    years: int | None = Field(default=None, ge=0, le=50)


class Injury(Upstream):
    """What ESPN says of an injury; text from outside."""

    status: str
    shortComment: str | None = None
    date: Moment | None = None


class Athlete(Upstream):
    """A player of the roster. ESPN's id is its own; the name is what says who it is."""

    id: str = Field(pattern=r"^\d{1,18}$")
    fullName: str = Field(min_length=1)
    jersey: str | None = None
    position: Position | None = None
    height: float | None = Field(default=None, ge=40, le=110)
    weight: float | None = Field(default=None, ge=80, le=500)
    dateOfBirth: Moment | None = None
    experience: Experience | None = None
    status: Named | None = None
    injuries: list[OrRejected[Injury]] = Field(default_factory=list)


class RosterTeam(Upstream):
    id: str
    athletes: Rows[Athlete] = Field(min_length=1)


class RosterBody(Upstream):
    """A team with its roster."""

    team: RosterTeam


def read_roster(raw: bytes, espn_team_id: int) -> RosterBody:
    """Raises BodyError when it is no roster, or another team's."""
    body = read_body(RosterBody, raw)
    if body.team.id != str(espn_team_id):
        raise BodyError(f"team.id: asked for {espn_team_id}, got {body.team.id}")
    return body
