import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

ClientAt = Callable[..., FlaskClient]
BOX = "/stats.nba.com/stats/boxscoretraditionalv3?GameID=0022400056"
SCHEDULE = "/stats.nba.com/stats/scheduleleaguev2int?Season=2024-25"


def plan(client: FlaskClient, **fault: Any) -> None:
    body = {"faults": [{"path_prefix": "/stats.nba.com", **fault}]}
    assert client.post("/_control/faults", json=body).status_code == 200


def test_a_fault_is_used_up(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="status", status=503, times=2, retry_after=7)
    answers = [client.get(BOX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert client.get("/_control").get_json()["faults"] == []


def test_a_fault_strikes_only_below_its_path_and_with_its_query(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="status", contains="0022400056")
    assert client.get(SCHEDULE).status_code == 200
    assert client.get(BOX.replace("56", "58")).status_code == 200
    assert client.get(BOX).status_code == 503


def test_of_a_share_some_requests_are_struck_and_it_is_said_how_many(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="status", times=1000, share=0.5)
    failed = [client.get(BOX).status_code for _ in range(60)].count(503)
    assert 0 < failed < 60
    assert client.get("/_control").get_json()["struck"] == {"status": failed}
    plan(client, kind="status")
    assert client.get("/_control").get_json()["struck"] == {}


def test_a_new_plan_replaces_the_old(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="status", times=9)
    client.post("/_control/faults", json={"faults": []})
    assert client.get(BOX).status_code == 200


@pytest.mark.parametrize("kind", ["malformed", "truncated"])
def test_a_broken_body_comes_with_200_and_does_not_parse(client_at: ClientAt, kind: str) -> None:
    client = client_at()
    plan(client, kind=kind)
    answer = client.get(BOX)
    assert answer.status_code == 200
    assert answer.content_type.startswith("application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.data)


def test_a_truncated_body_is_the_first_half_of_the_true_one(client_at: ClientAt) -> None:
    client = client_at()
    whole = client.get(BOX)
    plan(client, kind="truncated")
    half = client.get(BOX)
    assert len(half.data) == len(whole.data) // 2
    assert half.data.startswith(b'{"meta":')


def test_a_body_of_another_shape_parses(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="other_shape")
    assert "boxScoreTraditional" not in client.get(BOX).get_json()


def test_a_block_page_is_html_with_200(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="html")
    answer = client.get(BOX)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Access Denied" in answer.text


def test_a_slow_answer_is_the_true_one(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="slow", seconds=0.01)
    assert client.get(BOX).get_json()["boxScoreTraditional"]["gameId"] == "0022400056"
    assert client.get("/_control").get_json()["faults"] == []


TEAM = "boxScoreTraditional.homeTeam"
PLAYERS = f"{TEAM}.players[]"


def drifted(client: FlaskClient, path: str, action: str, **to: str) -> Any:
    plan(client, kind="drift", drift={"path": path, "action": action, **to})
    answer = client.get(BOX)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.get_json()["boxScoreTraditional"]["homeTeam"]


def test_a_renamed_key_keeps_place_and_value(client_at: ClientAt) -> None:
    client = client_at()
    true = client.get(BOX).get_json()["boxScoreTraditional"]["homeTeam"]
    team = drifted(client, f"{TEAM}.teamId", "rename", to="team_id")
    assert list(team) == ["team_id" if key == "teamId" else key for key in true]
    assert team["team_id"] == true["teamId"]
    assert client.get(BOX).get_json()["boxScoreTraditional"]["homeTeam"] == true


def test_a_dropped_key_is_gone_from_every_element_of_a_list(client_at: ClientAt) -> None:
    players = drifted(client_at(), f"{PLAYERS}.personId", "drop")["players"]
    assert len(players) == 3
    assert not any("personId" in player for player in players)


@pytest.mark.parametrize(
    ("to", "kind"),
    [("null", type(None)), ("string", str), ("number", int), ("list", list), ("object", dict)],
)
def test_a_key_changes_its_type(client_at: ClientAt, to: str, kind: type) -> None:
    team = drifted(client_at(), f"{TEAM}.teamTricode", "retype", to=to)
    assert isinstance(team["teamTricode"], kind)


def test_a_number_becomes_its_digits(client_at: ClientAt) -> None:
    players = drifted(client_at(), f"{PLAYERS}.statistics.points", "retype", to="string")["players"]
    assert players[0]["statistics"]["points"] == "18"


def test_a_list_at_the_top_can_drift(client_at: ClientAt) -> None:
    client = client_at("2024-12-03T18:00:00Z")
    body = {"path_prefix": "/api.the-odds-api.com", "kind": "drift"}
    body |= {"drift": {"path": "[].commence_time", "action": "rename", "to": "commenceTime"}}
    client.post("/_control/faults", json={"faults": [body]})
    events = client.get("/api.the-odds-api.com/v4/sports/basketball_nba/events?apiKey=k").get_json()
    assert all("commenceTime" in event and "commence_time" not in event for event in events)


def test_a_drift_that_finds_nothing_says_so(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="drift", drift={"path": f"{TEAM}.owner", "action": "drop"})
    answer = client.get(BOX)
    assert (answer.status_code, f"{TEAM}.owner" in answer.text) == (500, True)


def test_a_wrong_content_type_comes_with_the_true_body(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="content_type", content_type="text/plain")
    answer = client.get(BOX)
    assert (answer.status_code, answer.content_type) == (200, "text/plain")
    assert json.loads(answer.data)["boxScoreTraditional"]["gameId"] == "0022400056"


def test_an_empty_body_comes_with_200(client_at: ClientAt) -> None:
    client = client_at()
    plan(client, kind="empty")
    answer = client.get(BOX)
    assert (answer.status_code, answer.data, answer.content_length) == (200, b"", 0)
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503, 504])
def test_any_status_can_be_had(client_at: ClientAt, status: int) -> None:
    client = client_at()
    plan(client, kind="status", status=status)
    answer = client.get(BOX)
    assert (answer.status_code, "Retry-After" in answer.headers) == (status, False)


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"kind": "drift"}, "faults.0"),
        ({"kind": "slow", "drift": {"path": "meta", "action": "drop"}}, "faults.0"),
        ({"kind": "drift", "drift": {"path": "meta", "action": "rename"}}, "faults.0.drift"),
        ({"kind": "drift", "drift": {"path": "meta", "action": "retype", "to": "x"}}, "faults.0.drift"),
        ({"kind": "drift", "drift": {"path": "games[]", "action": "drop"}}, "faults.0.drift.path"),
        ({"kind": "drift", "drift": {"path": "", "action": "drop"}}, "faults.0.drift.path"),
        ({"kind": "content_type", "content_type": "html"}, "faults.0.content_type"),
    ],
)
def test_a_bad_fault_is_refused_by_field(client_at: ClientAt, fault: dict[str, Any], field: str) -> None:
    body = {"faults": [{"path_prefix": "/stats.nba.com", **fault}]}
    response = client_at().post("/_control/faults", json=body)
    assert response.status_code == 422
    assert [each["field"] for each in response.get_json()["fields"]] == [field]


@pytest.mark.parametrize("kind", ["truncated", "status", "empty"])
def test_a_fault_strikes_each_provider_below_its_own_path(client_at: ClientAt, kind: str) -> None:
    client = client_at("2024-12-03T18:00:00Z")
    espn = "/site.api.espn.com/apis/site/v2/sports/basketball/nba/teams/6?enable=roster"
    whole = client.get(espn).data
    body = {"faults": [{"path_prefix": "/site.api.espn.com", "kind": kind}]}
    assert client.post("/_control/faults", json=body).status_code == 200
    assert client.get(SCHEDULE).status_code == 200
    assert client.get(espn).data != whole
    assert client.get(espn).data == whole
