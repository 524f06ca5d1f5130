from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from deploy.local.upstream.boxscore import team_minutes

ClientAt = Callable[..., FlaskClient]
URL = "/stats.nba.com/stats/boxscoretraditionalv3?GameID="


def box_of(client: FlaskClient, game_id: str) -> dict[str, Any]:
    body: dict[str, Any] = client.get(URL + game_id).get_json()["boxScoreTraditional"]
    return body


@pytest.mark.parametrize("now", ["2024-12-03T12:00:00Z", "2024-12-04T03:29:59Z"])
def test_no_box_score_is_known_before_the_game_is_over(client_at: ClientAt, now: str) -> None:
    box = box_of(client_at(now), "0022400056")
    for side in ("homeTeam", "awayTeam"):
        assert box[side]["players"] == []
        assert box[side]["statistics"] is None


def test_players_and_their_numbers(client_at: ClientAt) -> None:
    box = box_of(client_at("2024-12-04T03:30:00Z"), "0022400056")
    doncic, trent, powell = box["homeTeam"]["players"]
    assert (doncic["personId"], doncic["firstName"], doncic["familyName"]) == (1629029, "Luka", "Dončić")
    assert (doncic["position"], doncic["statistics"]["minutes"]) == ("G", "40:28")
    assert doncic["statistics"]["fieldGoalsPercentage"] == 0.5
    assert doncic["statistics"]["threePointersPercentage"] == 0.375
    assert doncic["statistics"]["reboundsTotal"] == 8
    assert doncic["statistics"]["plusMinusPoints"] == 5.0
    assert (trent["position"], trent["statistics"]["minutes"]) == ("", "6:30")
    assert (powell["comment"], powell["statistics"]["minutes"]) == ("DNP - Coach's Decision", "")
    assert powell["statistics"]["points"] == 0


def test_a_starter_without_position_is_a_forward(client_at: ClientAt) -> None:
    (morant,) = box_of(client_at(), "0022400056")["awayTeam"]["players"]
    assert morant["position"] == "F"


def test_team_totals_are_the_sum_of_the_players(client_at: ClientAt) -> None:
    team = box_of(client_at(), "0022400056")["homeTeam"]
    assert team["statistics"]["minutes"] == "240:00"
    assert team["statistics"]["points"] == 22
    assert team["statistics"]["plusMinusPoints"] == 5.0
    assert team["starters"]["points"] == 18
    assert team["bench"]["points"] == 4
    assert team["bench"]["minutes"] == "6:30"


def test_where_starters_are_not_known_there_are_no_groups_and_no_positions(client_at: ClientAt) -> None:
    team = box_of(client_at(), "0022200001")["homeTeam"]
    assert team["starters"] is None
    assert team["bench"] is None
    assert [player["position"] for player in team["players"]] == [""]
    assert team["players"][0]["statistics"]["minutes"] == "39:00"


@pytest.mark.parametrize(
    ("played", "shown"), [(240.0, 240), (238.0, 240), (264.0, 265), (291.0, 290), (5.0, 240)]
)
def test_a_team_plays_240_minutes_and_25_for_each_overtime(played: float, shown: int) -> None:
    assert team_minutes(played) == shown


def test_an_unknown_game_is_404_with_a_message(client_at: ClientAt) -> None:
    response = client_at().get(URL + "0022499999")
    assert response.status_code == 404
    assert "0022499999" in response.get_json()["Message"]


@pytest.mark.parametrize("game_id", ["", "22400056", "002240005x"])
def test_a_malformed_game_id_is_refused_by_name(client_at: ClientAt, game_id: str) -> None:
    response = client_at().get(URL + game_id)
    assert response.status_code == 400
    assert "GameID" in response.text


def test_the_same_box_score_twice_differs_only_in_its_time(client_at: ClientAt) -> None:
    client = client_at()
    first, second = (client.get(URL + "0022400056").get_json() for _ in range(2))
    assert first["boxScoreTraditional"] == second["boxScoreTraditional"]
    assert first["meta"]["time"] != second["meta"]["time"]
