"""The bodies of the Odds API v4 that we read. The historical ones wrap the live ones."""

from typing import Annotated

from pydantic import AfterValidator, Field

from scrapers.bodies import BodyError, Moment, Upstream, check_body, read_json

EventId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


def _is_american(price: int) -> int:
    if abs(price) < 100:
        raise ValueError("an American price is 100 or more, or -100 or less")
    return price


AmericanPrice = Annotated[int, Field(ge=-1_000_000, le=1_000_000), AfterValidator(_is_american)]


class OddsEvent(Upstream):
    """A game as the Odds API lists it. Teams by full name."""

    id: EventId
    commence_time: Moment
    home_team: str
    away_team: str


class Outcome(Upstream):
    """One side of a line; `description` is the player's name, the only thing that says who it is.

    `point` is bounded for every market, as spreads are negative and totals of a game over 200.
    """

    name: str
    description: str | None = None
    price: AmericanPrice
    point: float | None = Field(default=None, ge=-1000, le=1000, allow_inf_nan=False)


class OddsMarket(Upstream):
    """One market of a book. `assumed_time` marks an archive's board whose time is not known."""

    key: str
    last_update: Moment | None = None
    assumed_time: bool = False
    outcomes: list[Outcome]


class Bookmaker(Upstream):
    key: str = Field(min_length=1)
    last_update: Moment | None = None
    markets: list[OddsMarket]


class EventOdds(OddsEvent):
    """An event with each book's board."""

    bookmakers: list[Bookmaker]


class HistoricalEvents(Upstream):
    """The events that were listed at a moment."""

    timestamp: Moment
    data: list[OddsEvent]


class HistoricalOdds(Upstream):
    """The boards as they stood at a moment."""

    timestamp: Moment
    data: EventOdds


class LiveEvents(Upstream):
    """The live list of events, under a name so that it can be a model."""

    data: list[OddsEvent]


def read_events(raw: bytes) -> tuple[OddsEvent, ...]:
    """The events of a live or historical answer; none for an empty one. Raises BodyError."""
    if not raw:
        return ()
    body = read_json(raw)
    if isinstance(body, list):
        return tuple(check_body(LiveEvents, {"data": body}).data)
    return tuple(check_body(HistoricalEvents, body).data)


def read_event_odds(raw: bytes, event_id: str) -> EventOdds:
    """The boards of a live or historical answer. Raises BodyError, also for another event's."""
    body = read_json(raw)
    wrapped = isinstance(body, dict) and "data" in body
    odds = check_body(HistoricalOdds, body).data if wrapped else check_body(EventOdds, body)
    if odds.id != event_id:
        raise BodyError(f"id: asked for event {event_id}, got {odds.id}")
    return odds
