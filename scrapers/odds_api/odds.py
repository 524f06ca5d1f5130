"""Points props and game lines: the events of the dates, then each event's boards, all markets at once.

Live when knowledge is now. With `as_of` or `lead_minutes` the historical endpoints answer: the events as
they were listed when the date began, each event's boards at its own moment, never after its tip-off.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from scrapers.bodies import kept
from scrapers.odds_api.bodies import EventList, EventOdds, OddsEvent, read_event_odds, read_events
from scrapers.slates import game_days
from scrapers.source import (
    Credential,
    Provider,
    RequestSpec,
    SlateReader,
    Source,
    Task,
)
from shared.clock import eastern_date, eastern_moment
from shared.messages import AsOf

_SPORT = "sports/basketball_nba"
_LIVE = f"https://api.the-odds-api.com/v4/{_SPORT}"
_HISTORICAL = f"https://api.the-odds-api.com/v4/historical/{_SPORT}"
_NAME = "odds"
# An event is no longer listed at its tip-off, and 404 or 204 is how the API says that it has nothing.
_EMPTY = frozenset({204, 404})
_BEFORE_TIP = timedelta(minutes=1)
_MARKETS = "player_points,player_points_alternate,spreads,totals"
_BOARD = {"markets": _MARKETS, "oddsFormat": "american", "regions": "us,us_dfs"}

ODDS_API = Provider(
    name="odds_api",
    headers={"Accept": "application/json", "Accept-Encoding": "gzip, deflate"},
    seconds_between_requests=0.05,
    credential=Credential("apiKey", "ODDS_API_KEY", "odds-api-key"),
)


def _requests(task: Task, read_slate: SlateReader) -> Sequence[RequestSpec]:
    return [_events_request(day, _listing_moment(day, task.knowledge)) for day in game_days(task, read_slate)]


def _listing_moment(day: date, knowledge: AsOf) -> datetime | None:
    """When the events of a date are looked up: as it begins, or earlier when no more may be known."""
    if knowledge == AsOf():
        return None
    begins = eastern_moment(day, time())
    return min(begins, knowledge.as_of) if knowledge.as_of else begins


def _events_request(day: date, moment: datetime | None) -> RequestSpec:
    window = {
        "commenceTimeFrom": _instant(eastern_moment(day, time())),
        "commenceTimeTo": _instant(eastern_moment(day + timedelta(days=1), time()) - timedelta(seconds=1)),
    }
    return RequestSpec(
        kind="events",
        request_key=_key("events", day.isoformat(), moment),
        url=f"{_HISTORICAL if moment else _LIVE}/events",
        params=window | _date(moment),
        game_date=day,
        read=read_events,
        empty_statuses=frozenset({204}),
    )


def _follow_ups(task: Task, spec: RequestSpec, body: EventList | EventOdds) -> Sequence[RequestSpec]:
    if isinstance(body, EventOdds):
        return ()
    return [
        _odds_request(event, _board_moment(event, task.knowledge))
        for event in kept(body.data)
        if eastern_date(event.commence_time) == spec.game_date
    ]


def _board_moment(event: OddsEvent, knowledge: AsOf) -> datetime | None:
    """When an event's boards are looked at; None for now."""
    if knowledge.lead_minutes is not None:
        lead = max(timedelta(minutes=knowledge.lead_minutes), _BEFORE_TIP)
        return event.commence_time - lead
    if knowledge.as_of is not None:
        return min(knowledge.as_of, event.commence_time - _BEFORE_TIP)
    return None


def _odds_request(event: OddsEvent, moment: datetime | None) -> RequestSpec:
    return RequestSpec(
        kind="odds",
        request_key=_key("odds", event.id, moment),
        url=f"{_HISTORICAL if moment else _LIVE}/events/{event.id}/odds",
        params=_BOARD | _date(moment),
        game_date=eastern_date(event.commence_time),
        read=partial(read_event_odds, event_id=event.id),
        event_id=event.id,
        empty_statuses=_EMPTY,
    )


def _key(kind: str, what: str, moment: datetime | None) -> str:
    return "/".join((_NAME, kind, what, _instant(moment) if moment else "live"))


def _date(moment: datetime | None) -> dict[str, str]:
    return {"date": _instant(moment)} if moment else {}


def _instant(moment: datetime) -> str:
    """To the second and with Z: the API refuses anything else."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


SOURCE = Source(
    name=_NAME,
    description="Events with sportsbooks' points props and game lines (Odds API v4)",
    provider=ODDS_API,
    days_ahead=14,
    requests=_requests,
    follow_ups=_follow_ups,
    volatile_keys=frozenset({"previous_timestamp", "next_timestamp"}),
)
