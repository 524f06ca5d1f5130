"""api.the-odds-api.com/v4: events and their odds, current and historical."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from deploy.local.upstream.archive import Archive
from deploy.local.upstream.bodies import json_response
from deploy.local.upstream.clock import SimulatedClock, iso_z
from deploy.local.upstream.market import BoardQuery, Event, Market
from deploy.local.upstream.odds_requests import (
    OddsApiError,
    board_query,
    check_date_format,
    check_event_id,
    check_key,
    check_sport,
    commence_range,
    historical_date,
)

MONTHLY_CREDITS = 20_000
SNAPSHOT_MINUTES = 5
_HISTORICAL_FACTOR = 10
_BOOKS_PER_REGION = 10


class Quota:
    """Usage credits, in the three headers that each answer carries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = 0

    def spend(self, credits: int) -> dict[str, str]:
        with self._lock:
            self._used += credits
            used = self._used
        return {
            "x-requests-remaining": str(max(0, MONTHLY_CREDITS - used)),
            "x-requests-used": str(used),
            "x-requests-last": str(credits),
        }


def odds_blueprint(archive: Archive, clock: SimulatedClock, api_key: str | None) -> Blueprint:
    """Routes below /api.the-odds-api.com/v4. `api_key` None accepts any key that is not empty."""
    blueprint = Blueprint("odds", __name__, url_prefix="/api.the-odds-api.com/v4")
    market, quota = Market(archive), Quota()

    @blueprint.before_request
    def admit() -> None:
        check_key(request.args, api_key)
        check_sport((request.view_args or {}).get("sport", ""))
        check_date_format(request.args)

    @blueprint.errorhandler(OddsApiError)
    def refuse(error: OddsApiError) -> Response:
        return error.response()

    @blueprint.get("/sports/<sport>/events")
    def events(sport: str) -> Response:
        return json_response(_events(market, clock.now), headers=quota.spend(0))

    @blueprint.get("/sports/<sport>/events/<event_id>/odds")
    def event_odds(sport: str, event_id: str) -> Response:
        query, event = board_query(request.args, historical=False), _event(market, event_id, clock.now)
        body = market.odds(event, clock.now, query)
        return json_response(body, headers=quota.spend(_cost(body, query)))

    @blueprint.get("/historical/sports/<sport>/events")
    def historical_events(sport: str) -> Response:
        instant = historical_date(request.args, clock.now)
        data = _events(market, instant)
        body = {**_grid(instant, clock.now), "data": data}
        return json_response(body, headers=quota.spend(1 if data else 0))

    @blueprint.get("/historical/sports/<sport>/events/<event_id>/odds")
    def historical_event_odds(sport: str, event_id: str) -> Response:
        instant = historical_date(request.args, clock.now)
        query, event = board_query(request.args, historical=True), _event(market, event_id, instant)
        data = market.odds(event, instant, query)
        body = {**_neighbours(market.snapshots(event), instant, clock.now), "data": data}
        return json_response(body, headers=quota.spend(_HISTORICAL_FACTOR * _cost(data, query)))

    return blueprint


def _events(market: Market, instant: datetime) -> list[dict[str, str]]:
    start, stop = commence_range(request.args)
    return [
        event.summary()
        for event in market.listed(instant)
        if (start is None or event.commence >= start) and (stop is None or event.commence <= stop)
    ]


def _event(market: Market, event_id: str, instant: datetime) -> Event:
    check_event_id(event_id)
    event = market.events.get(event_id)
    if event is None or not event.listed_at(instant):
        message = "Event not found. The event may have expired or the event id may not be valid."
        raise OddsApiError(404, "EVENT_NOT_FOUND", message)
    return event


def _cost(odds: dict[str, Any], query: BoardQuery) -> int:
    """Markets found times regions; ten named bookmakers count as a region, empty answers cost nothing."""
    found = {market["key"] for book in odds["bookmakers"] for market in book["markets"]}
    regions = -(-len(query.bookmakers) // _BOOKS_PER_REGION) or len(query.regions)
    return len(found) * regions


def _grid(instant: datetime, now: datetime) -> dict[str, str | None]:
    """The list of events is kept every five minutes."""
    step = timedelta(minutes=SNAPSHOT_MINUTES)
    taken = instant.replace(
        minute=instant.minute - instant.minute % SNAPSHOT_MINUTES, second=0, microsecond=0
    )
    return _wrapper(taken, taken - step, taken + step, now)


def _neighbours(snapshots: list[datetime], instant: datetime, now: datetime) -> dict[str, str | None]:
    """Where `instant` falls among the times at which this event's boards changed."""
    past = [snapshot for snapshot in snapshots if snapshot <= instant]
    future = [snapshot for snapshot in snapshots if snapshot > instant]
    taken = past[-1] if past else instant
    return _wrapper(taken, past[-2] if len(past) > 1 else None, future[0] if future else None, now)


def _wrapper(
    taken: datetime, previous: datetime | None, following: datetime | None, now: datetime
) -> dict[str, str | None]:
    known = following if following is not None and following <= now else None
    return {
        "timestamp": iso_z(taken),
        "previous_timestamp": iso_z(previous) if previous else None,
        "next_timestamp": iso_z(known) if known else None,
    }
