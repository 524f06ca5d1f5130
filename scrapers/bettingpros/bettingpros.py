"""Points offers of BettingPros: a date's events, then every page of the offers on them.

BettingPros knows only the present. Each line says when it took its form, so that what may be known of it by a
moment can be told afterwards.
"""

from collections.abc import Sequence
from datetime import date

from scrapers.bettingpros.bodies import EventsBody, OffersBody, read_events, read_offers
from scrapers.bodies import kept
from scrapers.slates import game_days
from scrapers.source import (
    Credential,
    Provider,
    RequestSpec,
    SlateReader,
    Source,
    Task,
)
from shared.clock import eastern_date

_URL = "https://api.bettingpros.com/v3"
_NAME = "bettingpros"
_POINTS = "156"
_PER_PAGE = "25"
_MOST_PAGES = 50

BETTINGPROS = Provider(
    name=_NAME,
    headers={
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Origin": "https://www.bettingpros.com",
        "Referer": "https://www.bettingpros.com/",
        "User-Agent": (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36"
        ),
    },
    seconds_between_requests=2.5,
    credential=Credential("X-Api-Key", "BETTINGPROS_API_KEY", "bettingpros-api-key", place="header"),
    proxied=True,
)


def _requests(task: Task, read_slate: SlateReader) -> Sequence[RequestSpec]:
    return [_events(day) for day in game_days(task, read_slate)]


def _events(day: date) -> RequestSpec:
    return RequestSpec(
        kind="bp_events",
        request_key=f"{_NAME}/events/{day}",
        url=f"{_URL}/events",
        params={"sport": "NBA", "date": day.isoformat()},
        game_date=day,
        read=read_events,
    )


def _offers(day: date, event_ids: str, page: int) -> RequestSpec:
    return RequestSpec(
        kind="bp_offers",
        request_key=f"{_NAME}/offers/{day}/{page}",
        url=f"{_URL}/offers",
        params={
            "sport": "NBA",
            "market_id": _POINTS,
            "event_id": event_ids,
            "limit": _PER_PAGE,
            "page": str(page),
        },
        game_date=day,
        read=read_offers,
    )


def _follow_ups(_task: Task, spec: RequestSpec, body: EventsBody | OffersBody) -> Sequence[RequestSpec]:
    """The first page of the offers on a date's events; from it all the others."""
    day = spec.game_date
    if isinstance(body, EventsBody):
        ids = [str(event.id) for event in kept(body.events) if eastern_date(event.scheduled) == day]
        return [_offers(day, ":".join(ids), 1)] if ids else []
    if spec.params["page"] != "1":
        return ()
    last = min(body.pagination.total_pages, _MOST_PAGES)
    return [_offers(day, spec.params["event_id"], page) for page in range(2, last + 1)]


SOURCE = Source(
    name=_NAME,
    description="Books' points lines with their opening lines (BettingPros v3)",
    provider=BETTINGPROS,
    days_ahead=14,
    days=1,
    requests=_requests,
    follow_ups=_follow_ups,
    volatile_keys=frozenset({"ts", "utc"}),
)
