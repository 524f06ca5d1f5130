"""A whole day of every source: what it asks for, what it stores, and the same again from landing alone."""

from collections import Counter
from typing import Any

import pytest
import requests

from data_processors.raw.tables import tables, tables_by_source
from orchestration.pipeline import load_pipeline
from orchestration.state import State
from scrapers.registry import SOURCES
from shared.warehouse.specs import spec_of

DAY, BEFORE = "2024-10-25", "2024-10-22"
NOON, EVENING, MORNING = (
    f"{moment}:00Z" for moment in ("2024-10-25T16:00", "2024-10-25T22:30", "2024-10-26T12:00")
)
HOSTS = (
    "/stats.nba.com",
    "/cdn.nba.com",
    "/site.api.espn.com",
    "/ak-static.cms.nba.com",
    "/api.the-odds-api.com",
    "/api.bettingpros.com",
    "/api.balldontlie.io",
)


def asked(chain: Any) -> Counter[str]:
    """How many requests each provider's stand-in has had for each path."""
    return Counter(requests.get(f"{chain.upstream}/_control", timeout=5).json()["requests"])


def run_workflow(chain: Any, name: str, **known: Any) -> None:
    for source in load_pipeline().workflows[name].sources:
        outcome = chain.run(source, DAY, **known)
        assert outcome["outcome"] == "DONE", (source, outcome)


@pytest.fixture
def day(chain: Any) -> tuple[Any, Counter[str], Counter[str]]:
    """The chain after the day, and what was asked for before the games and after them."""
    chain.run("schedule", BEFORE)
    chain.run("box_scores", BEFORE, "2024-10-24")
    start = asked(chain)
    chain.set_now(NOON)
    run_workflow(chain, "morning_operations")
    chain.set_now(EVENING)
    run_workflow(chain, "injury_report", lead_minutes=60)
    run_workflow(chain, "betting_lines")
    slate = asked(chain) - start
    chain.set_now(MORNING)
    run_workflow(chain, "post_game")
    return chain, slate, asked(chain) - start - slate


def games_on(chain: Any) -> int:
    return len(chain.rows("nba_schedule", f"game_date = DATE '{DAY}'"))


@pytest.mark.slow
def test_a_day_of_every_source(day: Any) -> None:
    chain, slate, after = day
    requests_are_bounded(chain, slate, after)
    every_table_is_complete(chain)
    no_request_was_made_twice_in_a_run(chain)
    providers_agree(chain)
    landing_gives_the_same_again(chain)


def requests_are_bounded(chain: Any, slate: Counter[str], after: Counter[str]) -> None:
    """1 schedule, 1 index, 30 rosters, 1 report, 1 list of events, two requests a game at most, and pages."""
    games = games_on(chain)
    by_host = Counter({host: sum(n for path, n in slate.items() if path.startswith(host)) for host in HOSTS})
    assert games > 5
    assert by_host["/stats.nba.com"] == 2
    assert by_host["/cdn.nba.com"] == by_host["/api.balldontlie.io"] == 0
    assert by_host["/site.api.espn.com"] == 30
    assert by_host["/ak-static.cms.nba.com"] == 1
    assert by_host["/api.the-odds-api.com"] <= 1 + 2 * games
    pages = [row for row in chain.rows("scrape_landing") if row["kind"] == "bp_offers"]
    assert by_host["/api.bettingpros.com"] == 1 + len(pages) < 30
    assert sum(n for path, n in after.items() if path.startswith("/stats.nba.com")) == 1 + games
    assert sum(n for path, n in after.items() if path.startswith("/cdn.nba.com")) == games


def every_table_is_complete(chain: Any) -> None:
    states = {name: chain.state(DAY, name) for name in tables()}
    assert {name: state and state.state for name, state in states.items()} == dict.fromkeys(
        tables(), State.COMPLETE
    )
    assert all(chain.rows(name, f"game_date = DATE '{DAY}'") for name in tables())
    assert chain.rows("dead_letters") == []


def no_request_was_made_twice_in_a_run(chain: Any) -> None:
    keys = Counter((row["run_id"], row["request_key"]) for row in chain.rows("scrape_landing"))
    assert set(keys.values()) == {1}
    assert {run["status"] for run in chain.rows("scrape_runs")} == {"success"}


def providers_agree(chain: Any) -> None:
    """Points by box score, play-by-play and the second provider; a team's by its players and the schedule."""
    where = f"game_date = DATE '{DAY}'"
    box = {(r["game_id"], r["player_id"]): r["points"] for r in chain.rows("nba_player_boxscores", where)}
    plays: Counter[tuple[str, int]] = Counter()
    for row in chain.rows("nba_play_by_play", where):
        plays[row["game_id"], row["player_id"]] += row["points"]
    assert {key: plays[key] for key in box} == box
    other = {(r["game_id"], r["player_id"]): r["points"] for r in chain.rows("bdl_player_boxscores", where)}
    assert other == box
    attempts = Counter((r["game_id"], r["player_id"]) for r in chain.rows("nba_shots", where))
    tried = {
        (r["game_id"], r["player_id"]): r["fg_attempts"] for r in chain.rows("nba_player_boxscores", where)
    }
    assert {key: attempts[key] for key in tried} == tried
    finals = {
        (r["game_id"], team): points
        for r in chain.rows("nba_schedule", where)
        for team, points in ((r["home_team"], r["home_points"]), (r["away_team"], r["away_points"]))
    }
    assert {
        (r["game_id"], r["team_abbr"]): r["points"] for r in chain.rows("nba_team_boxscores", where)
    } == finals


def landing_gives_the_same_again(chain: Any) -> None:
    """Every raw table from what is landed, with all providers gone; names that are known by now included."""
    process_everything(chain)
    before = {name: chain.stable(name) for name in tables()}
    for name in tables():
        chain.warehouse.run(f"DELETE FROM {spec_of(name).table} WHERE TRUE")
    chain.set_faults(*({"path_prefix": host, "kind": "drop", "times": 1000} for host in HOSTS))
    process_everything(chain)
    assert {name: chain.stable(name) for name in tables()} == before
    assert set(tables_by_source()) == set(SOURCES)


def process_everything(chain: Any) -> None:
    for source in ("schedule", "box_scores", "player_index", *SOURCES):
        body = {"source": source, "from_date": BEFORE, "to_date": DAY}
        answer = chain.raw.post("/process-date-range", json=body, headers={"X-API-Key": "first-test-key"})
        assert answer.status_code == 200, answer.get_json()
