"""Our bodies have the keys of the bodies that the providers really sent."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient

NBA = "/stats.nba.com/stats"
V4 = "/api.the-odds-api.com/v4"
GAME_KEYS = (
    "gameCode",
    "gameDateEst",
    "gameDateUTC",
    "day",
    "monthNum",
    "weekNumber",
    "weekName",
    "isNeutral",
)
SIDE_KEYS = ("teamId", "teamName", "teamCity", "teamTricode", "teamSlug", "wins", "losses", "score")
CAPTURES = "payloads/captures/tests_samples"


def key_paths(value: Any, at: str = "") -> set[str]:
    """Every key with the way to it; the elements of a list count as one."""
    if isinstance(value, dict):
        return {f"{at}.{key}" for key in value} | {
            p for k, v in value.items() for p in key_paths(v, f"{at}.{k}")
        }
    if isinstance(value, list):
        return {path for element in value for path in key_paths(element, f"{at}[]")}
    return set()


def kinds(value: Any, at: str = "") -> dict[str, set[str]]:
    """The JSON type of every leaf."""
    found: dict[str, set[str]] = {}
    children = [("[]", each) for each in value] if isinstance(value, list) else []
    children = [(f".{key}", each) for key, each in value.items()] if isinstance(value, dict) else children
    for step, child in children:
        for path, names in kinds(child, at + step).items():
            found.setdefault(path, set()).update(names)
    return found if isinstance(value, dict | list) else {at: {type(value).__name__}}


@pytest.fixture(scope="module")
def real_schedule(real_file: Callable[[str], Path]) -> Any:
    return json.loads(
        gzip.decompress(real_file(f"{CAPTURES}/nbac_schedule_api/raw_80cb1fd6.json.gz").read_bytes())
    )


@pytest.fixture(scope="module")
def our_schedule(real_client: FlaskClient) -> Any:
    real_client.post("/_control/now", json={"now": "2025-08-27T13:00:00Z"})
    body = real_client.get(f"{NBA}/scheduleleaguev2int?LeagueID=00&Season=2024-25").get_json()
    real_client.post("/_control/now", json={"now": "2024-12-04T12:00:00Z"})
    return body


def test_schedule_keys(real_schedule: Any, our_schedule: Any) -> None:
    ours, real = key_paths(our_schedule), key_paths(real_schedule)
    assert {path.rsplit(".", 1)[1] for path in ours - real} == {"assumedTime"}
    assert {path for path in real - ours if "roadcaster" not in path} == set()


def test_schedule_types(real_schedule: Any, our_schedule: Any) -> None:
    real = kinds(real_schedule)
    assert {
        path: names for path, names in kinds(our_schedule).items() if not names <= real.get(path, names)
    } == {}


def test_schedule_values_are_the_real_ones(real_schedule: Any, our_schedule: Any) -> None:
    """But for one game in Paris, which the archive has the other way round."""
    real, ours = (
        {game["gameId"]: game for day in body["leagueSchedule"]["gameDates"] for game in day["games"]}
        for body in (real_schedule, our_schedule)
    )

    def facts(game: dict[str, Any]) -> list[Any]:
        sides = [game[side][key] for side in ("homeTeam", "awayTeam") for key in SIDE_KEYS]
        return [game[key] for key in GAME_KEYS] + sides

    assert len(ours) == 1230
    assert {game_id for game_id, game in ours.items() if facts(game) != facts(real[game_id])} == {
        "0022400621"
    }


def test_schedule_weeks_are_the_real_ones(real_schedule: Any, our_schedule: Any) -> None:
    weeks = our_schedule["leagueSchedule"]["weeks"]
    assert len(weeks) == 25
    assert weeks == real_schedule["leagueSchedule"]["weeks"][:25]


def test_box_score_keys_and_types(real_client: FlaskClient, real_json: Callable[[str], Any]) -> None:
    real = real_json("payloads/nba_stats/boxscoretraditionalv3.json")
    ours = real_client.get(f"{NBA}/boxscoretraditionalv3?GameID=0022400056").get_json()
    assert key_paths(ours) == key_paths(real)
    assert kinds(ours) == kinds(real)
    assert list(ours["boxScoreTraditional"]) == list(real["boxScoreTraditional"])


def test_box_score_numbers_are_the_real_ones(
    real_client: FlaskClient, real_file: Callable[[str], Path]
) -> None:
    """0022400055 as upstream sent it, flattened: each player, each number."""
    path = real_file("payloads/nba_stats/boxscoretraditionalv3_0022400055_flat.csv")
    real = pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=["gameId", "game_id"])
    body = real_client.get(f"{NBA}/boxscoretraditionalv3?GameID=0022400055").get_json()["boxScoreTraditional"]
    for team in (body["homeTeam"], body["awayTeam"]):
        for player in team["players"]:
            row = real[real["personId"] == str(player["personId"])].iloc[0].to_dict()
            flat = {
                **player,
                **player["statistics"],
                **{k: team[k] for k in ("teamId", "teamTricode", "teamSlug")},
            }
            assert {key: str(flat[key]) for key in row if key in flat} == {
                k: row[k] for k in row if k in flat
            }


def odds_url(client: FlaskClient) -> tuple[str, dict[str, str]]:
    query = {"apiKey": "k", "date": "2024-12-03T23:40:00Z", "commenceTimeTo": "2024-12-04T08:00:00Z"}
    body = client.get(f"{V4}/historical/sports/basketball_nba/events", query_string=query).get_json()
    by_home = {event["home_team"]: event["id"] for event in body["data"]}
    return f"sports/basketball_nba/events/{by_home['Denver Nuggets']}/odds", query


def test_historical_events_keys(real_client: FlaskClient, real_json: Callable[[str], Any]) -> None:
    real = real_json(f"{CAPTURES}/oddsa_events_his/raw_aaf97612.json")
    query = {"apiKey": "k", "date": "2024-12-03T23:40:00Z"}
    ours = real_client.get(f"{V4}/historical/sports/basketball_nba/events", query_string=query).get_json()
    assert key_paths(ours) == key_paths(real)
    assert kinds(ours) == kinds(real)


def test_historical_game_lines_keys(real_client: FlaskClient, real_json: Callable[[str], Any]) -> None:
    real = real_json(f"{CAPTURES}/oddsa_game_lines_his/raw_b722994c.json")
    url, query = odds_url(real_client)
    query = query | {"date": "2024-12-04T02:30:00Z", "markets": "spreads,totals", "regions": "us"}
    ours = real_client.get(f"{V4}/historical/{url}", query_string=query).get_json()
    extra = {path.rsplit(".", 1)[1] for path in key_paths(ours) - key_paths(real)}
    assert extra == {"assumed_time", "assumed_price"}
    assert key_paths(real) <= key_paths(ours)


def test_player_points_keys(real_client: FlaskClient, real_json: Callable[[str], Any]) -> None:
    real = real_json("payloads/odds_api/event_odds_2024-02-23_mockBrooklynVsToronto.json")
    url, _ = odds_url(real_client)
    real_client.post("/_control/now", json={"now": "2024-12-04T02:30:00Z"})
    query = {"apiKey": "k", "markets": "player_points", "regions": "us_dfs", "oddsFormat": "american"}
    ours = real_client.get(f"{V4}/{url}", query_string=query).get_json()
    real_client.post("/_control/now", json={"now": "2024-12-04T12:00:00Z"})
    assert key_paths(ours) - key_paths(real) == {".bookmakers[].markets[].assumed_time"}
    assert key_paths(real) <= key_paths(ours)
    assert kinds(ours)[".bookmakers[].markets[].outcomes[].price"] == {"int"}
