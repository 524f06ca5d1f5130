"""balldontlie's box scores: a page of games at a time, to whoever has the key."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from deploy.local.upstream.provider_ids import balldontlie_player_id
from scrapers.balldontlie.bodies import read_box_scores
from scrapers.bodies import kept, rejected

ClientAt = Callable[..., FlaskClient]
URL = "/api.balldontlie.io/v1/box_scores"
KEY = {"Authorization": "Bearer k"}
CAPTURE = "payloads/captures/tests_samples/bdl_box_scores/raw_7a649e12.json"
AFTER = "2024-12-04T12:00:00Z"


def page(client: FlaskClient, **query: Any) -> dict[str, Any]:
    body: dict[str, Any] = client.get(
        URL, query_string={"date": "2024-12-03", **query}, headers=KEY
    ).get_json()
    return body


def test_a_players_line(client_at: ClientAt) -> None:
    game = page(client_at(AFTER))["data"][0]
    assert (game["status"], game["home_team_score"], game["visitor_team_score"]) == ("Final", 22, 17)
    line = next(p for p in game["home_team"]["players"] if p["player"]["last_name"] == "Dončić")
    assert (line["min"], line["pts"], line["fgm"], line["reb"], line["turnover"]) == ("40", 18, 6, 8, 4)
    assert line["player"]["id"] == balldontlie_player_id(1629029) != 1629029
    powell = next(p for p in game["home_team"]["players"] if p["player"]["last_name"] == "Powell")
    assert (powell["min"], powell["pts"]) == ("00", 0)


@pytest.mark.parametrize(
    ("now", "status"),
    [("2024-12-03T12:00:00Z", "2024-12-04T00:30:00Z"), ("2024-12-04T01:00:00Z", "1st Qtr"), (AFTER, "Final")],
)
def test_a_games_status(client_at: ClientAt, now: str, status: str) -> None:
    game = page(client_at(now))["data"][0]
    assert game["status"] == status
    assert bool(game["home_team"]["players"]) == (status == "Final")


def test_pages_lead_to_one_another_and_end(client_at: ClientAt) -> None:
    first = page(client_at(AFTER), per_page=1)
    second = page(client_at(AFTER), per_page=1, cursor=first["meta"]["next_cursor"])
    assert [len(first["data"]), len(second["data"])] == [1, 1]
    assert first["data"] != second["data"]
    assert "meta" not in second


@pytest.mark.parametrize("key", ["", "Bearer ", "Bearer wrong"])
def test_a_stranger_is_sent_away(client_at: ClientAt, key: str) -> None:
    client = client_at(AFTER, bdl_api_key="right")
    query = {"date": "2024-12-03"}
    assert client.get(URL, query_string=query, headers={"Authorization": key}).status_code == 401
    assert client.get(URL, query_string=query, headers={"Authorization": "Bearer right"}).status_code == 200


@pytest.mark.parametrize("query", [{"date": "x"}, {"cursor": "-1"}, {"per_page": "many"}])
def test_a_bad_parameter_is_refused_by_name(client_at: ClientAt, query: dict[str, str]) -> None:
    answer = client_at(AFTER).get(URL, query_string={"date": "2024-12-03", **query}, headers=KEY)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith(next(iter(query)))


def test_the_reader_takes_it_and_it_has_the_real_ones_keys(
    client_at: ClientAt, real_json: Callable[[str], Any]
) -> None:
    raw = client_at(AFTER).get(URL, query_string={"date": "2024-12-03"}, headers=KEY).data
    body = read_box_scores(raw)
    assert rejected(body.data) == []
    ours, real = page(client_at(AFTER))["data"][0], real_json(CAPTURE)["data"][0]
    assert set(ours) == set(real)
    assert set(real["home_team"]) - set(ours["home_team"]) == {"conference", "division"}
    line, real_line = ours["home_team"]["players"][0], real["home_team"]["players"][0]
    assert set(line) == set(real_line)
    assert set(line["player"]) <= set(real_line["player"])
    assert kept(body.data)[0].final
