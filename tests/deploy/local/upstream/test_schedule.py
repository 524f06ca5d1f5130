from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

ClientAt = Callable[..., FlaskClient]
URL = "/stats.nba.com/stats/scheduleleaguev2int?LeagueID=00&Season=2024-25"


def games_of(client: FlaskClient) -> dict[str, dict[str, Any]]:
    days = client.get(URL).get_json()["leagueSchedule"]["gameDates"]
    return {game["gameId"]: game for day in days for game in day["games"]}


@pytest.mark.parametrize(
    ("now", "status", "text", "score"),
    [
        ("2024-12-04T00:29:59Z", 1, "7:30 pm ET", 0),
        ("2024-12-04T00:30:00Z", 2, "In Progress", 0),
        ("2024-12-04T03:29:59Z", 2, "In Progress", 0),
        ("2024-12-04T03:30:00Z", 3, "Final", 22),
    ],
)
def test_no_score_is_known_before_the_game_is_over(
    client_at: ClientAt, now: str, status: int, text: str, score: int
) -> None:
    game = games_of(client_at(now))["0022400056"]
    assert (game["gameStatus"], game["gameStatusText"], game["homeTeam"]["score"]) == (status, text, score)


def test_a_winner_is_not_told_by_the_record_before_the_game_is_over(client_at: ClientAt) -> None:
    before = games_of(client_at("2024-12-04T03:00:00Z"))["0022400056"]
    after = games_of(client_at("2024-12-04T04:00:00Z"))["0022400056"]
    assert [before[side][key] for side in ("homeTeam", "awayTeam") for key in ("wins", "losses")] == [
        0,
        0,
        0,
        0,
    ]
    assert [after[side][key] for side in ("homeTeam", "awayTeam") for key in ("wins", "losses")] == [
        1,
        0,
        0,
        1,
    ]
    assert before["pointsLeaders"] == []
    assert after["pointsLeaders"][0]["lastName"] == "Dončić"


def test_a_game_to_come_shows_the_records_of_now(client_at: ClientAt) -> None:
    to_come = games_of(client_at("2024-12-04T12:00:00Z"))["0022400070"]
    assert (to_come["awayTeam"]["teamTricode"], to_come["awayTeam"]["wins"]) == ("DAL", 1)


def test_times_are_written_upstreams_way(client_at: ClientAt) -> None:
    game = games_of(client_at())["0022400056"]
    assert game["gameCode"] == "20241203/MEMDAL"
    assert game["gameDateEst"] == "2024-12-03T00:00:00Z"
    assert game["gameDateTimeEst"] == "2024-12-03T19:30:00Z"
    assert game["gameDateTimeUTC"] == "2024-12-04T00:30:00Z"
    assert game["homeTeamTime"] == "2024-12-03T18:30:00Z"


def test_an_assumed_tipoff_is_flagged(client_at: ClientAt) -> None:
    games = games_of(client_at())
    assert games["0022400070"]["assumedTime"] is True
    assert games["0022400070"]["gameDateTimeEst"] == "2024-12-05T19:00:00Z"
    assert games["0022400056"]["assumedTime"] is False


def test_weeks_run_from_monday(client_at: ClientAt) -> None:
    games = games_of(client_at())
    assert {games[i]["weekNumber"] for i in ("0022400056", "0022400070")} == {1}
    assert games["0022400071"]["weekName"] == "Week 5"


def test_an_unknown_season_has_no_dates(client_at: ClientAt) -> None:
    response = client_at().get(URL.replace("2024-25", "1998-99"))
    assert response.status_code == 200
    assert response.get_json()["leagueSchedule"]["gameDates"] == []


@pytest.mark.parametrize("query", ["", "?Season=2024", "?Season=2024-2025"])
def test_a_malformed_season_is_refused_by_name(client_at: ClientAt, query: str) -> None:
    response = client_at().get(URL.split("?")[0] + query)
    assert response.status_code == 400
    assert "Season" in response.text


def test_the_same_schedule_twice_differs_only_in_its_time(client_at: ClientAt) -> None:
    client = client_at()
    first, second = client.get(URL).get_json(), client.get(URL).get_json()
    assert first["leagueSchedule"] == second["leagueSchedule"]
    assert first["meta"]["time"] != second["meta"]["time"]


def test_going_back_in_time_takes_results_away(client_at: ClientAt) -> None:
    client = client_at("2024-12-04T12:00:00Z")
    assert games_of(client)["0022400056"]["gameStatus"] == 3
    client.post("/_control/now", json={"now": "2024-12-03T12:00:00Z"})
    assert games_of(client)["0022400056"]["gameStatus"] == 1
