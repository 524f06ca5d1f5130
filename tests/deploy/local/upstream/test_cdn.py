"""cdn.nba.com: the schedule as a file, the live feed's box scores and play-by-play; absent is 403."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from deploy.local.league import generate
from deploy.local.upstream.app import create_app
from scrapers.bodies import rejected
from scrapers.nba_live.bodies import read_play_by_play
from scrapers.nba_live.box_score import as_box_score, read_live_box_score
from scrapers.nba_stats.bodies import BoxScore, BoxTeam, read_box_score

ClientAt = Callable[..., FlaskClient]
CDN, STATS = "/cdn.nba.com/static/json", "/stats.nba.com/stats"
GAME = "0022400056"
TIP, END = "2024-12-04T00:30:00Z", "2024-12-04T03:30:00Z"
POINTS = {"3pt": 3, "2pt": 2, "freethrow": 1}


@pytest.fixture(scope="module")
def league_client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Two days of a simulated league, all over."""
    archive = generate(11, tmp_path_factory.mktemp("cdn"), days=2).archive
    return create_app(archive, "2024-10-25T12:00:00Z").test_client()


def games_of(client: FlaskClient, season: str = "2024-25") -> list[str]:
    body = client.get(f"{STATS}/scheduleleaguev2int?Season={season}").get_json()
    listed = [game for day in body["leagueSchedule"]["gameDates"] for game in day["games"]]
    return [game["gameId"] for game in listed if game["gameStatus"] == 3]


def stats_box(client: FlaskClient, game_id: str) -> BoxScore:
    raw = client.get(f"{STATS}/boxscoretraditionalv3?GameID={game_id}").data
    return read_box_score(raw, game_id).box_score_traditional


def figures(team: BoxTeam) -> list[Any]:
    """A team as far as both endpoints say it in the same words."""
    return sorted(
        (p.person_id, p.full_name, p.position or "", p.statistics.points, p.statistics.assists)
        for p in team.players
    )


def test_the_schedule_file_is_the_present_seasons_schedule(client_at: ClientAt) -> None:
    client = client_at(END)
    for name in ("scheduleLeagueV2.json", "scheduleLeagueV2_1.json"):
        body = client.get(f"{CDN}/staticData/{name}").get_json()
        stats = client.get(f"{STATS}/scheduleleaguev2int?Season=2024-25").get_json()
        assert body["leagueSchedule"] == stats["leagueSchedule"]
    client = client_at("2022-10-19T12:00:00Z")
    assert (
        client.get(f"{CDN}/staticData/scheduleLeagueV2.json").get_json()["leagueSchedule"]["seasonYear"]
        == "2022-23"
    )


@pytest.mark.parametrize("path", ["boxscore/boxscore", "playbyplay/playbyplay"])
@pytest.mark.parametrize(("game", "now"), [(GAME, "2024-12-03T12:00:00Z"), ("0022499999", END), ("x", END)])
def test_what_is_not_there_may_not_be_seen(client_at: ClientAt, path: str, game: str, now: str) -> None:
    answer = client_at(now).get(f"{CDN}/liveData/{path}_{game}.json")
    assert (answer.status_code, answer.mimetype) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code>" in answer.data


def test_a_game_that_is_being_played_has_a_box_score_without_figures(client_at: ClientAt) -> None:
    game = client_at(TIP).get(f"{CDN}/liveData/boxscore/boxscore_{GAME}.json").get_json()["game"]
    assert (game["gameStatus"], game["homeTeam"]["players"], game["homeTeam"]["score"]) == (2, [], 0)
    assert client_at(TIP).get(f"{CDN}/liveData/playbyplay/playbyplay_{GAME}.json").status_code == 403


def test_a_game_of_which_the_archive_has_no_shots_has_no_play_by_play(client_at: ClientAt) -> None:
    assert client_at(END).get(f"{CDN}/liveData/playbyplay/playbyplay_{GAME}.json").status_code == 403


def test_a_live_box_score_tells_what_the_other_endpoint_tells(league_client: FlaskClient) -> None:
    games = games_of(league_client)
    assert len(games) > 5
    for game in games:
        raw = league_client.get(f"{CDN}/liveData/boxscore/boxscore_{game}.json").data
        live, stats = as_box_score(read_live_box_score(raw, game).game), stats_box(league_client, game)
        assert figures(live.home_team) == figures(stats.home_team)
        assert figures(live.away_team) == figures(stats.away_team)


