"""stats.nba.com's player index: everybody of a season, as far as it is known."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from deploy.local.upstream.player_index import HEADERS
from scrapers.bodies import kept, rejected
from scrapers.nba_stats.player_index import read_player_index

ClientAt = Callable[..., FlaskClient]
URL = "/stats.nba.com/stats/playerindex?LeagueID=00&Historical=0&Season="
CAPTURE = "payloads/captures/tests_samples/nbac_player_list/raw_7af00b51.json"


def teams(client: FlaskClient, season: str = "2024-25") -> dict[str, str | None]:
    body = read_player_index(client.get(URL + season).data, season)
    assert rejected(body.players) == []
    return {player.full_name: player.TEAM_ABBREVIATION for player in kept(body.players)}


def test_whoever_was_listed_is_in_the_index(client_at: ClientAt) -> None:
    found = teams(client_at("2024-12-04T12:00:00Z"))
    assert {"Luka Dončić", "Dwight Powell", "Gary Trent Jr.", "Ja Morant"} <= set(found)
    assert (found["Luka Dončić"], found["Ja Morant"]) == ("DAL", "MEM")


def test_before_a_teams_first_game_those_who_will_be_listed_for_it_are(client_at: ClientAt) -> None:
    assert teams(client_at("2024-11-01T12:00:00Z"))["Luka Dončić"] == "DAL"


def test_a_season_has_its_own_players(client_at: ClientAt) -> None:
    found = teams(client_at("2024-12-04T12:00:00Z"), "2022-23")
    assert found.get("Jayson Tatum") == "BOS"
    assert "Luka Dončić" not in found


@pytest.mark.parametrize("season", ["", "2024", "2024-2025"])
def test_a_bad_season_is_refused(client_at: ClientAt, season: str) -> None:
    answer = client_at().get(URL + season)
    assert answer.status_code == 400
    assert b"Season" in answer.data


def test_it_has_the_real_ones_columns(client_at: ClientAt, real_json: Callable[[str], Any]) -> None:
    real = real_json(CAPTURE)
    ours = client_at("2024-12-04T12:00:00Z").get(URL + "2024-25").get_json()
    assert set(ours) == set(real)
    assert set(ours["parameters"]) == set(real["parameters"])
    assert list(HEADERS) == real["resultSets"][0]["headers"]
    assert set(ours["resultSets"][0]) == set(real["resultSets"][0])
