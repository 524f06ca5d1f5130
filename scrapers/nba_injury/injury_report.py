"""The injury report: one request for the newest one that should be out."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from scrapers.bodies import kept, rejected
from scrapers.nba_injury.report import InjuryReport, read_report
from scrapers.source import (
    NothingToFetchError,
    NotReadyError,
    Provider,
    RequestSpec,
    SlateReader,
    Source,
    Task,
)
from shared.clock import EASTERN, utc_now

_URL = "https://ak-static.cms.nba.com/referee/injury/Injury-Report"
# The league says that a file is not there yet by 403, its bucket's answer to whom may not list it.
_NOT_OUT = frozenset({403, 404})
_PUBLISHING = timedelta(minutes=5)
_QUARTERS_FROM = date(2025, 12, 23)
_HOURLY_MINUTE = 30

NBA_INJURY = Provider(
    name="nba_injury",
    headers={
        "Accept": "application/pdf,*/*",
        "Accept-Encoding": "gzip, deflate",
        "Accept-Language": "en-US,en;q=0.9",
        "Origin": "https://official.nba.com",
        "Referer": "https://official.nba.com/",
        "User-Agent": (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36"
        ),
    },
    seconds_between_requests=1.0,
    proxied=True,
)


def _requests(task: Task, read_slate: SlateReader) -> Sequence[RequestSpec]:
    day = task.span.from_date
    slate = read_slate(task.span)
    if slate.covers(day) and not slate.on(day):
        raise NothingToFetchError("the schedule has no games on this date")
    moment = min(utc_now(), task.knowledge.as_of or utc_now())
    if task.knowledge.lead_minutes is not None:
        if not slate.on(day):
            raise NotReadyError(f"schedule not loaded: scrape source schedule first (nothing known of {day})")
        first_tip = min(game.tip_at for game in slate.on(day))
        moment = first_tip - timedelta(minutes=task.knowledge.lead_minutes)
    name = report_name(moment - _PUBLISHING)
    # Each report has its own name. Now, one is compared with the one before; a replay may go back in time.
    live = task.knowledge.as_of is None and task.knowledge.lead_minutes is None
    return [
        RequestSpec(
            kind="injury_report",
            request_key=f"injury_report/{day if live else name}",
            url=f"{_URL}_{name}.pdf",
            params={},
            game_date=day,
            read=read_report,
            empty_statuses=_NOT_OUT,
        )
    ]


def report_name(moment: datetime) -> str:
    """The name of the newest report at a moment, e.g. 2025-01-10_05PM or 2026-01-10_05_15PM.

    To 2025-12-22 a report came out at half past each hour under the name of the hour; from then on every
    quarter of an hour under its own time.
    """
    local = moment.astimezone(EASTERN)
    quarter = local.replace(minute=local.minute // 15 * 15)
    if quarter.date() >= _QUARTERS_FROM:
        return f"{quarter:%Y-%m-%d_%I_%M%p}"
    hour = local if local.minute >= _HOURLY_MINUTE else local - timedelta(hours=1)
    return f"{hour:%Y-%m-%d_%I%p}"


def _content(spec: RequestSpec, report: InjuryReport) -> bytes:
    """What it says of the date: every quarter of an hour another file says the same at another time."""
    said = [row.model_dump(mode="json") for row in kept(report.rows) if row.game_date == spec.game_date]
    unread = [str(row.row) for row in rejected(report.rows)]
    return json.dumps([said, unread]).encode()


SOURCE = Source(
    name="injury_report",
    description="Who is out or in doubt, by the league's newest report before the games",
    provider=NBA_INJURY,
    days_ahead=1,
    days=1,
    requests=_requests,
    content=_content,
)
