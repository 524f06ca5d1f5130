"""ESPN team page -> espn_rosters."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.espn_rosters.completeness import judge
from data_processors.raw.espn_rosters.parse import parse
from data_processors.raw.table import Day, Unresolved
from orchestration.state import State
from scrapers.bodies import BodyError
from shared.identity.resolver import Player, Resolver
from shared.identity.teams import TRICODES

KEY = {"X-API-Key": "first-test-key"}
DAY = date(2025, 6, 12)


@pytest.fixture(scope="session")
def real_roster(real_data: Path) -> bytes:
    return (real_data / "payloads/captures/tests_samples/espn_roster_api/raw_2.json").read_bytes()


def test_the_real_roster_of_boston(real_roster: bytes, landed: Any, known_here: Any, fits: Any) -> None:
    resolver = Resolver([Player(1628369, "jaysontatum", "Jayson Tatum", "BOS")])
    parsed = parse(landed(real_roster, DAY, request_key="rosters/BOS"), known_here(resolver=resolver))
    fits("espn_rosters", parsed.rows)
    rows = {row["player_lookup"]: row for row in parsed.rows}
    assert (len(rows), parsed.rejected) == (17, [])
    tatum = rows["jaysontatum"]
    assert (tatum["player_id"], tatum["injury_status"]) == (1628369, "Out")
    assert tatum["injury_at"].isoformat() == "2025-05-13T20:52:00+00:00"
    brown = rows["jaylenbrown"]
    assert (brown["espn_player_id"], brown["height_inches"], brown["weight_pounds"]) == (3917376, 78, 223)
    assert brown["birth_date"] == date(1996, 10, 24)
    assert sum(row["injury_status"] is not None for row in parsed.rows) == 2
    assert len(parsed.unresolved) == 16
    assert Unresolved(DAY, "Jaylen Brown", None) in parsed.unresolved


def test_another_teams_roster_is_refused(real_roster: bytes, landed: Any, known_here: Any) -> None:
    with pytest.raises(BodyError, match="asked for 18, got 2"):
        parse(landed(real_roster, DAY, request_key="rosters/NYK"), known_here())
    with pytest.raises(BodyError, match="names no team"):
        parse(landed(real_roster, DAY, request_key="rosters/XXX"), known_here())


def test_a_bad_athlete_is_left_out_and_the_others_stand(
    real_roster: bytes, landed: Any, known_here: Any
) -> None:
    body = json.loads(real_roster)
    athletes = body["team"]["athletes"]
    athletes[0]["id"] = "x"
    athletes[1]["fullName"] = "..."
    athletes[2]["injuries"] = ["what"]
    parsed = parse(landed(body, DAY, request_key="rosters/BOS"), known_here())
    assert len(parsed.rows) == 15
    assert [bad.reason.partition(":")[0] for bad in parsed.rejected] == ["id", "fullName"]


def test_a_date_needs_the_rosters_of_all_teams() -> None:
    assert judge(Day(DAY, [], False, dict.fromkeys(TRICODES, 15))).state is State.COMPLETE
    some = judge(Day(DAY, [], False, dict.fromkeys(TRICODES - {"UTA"}, 15)))
    assert (some.state, some.reason) == (None, "no roster of UTA")


def test_rosters_wait_for_the_index_by_which_their_names_are_known(chain: Any) -> None:
    day = "2024-10-22"
    chain.run("schedule", day)
    outcome = chain.run("rosters", day)
    assert outcome["outcome"] == "NOT_YET"
    assert "awaits nba_players" in outcome["reason"]
    assert chain.state(day, "espn_rosters") is None
    chain.run("player_index", day)
    assert chain.state(day, "espn_rosters").state is State.COMPLETE
    rows = chain.rows("espn_rosters")
    assert sum(row["player_id"] is not None for row in rows) > 0.9 * len(rows)
    assert {message.producer for message in chain.announced()} >= {"nba_players", "espn_rosters"}


def test_rosters_announced_with_the_index_are_stored_once(chain: Any) -> None:
    day = "2024-10-22"
    post = chain.scrapers.post("/workflows/morning_operations", json={"game_date": day}, headers=KEY)
    assert [run["status"] for run in post.get_json()["runs"]] == ["success"] * 3
    (scraped,) = chain.bus.read("nba-phase1-scrapers-complete")
    assert [run.producer for run in scraped.runs()] == ["schedule", "player_index", "rosters"]
    assert chain.push(scraped)["outcome"] == "DONE"
    (message,) = chain.announced()
    assert [output.table for output in message.outputs] == [
        "nba_raw.nba_schedule",
        "nba_raw.nba_players",
        "nba_raw.espn_rosters",
    ]
    events = [row for row in chain.rows("pipeline_events") if row["output"] == "espn_rosters"]
    assert [row["state"] for row in events] == ["COMPLETE"]


def test_rosters_go_on_when_the_index_failed(chain: Any) -> None:
    day = "2024-10-22"
    chain.run("schedule", day)
    chain.run("rosters", day)
    chain.set_faults({"path_prefix": "/stats.nba.com/stats/playerindex", "kind": "html"})
    chain.run("player_index", day)
    assert chain.state(day, "nba_players").state is State.FAILED
    assert chain.state(day, "espn_rosters").state is State.COMPLETE
