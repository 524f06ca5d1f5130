"""Box scores of balldontlie: the pages of each date that has games by the schedule."""

from collections.abc import Sequence
from datetime import date

from scrapers.balldontlie.bodies import BoxScoresBody, read_box_scores
from scrapers.slates import game_days
from scrapers.source import (
    Credential,
    Provider,
    RequestSpec,
    SlateReader,
    Source,
    Task,
)

_URL = "https://api.balldontlie.io/v1/box_scores"
_NAME = "bdl_box_scores"
_PER_PAGE = "100"
_MOST_PAGES = 50

BALLDONTLIE = Provider(
    name="balldontlie",
    headers={"Accept": "application/json", "Accept-Encoding": "gzip, deflate"},
    seconds_between_requests=1.0,
    credential=Credential("Authorization", "BDL_API_KEY", "bdl-api-key", place="header", prefix="Bearer "),
)


def _requests(task: Task, read_slate: SlateReader) -> Sequence[RequestSpec]:
    return [_page(day, 1, {}) for day in game_days(task, read_slate)]


def _page(day: date, number: int, cursor: dict[str, str]) -> RequestSpec:
    return RequestSpec(
        kind="bdl_box_scores",
        request_key=f"{_NAME}/{day}/{number}",
        url=_URL,
        params={"date": day.isoformat(), "per_page": _PER_PAGE, **cursor},
        game_date=day,
        read=read_box_scores,
    )


def _next_page(_task: Task, spec: RequestSpec, body: BoxScoresBody) -> Sequence[RequestSpec]:
    """The page after this one, as long as the provider names one."""
    number = int(spec.request_key.rpartition("/")[2])
    cursor = body.meta.next_cursor
    if cursor is None or cursor == "" or number == _MOST_PAGES:
        return ()
    return [_page(spec.game_date, number + 1, {"cursor": str(cursor)})]


SOURCE = Source(
    name=_NAME,
    description="Box scores of a second provider: fallback and cross-check of points (balldontlie v1)",
    provider=BALLDONTLIE,
    days_ahead=0,
    requests=_requests,
    follow_ups=_next_page,
    volatile_keys=frozenset({"meta"}),
)