def check_play_by_play(client: FlaskClient, game: str) -> None:
    body = read_play_by_play(client.get(f"{CDN}/liveData/playbyplay/playbyplay_{game}.json").data, game)
    actions = body.game.actions
    assert rejected(actions) == []
    points: Counter[int] = Counter()
    throws: Counter[int] = Counter()
    for action in actions:
        points[action.person_id] += POINTS.get(action.action_type, 0) if action.shot_result == "Made" else 0
        throws[action.person_id] += action.action_type == "freethrow"
    box = stats_box(client, game)
    for player in [*box.home_team.players, *box.away_team.players]:
        assert points[player.person_id] == player.statistics.points
        assert throws[player.person_id] == player.statistics.free_throws_attempted
    assists = Counter(a.assist_person_id for a in actions if a.assist_person_id)
    assert sum(assists.values()) <= sum(
        p.statistics.assists for t in (box.home_team, box.away_team) for p in t.players
    )
    last = actions[-1]
    totals = [team.statistics.points for team in (box.home_team, box.away_team) if team.statistics]
    assert [last.score_home, last.score_away] == totals
    assert last.ends_game
    assert [a.order_number for a in actions] == sorted({a.order_number for a in actions})


def test_the_points_of_play_by_play_are_those_of_the_box_score(league_client: FlaskClient) -> None:
    for game in games_of(league_client):
        check_play_by_play(league_client, game)


def test_the_points_of_a_real_slate_are_those_of_its_box_scores(real_client: FlaskClient) -> None:
    for number in range(50, 61):
        check_play_by_play(real_client, f"00224000{number}")


def test_it_is_told_the_same_each_time(league_client: FlaskClient) -> None:
    url = f"{CDN}/liveData/playbyplay/playbyplay_{games_of(league_client)[0]}.json"
    first, again = (league_client.get(url).get_json()["game"] for _ in range(2))
    assert first == again


LIVE = "payloads/nba_live"
CAPTURES = "payloads/captures/tests_samples"


def test_play_by_play_has_the_real_ones_keys(
    league_client: FlaskClient, real_file: Callable[[str], Path]
) -> None:
    raw = real_file(f"{CAPTURES}/nbac_play_by_play/raw_416e8d5c.json.gz").read_bytes()
    real = json.loads(gzip.decompress(raw))
    url = f"{CDN}/liveData/playbyplay/playbyplay_{games_of(league_client)[0]}.json"
    ours = league_client.get(url).get_json()
    assert set(ours) == set(real)
    assert set(ours["game"]) == set(real["game"])
    for kind in ("2pt", "3pt", "freethrow", "period", "game"):
        keys, real_keys = (
            {key for action in body["game"]["actions"] if action["actionType"] == kind for key in action}
            for body in (ours, real)
        )
        assert keys <= real_keys
        # what an archive does not know
        assert real_keys - keys <= {
            "timeActual",
            "edited",
            "descriptor",
            "areaDetail",
            "assistTotal",
            *BLOCKS,
        }


BLOCKS = {"blockPlayerName", "blockPersonId", "area", "shotActionNumber"}


def test_a_live_box_score_has_the_real_ones_keys(
    league_client: FlaskClient, real_json: Callable[[str], Any]
) -> None:
    real = real_json(f"{LIVE}/boxscore_0022000001.json")
    game = league_client.get(f"{CDN}/liveData/boxscore/boxscore_{games_of(league_client)[0]}.json").get_json()
    assert set(game) == set(real)
    assert set(game["game"]) <= set(real["game"])
    ours, theirs = game["game"]["homeTeam"], real["game"]["homeTeam"]
    assert set(ours) <= set(theirs)
    keys, real_keys = ({key for p in team["players"] for key in p} for team in (ours, theirs))
    assert keys <= real_keys
    assert set(ours["players"][0]["statistics"]) <= set(theirs["players"][0]["statistics"])
    assert set(ours["statistics"]) <= set(theirs["statistics"])
