from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

ClientAt = Callable[..., FlaskClient]
FAULT = {"path_prefix": "/stats.nba.com", "kind": "status"}


def test_the_state_tells_time_archive_and_requests(client_at: ClientAt) -> None:
    client = client_at("2024-12-03T18:00:00Z")
    for _ in range(2):
        client.get("/stats.nba.com/stats/scheduleleaguev2int?Season=2024-25")
    state = client.get("/_control").get_json()
    assert state["now"] == "2024-12-03T18:00:00+00:00"
    assert (state["first_date"], state["last_date"]) == ("2022-10-18", "2024-12-30")
    assert state["requests"] == {"/stats.nba.com/stats/scheduleleaguev2int": 2}


def test_now_can_be_set_in_any_zone(client_at: ClientAt) -> None:
    client = client_at()
    response = client.post("/_control/now", json={"now": "2024-12-03T18:00:00-05:00"})
    assert response.get_json() == {"now": "2024-12-03T23:00:00+00:00"}
    assert client.get("/_control").get_json()["now"] == "2024-12-03T23:00:00+00:00"


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("now", {}, "now"),
        ("now", {"now": "2024-12-03T18:00:00"}, "now"),
        ("now", {"now": "yesterday"}, "now"),
        ("now", {"now": "2024-12-03T18:00:00Z", "then": 1}, "then"),
        ("faults", {}, "faults"),
        ("faults", {"faults": [FAULT | {"kind": "flood"}]}, "faults.0.kind"),
        ("faults", {"faults": [FAULT | {"times": 0}]}, "faults.0.times"),
        ("faults", {"faults": [FAULT | {"path_prefix": "/_control"}]}, "faults.0.path_prefix"),
        ("faults", {"faults": [FAULT | {"status": 200}]}, "faults.0.status"),
        ("faults", {"faults": [FAULT, FAULT | {"second": 1}]}, "faults.1.second"),
    ],
)
def test_a_bad_body_is_refused_by_field(client_at: ClientAt, route: str, body: Any, field: str) -> None:
    response = client_at().post(f"/_control/{route}", json=body)
    assert response.status_code == 422
    assert [each["field"] for each in response.get_json()["fields"]] == [field]


def test_a_body_that_is_not_json_is_refused(client_at: ClientAt) -> None:
    response = client_at().post("/_control/now", data="now")
    assert (response.status_code, response.get_json()["fields"][0]["field"]) == (422, "body")


def test_control_answers_this_machine_only(client_at: ClientAt) -> None:
    response = client_at().get("/_control", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert response.status_code == 403


def test_an_unknown_path_is_404_in_json(client_at: ClientAt) -> None:
    response = client_at().get("/stats.nba.com/stats/leaguestandings")
    assert response.status_code == 404
    assert response.get_json()["path"] == "/stats.nba.com/stats/leaguestandings"
