"""The body of balldontlie's box_scores that we read."""

from pydantic import Field

from scrapers.bodies import Count, OrRejected, Rows, Upstream, read_body


class BdlPlayer(Upstream):
    """balldontlie's own id; the name is what says who it is."""

    id: int = Field(ge=1, lt=2**63)
    first_name: str
    last_name: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class BdlLine(Upstream):
    """A player's line. `min` is whole minutes as text, "00" for who did not play."""

    min: str | None
    fgm: Count
    fga: Count
    fg3m: Count
    fg3a: Count
    ftm: Count
    fta: Count
    oreb: Count
    dreb: Count
    ast: Count
    stl: Count
    blk: Count
    turnover: Count
    pf: Count
    pts: Count
    player: BdlPlayer


class BdlTeam(Upstream):
    abbreviation: str
    full_name: str
    players: list[OrRejected[BdlLine]] = Field(default_factory=list)


class BdlGame(Upstream):
    """A game; its players are there from the start, its `status` is Final at the end."""

    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    status: str
    home_team_score: Count | None
    visitor_team_score: Count | None
    home_team: BdlTeam
    visitor_team: BdlTeam

    @property
    def final(self) -> bool:
        return self.status.strip().lower() == "final"


class BdlMeta(Upstream):
    next_cursor: int | str | None = None


class BoxScoresBody(Upstream):
    """One page of a date's games."""

    data: Rows[BdlGame]
    meta: BdlMeta = Field(default_factory=BdlMeta)


def read_box_scores(raw: bytes) -> BoxScoresBody:
    """Raises BodyError when it is no page of box scores."""
    return read_body(BoxScoresBody, raw)
