"""ESPN is asked once a team, and only for one date at a time."""

from typing import Any

from scrapers.espn.rosters import SOURCE
from shared.identity.teams import TEAMS


def test_thirty_teams_are_thirty_requests_and_one_message(service: Any) -> None:
    run = service.scrape("rosters", "2024-11-02")
    assert (run["status"], run["bodies"], run["failed_requests"]) == ("success", 30, 0)
    rows = service.landed(run["run_id"])
    assert {row["url"] for row in rows} == {
        f"https://site.api.espn.com/apis/site/v2/sports/basketball/nba/teams/{team.espn_team_id}?enable=roster"
        for team in TEAMS
    }
    (message,) = service.announced.read()
    assert (message.producer, message.outputs[0].rows) == (SOURCE.name, 30)


def test_the_rows_know_when_the_provider_was_asked_by_its_own_clock(service: Any) -> None:
    run = service.scrape("rosters", "2024-11-02")
    assert {row["served_at"].isoformat() for row in service.landed(run["run_id"])} == {
        "2024-11-02T12:00:00+00:00"
    }


def test_a_range_of_dates_is_refused_for_it_knows_only_the_present(service: Any) -> None:
    refused = service.scrape("rosters", "2024-11-01", "2024-11-02")
    assert refused["http"] == 422
    assert refused["errors"][0] == {
        "field": "to_date",
        "reason": "rosters takes at most one date at a time; ask for fewer",
    }
