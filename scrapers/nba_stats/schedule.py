"""The season's schedule: one request a season that the dates lie in; the CDN's where that brings nothing."""

from collections.abc import Sequence
from functools import partial

from scrapers.nba_live.provider import CDN_URL, NBA_CDN
from scrapers.nba_stats.bodies import read_schedule
from scrapers.nba_stats.provider import NBA_STATS, STATS_URL
from scrapers.source import RequestSpec, SlateReader, Source, Task
from shared.identity.games import season_label, season_year

_URL = f"{STATS_URL}/scheduleleaguev2int"
# Only the present season's, which read_schedule checks.
_BACKUP_URL = f"{CDN_URL}/staticData/scheduleLeagueV2.json"


def _requests(task: Task, _slate: SlateReader) -> Sequence[RequestSpec]:
    first, last = season_year(task.span.from_date), season_year(task.span.to_date)
    return [_request(task, season_label(year)) for year in range(first, last + 1)]


def _request(task: Task, season: str) -> RequestSpec:
    return RequestSpec(
        kind="schedule",
        request_key=f"schedule/{season}",
        url=_URL,
        params={"LeagueID": "00", "Season": season},
        game_date=task.span.from_date,
        read=partial(read_schedule, season=season),
        backup=RequestSpec(
            kind="schedule",
            request_key=f"schedule/{season}/cdn",
            url=_BACKUP_URL,
            params={},
            game_date=task.span.from_date,
            read=partial(read_schedule, season=season),
            provider=NBA_CDN,
        ),
    )


SOURCE = Source(
    name="schedule",
    description="Games of the season with tip-off times, status and scores",
    provider=NBA_STATS,
    days_ahead=14,
    requests=_requests,
    volatile_keys=frozenset({"meta"}),
)
