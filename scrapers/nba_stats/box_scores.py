"""Box scores: one request for each game that the schedule says was played and has tipped off."""

from collections.abc import Sequence
from functools import partial

from data_processors.raw.nba_schedule.slate import Game, Slate
from scrapers.nba_stats.bodies import read_box_score
from scrapers.nba_stats.provider import NBA_STATS, STATS_URL
from scrapers.source import NothingToFetchError, NotReadyError, RequestSpec, SlateReader, Source, Task
from shared.clock import utc_now
from shared.messages import DateSpan

_URL = f"{STATS_URL}/boxscoretraditionalv3"


def _requests(task: Task, read_slate: SlateReader) -> Sequence[RequestSpec]:
    slate = read_slate(task.span)
    _check_schedule(slate, task.span)
    played = [game for game in slate.games if not game.postponed]
    if not played:
        raise NothingToFetchError("the schedule has no games on these dates")
    now = min(utc_now(), task.knowledge.as_of or utc_now())
    begun = [game for game in played if game.tip_at <= now]
    if not begun:
        raise NotReadyError(
            f"no game has tipped off yet; the first tips off at {played[0].tip_at:%Y-%m-%d %H:%M} UTC"
        )
    return [_request(game) for game in begun]


def _check_schedule(slate: Slate, span: DateSpan) -> None:
    missing = [day for day in span.dates() if not slate.covers(day)]
    if not missing:
        return
    more = f" and {len(missing) - 1} more dates" if len(missing) > 1 else ""
    known = f"; it reaches to {max(last for _, last in slate.seasons)}" if slate.seasons else ""
    raise NotReadyError(
        f"schedule not loaded: scrape source schedule first (nothing known of {missing[0]}{more}{known})"
    )


def _request(game: Game) -> RequestSpec:
    return RequestSpec(
        kind="box_score_v3",
        request_key=f"box_scores/{game.nba_game_id}",
        url=_URL,
        params={
            "GameID": game.nba_game_id,
            "LeagueID": "00",
            "StartPeriod": "0",
            "EndPeriod": "0",
            "StartRange": "0",
            "EndRange": "0",
            "RangeType": "0",
        },
        game_date=game.game_date,
        read=partial(read_box_score, nba_game_id=game.nba_game_id),
        nba_game_id=game.nba_game_id,
    )


SOURCE = Source(
    name="box_scores",
    description="Every player's line of each game played (boxscoretraditionalv3)",
    provider=NBA_STATS,
    days_ahead=0,
    requests=_requests,
    volatile_keys=frozenset({"meta"}),
    by_game=True,
)
