"""Play-by-play: one request for each game that the schedule says was played and has tipped off."""

from collections.abc import Sequence
from functools import partial

from data_processors.raw.nba_schedule.slate import Game
from scrapers.nba_live.bodies import read_play_by_play
from scrapers.nba_live.provider import ABSENT, CDN_URL, NBA_CDN
from scrapers.slates import games_begun
from scrapers.source import RequestSpec, SlateReader, Source, Task


def _requests(task: Task, read_slate: SlateReader) -> Sequence[RequestSpec]:
    return [_request(game) for game in games_begun(task, read_slate)]


def _request(game: Game) -> RequestSpec:
    return RequestSpec(
        kind="play_by_play",
        request_key=f"play_by_play/{game.nba_game_id}",
        url=f"{CDN_URL}/liveData/playbyplay/playbyplay_{game.nba_game_id}.json",
        params={},
        game_date=game.game_date,
        read=partial(read_play_by_play, nba_game_id=game.nba_game_id),
        nba_game_id=game.nba_game_id,
        empty_statuses=ABSENT,
    )


SOURCE = Source(
    name="play_by_play",
    description="Every action and shot of each game played (live feed)",
    provider=NBA_CDN,
    days_ahead=0,
    requests=_requests,
    volatile_keys=frozenset({"meta"}),
    by_game=True,
)
