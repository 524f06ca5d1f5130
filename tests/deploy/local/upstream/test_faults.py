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
