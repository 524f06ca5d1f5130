"""Box scores: one request for each game that has tipped off; the live feed where that brings nothing."""

from collections.abc import Sequence
from functools import partial

from data_processors.raw.nba_schedule.slate import Game
from scrapers.nba_live.box_score import read_live_box_score
from scrapers.nba_live.provider import CDN_URL, NBA_CDN
from scrapers.nba_stats.bodies import read_box_score
from scrapers.nba_stats.provider import NBA_STATS, STATS_URL
from scrapers.slates import games_begun
from scrapers.source import RequestSpec, SlateReader, Source, Task

_URL = f"{STATS_URL}/boxscoretraditionalv3"


def _requests(task: Task, read_slate: SlateReader) -> Sequence[RequestSpec]:
    return [_request(game) for game in games_begun(task, read_slate)]


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
        backup=_backup(game),
    )


def _backup(game: Game) -> RequestSpec:
    return RequestSpec(
        kind="box_score_live",
        request_key=f"box_scores/{game.nba_game_id}/live",
        url=f"{CDN_URL}/liveData/boxscore/boxscore_{game.nba_game_id}.json",
        params={},
        game_date=game.game_date,
        read=partial(read_live_box_score, nba_game_id=game.nba_game_id),
        nba_game_id=game.nba_game_id,
        provider=NBA_CDN,
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
