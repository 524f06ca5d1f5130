"""The bodies of the Odds API v4 that we read. The historical ones wrap the live ones."""

from typing import Annotated

from pydantic import Field

from scrapers.bodies import BodyError, Moment, OrRejected, Rows, Upstream, check_body, read_json
from scrapers.odds_api.prices import Price

EventId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class OddsEvent(Upstream):
    """A game as the Odds API lists it. Teams by full name."""

    id: EventId
    commence_time: Moment
    home_team: str
    away_team: str


class Outcome(Upstream):
    """One side of a line; `description` is the player's name, the only thing that says who it is.

    `price` is American or decimal, as it was sent. `point` is bounded for every market, as spreads are
    negative and totals of a game over 200.
    """

    name: str
    description: str | None = None
    price: Price
    point: float | None = Field(default=None, ge=-1000, le=1000, allow_inf_nan=False)


class OddsMarket(Upstream):
    """One market of a book. `assumed_time` marks an archive's board whose time is not known."""

    key: str
    last_update: Moment | None = None
    assumed_time: bool = False
    outcomes: list[OrRejected[Outcome]]


class Bookmaker(Upstream):
    key: str = Field(min_length=1)
    last_update: Moment | None = None
    markets: list[OrRejected[OddsMarket]]


class EventOdds(OddsEvent):
    """An event with each book's board; `taken_at` is said of historical ones alone, by what wraps them."""

    taken_at: Moment | None = None
    bookmakers: Rows[Bookmaker]


class EventList(Upstream):
    """The events that were listed at a moment; live ones say no moment."""

    timestamp: Moment | None = None
    data: Rows[OddsEvent]


class HistoricalOdds(Upstream):
    """The boards as they stood at a moment."""

    timestamp: Moment
    data: EventOdds


def read_events(raw: bytes) -> EventList:
    """The events of a live or historical answer; none for an empty one. Raises BodyError."""
    body = read_json(raw) if raw else []
    if isinstance(body, list):
        return check_body(EventList, {"data": body})
    listed = check_body(EventList, body)
    if listed.timestamp is None:
        raise BodyError("timestamp: Field required")
    return listed


def read_event_odds(raw: bytes, event_id: str) -> EventOdds:
    """The boards of a live or historical answer. Raises BodyError, also for another event's."""
    body = read_json(raw)
    if isinstance(body, dict) and "data" in body:
        historical = check_body(HistoricalOdds, body)
        odds = historical.data.model_copy(update={"taken_at": historical.timestamp})
    else:
        odds = check_body(EventOdds, body)
    if odds.id != event_id:
        raise BodyError(f"id: asked for event {event_id}, got {odds.id}")
    return odds
