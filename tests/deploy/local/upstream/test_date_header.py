from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from deploy.local.upstream.__main__ import HOST, QuietHandler

ClientAt = Callable[..., FlaskClient]
BOX = "/stats.nba.com/stats/boxscoretraditionalv3?GameID=0022400056"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (BOX, 200),
        ("/api.the-odds-api.com/v4/sports/basketball_nba/events?apiKey=k", 200),
        ("/api.the-odds-api.com/v4/sports/basketball_nba/events", 401),
        ("/api.bettingpros.com/v3/events?sport=NBA&date=2024-12-03", 401),
        ("/site.api.espn.com/apis/site/v2/sports/basketball/nba/teams/2", 200),
        ("/ak-static.cms.nba.com/referee/injury/Injury-Report_2024-12-03_05PM.pdf", 403),
        ("/nowhere", 404),
        ("/_control", 200),
    ],
)
def test_every_answer_is_dated_by_the_simulated_clock(client_at: ClientAt, path: str, status: int) -> None:
    response = client_at("2024-12-03T18:00:00Z").get(path)
    assert (response.status_code, response.headers["Date"]) == (status, "Tue, 03 Dec 2024 18:00:00 GMT")


def test_the_date_follows_the_clock(client_at: ClientAt) -> None:
    client = client_at("2024-12-03T18:00:00Z")
    client.post("/_control/now", json={"now": "2024-12-03T19:30:01-05:00"})
    assert client.get(BOX).date == datetime(2024, 12, 4, 0, 30, 1, tzinfo=UTC)


def test_faults_are_dated_too(client_at: ClientAt) -> None:
    client = client_at("2024-12-03T18:00:00Z")
    client.post("/_control/faults", json={"faults": [{"path_prefix": "/stats", "kind": "status"}]})
    assert client.get(BOX).headers["Date"] == "Tue, 03 Dec 2024 18:00:00 GMT"


def test_over_the_wire_there_is_one_date_and_it_is_the_simulated_one(app_at: Callable[..., Flask]) -> None:
    app = app_at("2024-12-03T18:00:00Z")
    server = make_server(HOST, 0, app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with requests.get(f"http://{HOST}:{server.server_port}{BOX}", timeout=10) as response:
            assert response.raw.headers.getlist("Date") == ["Tue, 03 Dec 2024 18:00:00 GMT"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
