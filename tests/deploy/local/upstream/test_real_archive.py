"""The slate of 2024-12-03 as a scraper would collect it, route by route."""

from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

NBA = "/stats.nba.com/stats"
HISTORY = "/api.the-odds-api.com/v4/historical/sports/basketball_nba/events"
MORNING = "2024-12-03T14:00:00Z"
DAY = {"commenceTimeFrom": "2024-12-03T05:00:00Z", "commenceTimeTo": "2024-12-04T04:59:59Z"}


def slate(client: FlaskClient) -> list[dict[str, Any]]:
    schedule = client.get(f"{NBA}/scheduleleaguev2int?LeagueID=00&Season=2024-25").get_json()
    days = {day["gameDate"]: day["games"] for day in schedule["leagueSchedule"]["gameDates"]}
    return list(days["12/03/2024 00:00:00"])


def box_players(client: FlaskClient) -> list[dict[str, Any]]:
    players = []
    for game in slate(client):
        url = f"{NBA}/boxscoretraditionalv3?GameID={game['gameId']}"
        box = client.get(url).get_json()["boxScoreTraditional"]
        players += box["homeTeam"]["players"] + box["awayTeam"]["players"]
    return players


def lines(client: FlaskClient) -> list[tuple[str, str, str, float]]:
    """(event, bookmaker, player, line) of each event one hour before it began."""
    found = []
    events = client.get(HISTORY, query_string={"apiKey": "k", "date": MORNING} | DAY).get_json()["data"]
    for event in events:
        commence = datetime.fromisoformat(event["commence_time"])
        date = f"{commence - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        query = {"apiKey": "k", "date": date, "markets": "player_points", "regions": "us_dfs"}
        data = client.get(f"{HISTORY}/{event['id']}/odds", query_string=query).get_json()["data"]
        found += [
            (event["id"], book["key"], outcome["description"], outcome["point"])
            for book in data["bookmakers"]
            for outcome in book["markets"][0]["outcomes"]
            if outcome["name"] == "Over"
        ]
    return found


def test_eleven_games_and_242_players(real_client: FlaskClient) -> None:
    assert len(slate(real_client)) == 11
    assert {game["gameStatus"] for game in slate(real_client)} == {3}
    played = [player for player in box_players(real_client) if player["statistics"]["minutes"]]
    points = {f"{p['firstName']} {p['familyName']}": p["statistics"]["points"] for p in played}
    assert len(played) == 242
    assert (points["Luka Dončić"], points["Nikola Jokić"]) == (37, 38)


def test_210_lines_on_123_players_an_hour_before_tipoff(real_client: FlaskClient) -> None:
    found = lines(real_client)
    assert len(found) == len(set(found)) == 210
    assert len({player for _, _, player, _ in found}) == 123
    assert {book for _, book, _, _ in found} == {"prizepicks", "underdog"}


def test_before_the_slate_nothing_of_it_is_known_but_the_games(real_client: FlaskClient) -> None:
    real_client.post("/_control/now", json={"now": "2024-12-03T15:00:00Z"})
    try:
        games = slate(real_client)
        assert {(g["gameStatus"], g["homeTeam"]["score"], g["awayTeam"]["score"]) for g in games} == {
            (1, 0, 0)
        }
        assert box_players(real_client) == []
    finally:
        real_client.post("/_control/now", json={"now": "2024-12-04T12:00:00Z"})


def test_every_box_score_of_the_slate_adds_up(real_client: FlaskClient) -> None:
    for game in slate(real_client):
        url = f"{NBA}/boxscoretraditionalv3?GameID={game['gameId']}"
        box = real_client.get(url).get_json()["boxScoreTraditional"]
        for side in ("homeTeam", "awayTeam"):
            team = box[side]
            assert team["statistics"]["points"] == game[side]["score"]
            assert sum(player["position"] != "" for player in team["players"]) == 5
            assert team["starters"]["points"] + team["bench"]["points"] == game[side]["score"]
