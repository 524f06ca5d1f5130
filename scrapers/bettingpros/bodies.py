"""The bodies of BettingPros that we read: a date's events, and pages of offers on players' points."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from scrapers.bodies import Moment, OrRejected, Rows, Upstream, read_body
from scrapers.odds_api.prices import Price

_FORMAT = "%Y-%m-%d %H:%M:%S"


def _utc(text: Any) -> datetime:
    """BettingPros' times are UTC and do not say so."""
    return datetime.strptime(str(text), _FORMAT).replace(tzinfo=UTC)


UtcText = Annotated[Moment, BeforeValidator(_utc)]
Id = Annotated[int, Field(ge=0, lt=2**63)]
Line = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Name = Annotated[str, AfterValidator(str.strip), Field(min_length=1)]


class BpEvent(Upstream):
    """A game; teams by BettingPros' own codes."""

    id: Id
    scheduled: UtcText
    home: str
    visitor: str


class EventsBody(Upstream):
    events: Rows[BpEvent]


class BookLine(Upstream):
    """One number of one book on one side, with its American price."""

    line: Line
    cost: Price
    updated: UtcText | None = None
    active: bool | None = None
    best: bool | None = None


class Book(Upstream):
    id: Id
    lines: list[OrRejected[BookLine]]


class OpeningLine(Upstream):
    """The first number on this side, and whose it was."""

    line: Line
    cost: Price
    book_id: Id | None = None
    created: UtcText | None = None


class Selection(Upstream):
    """One side of an offer."""

    selection: Literal["over", "under"]
    opening_line: OpeningLine | None = None
    books: list[OrRejected[Book]]


class AboutPlayer(Upstream):
    """`team` is his present team, "FA" without one."""

    team: str | None = None
    position: str | None = None


class Participant(Upstream):
    name: Name
    player: AboutPlayer | None = None


class Offer(Upstream):
    """A player's points in a game."""

    id: Id
    event_id: Id
    player_id: Id
    participants: list[Participant] = Field(min_length=1)
    selections: list[OrRejected[Selection]]


class Pagination(Upstream):
    page: int = Field(ge=0, le=10_000)
    total_pages: int = Field(ge=0, le=10_000)


class OffersBody(Upstream):
    """One page of offers."""

    offers: Rows[Offer]
    pagination: Pagination = Field(alias="_pagination")


def read_events(raw: bytes) -> EventsBody:
    """Raises BodyError when it is no list of events."""
    return read_body(EventsBody, raw)


def read_offers(raw: bytes) -> OffersBody:
    """Raises BodyError when it is no page of offers."""
    return read_body(OffersBody, raw)
