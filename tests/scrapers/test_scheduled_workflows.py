"""A scheduled run does what its window says, and costs no query where there is nothing to do."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_processors.raw.known import Lookups
from data_processors.raw.landed import read_landed
from data_processors.raw.nba_player_boxscores.parse import parse
from orchestration.state import Event, PipelineState, State
from shared.clock import utc_now
from shared.messages import DateSpan, Phase
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of

KEY = {"X-API-Key": "first-test-key"}
OPENING = date(2024, 10, 22)
SPAN = DateSpan(from_date=OPENING, to_date=OPENING)


def post(service: Any, name: str, **body: Any) -> dict[str, Any]:
    response = service.client.post(f"/workflows/{name}", json={"if_due": True, **body}, headers=KEY)
    assert response.status_code == 200, response.get_json()
    told: dict[str, Any] = response.get_json()
    return told


def jobs_of(service: Any, work: Callable[[], Any]) -> int:
    client, before = service.warehouse.client, utc_now() - timedelta(minutes=10)
    known = {job.job_id for job in client.list_jobs(min_creation_time=before)}
    work()
    return len({job.job_id for job in client.list_jobs(min_creation_time=before)} - known)


def store_boxes(service: Any, run_id: str, games: int) -> None:
    """Stores the landed box scores of the first games, as phase 2 would."""
    bodies = read_landed(service.warehouse, "box_scores", SPAN, run_id)[:games]
    known = Lookups(service.warehouse, SPAN)
    rows = [{**row, "generation": body.fetched_at} for body in bodies for row in parse(body, known).rows]
    stored = replace_rows(
        service.warehouse, spec_of("nba_player_boxscores"), rows, "test", (OPENING, OPENING)
    )
    assert stored.stored == len(rows) > 0


@pytest.fixture
def season(service: Any) -> Any:
    """The service with the league's ten days in its schedule."""
    service.warehouse.run("DELETE FROM nba_raw.nba_player_boxscores WHERE TRUE")
    service.warehouse.run("DELETE FROM nba_orchestration.pipeline_events WHERE TRUE")
    service.load_schedule()
    return service


def test_outside_of_its_window_a_workflow_costs_no_query_and_asks_nobody(season: Any) -> None:
    runs, asked = season.rows("scrape_runs"), season.upstream.requests()
    told: list[dict[str, Any]] = []
    day = OPENING.isoformat()
    assert jobs_of(season, lambda: told.append(post(season, "betting_lines", game_date=day))) == 0
    assert (told[0]["status"], told[0]["runs"]) == ("not_due", [])
    assert told[0]["reason"].startswith("the last game began at 2024-10-22")
    assert (season.rows("scrape_runs"), season.upstream.requests()) == (runs, asked)
    assert season.announced.read() == []


def test_an_operator_is_served_outside_of_the_window(season: Any) -> None:
    told = post(season, "betting_lines", game_date=OPENING.isoformat(), if_due=False)
    assert (told["status"], [run["source"] for run in told["runs"]]) == ("ran", ["bettingpros", "odds"])


def test_a_night_is_asked_for_until_every_game_is_in(season: Any) -> None:
    day = OPENING.isoformat()
    first = post(season, "post_game", game_date=day)
    games = {row["game_id"] for row in season.rows("nba_schedule") if row["game_date"] == OPENING}
    assert first["reason"] == f"not final yet: {', '.join(sorted(games))}"
    (run_id,) = (run["run_id"] for run in first["runs"] if run["source"] == "box_scores")

    store_boxes(season, run_id, games=1)
    assert post(season, "early_games", game_date=day)["status"] == "ran"

    store_boxes(season, run_id, games=len(games))
    done = post(season, "post_game", game_date=day)
    assert done["reason"] == f"all {len(games)} games that can be over are final"
    assert done["runs"] == []
    assert jobs_of(season, lambda: post(season, "post_game", game_date=day)) == 0


def test_the_recovery_asks_for_what_is_missing_alone(season: Any) -> None:
    def store(output: str, state: State) -> None:
        generation = datetime(2024, 10, 23, 10, tzinfo=UTC)
        event = Event(OPENING, Phase.RAW, output, state, generation, "test", occurred_at=utc_now())
        PipelineState(season.warehouse).append([event])

    for output in ("nba_schedule", "nba_player_boxscores", "nba_team_boxscores", "nba_play_by_play"):
        store(output, State.COMPLETE)
    store("nba_shots", State.FAILED)
    store("bdl_player_boxscores", State.FAILED)
    told = post(season, "morning_recovery", game_date=OPENING.isoformat())
    assert [run["source"] for run in told["runs"]] == ["play_by_play", "bdl_box_scores"]
    assert told["reason"] == "not whole: nba_shots, bdl_player_boxscores"
    for output in ("nba_shots", "bdl_player_boxscores"):
        store(output, State.COMPLETE)
    told = post(season, "morning_recovery", game_date=OPENING.isoformat())
    assert (told["status"], told["reason"]) == ("not_due", "everything of 2024-10-22 is stored")


@pytest.mark.parametrize(
    ("day", "status", "reason"),
    [
        ("2024-08-15", "not_due", "the schedule has no games on 2024-08-15"),
        ("2025-06-30", "not_due", "the season ended on 2024-10-31"),
        # As between two rounds of the playoffs: whether there are games is for the provider to say.
        ("2024-11-05", "ran", "the loaded schedule does not reach 2024-11-05"),
    ],
)
def test_a_date_without_games_is_left_alone_when_the_schedule_proves_it(
    season: Any, day: str, status: str, reason: str
) -> None:
    told = post(season, "injury_report", game_date=day)
    assert (told["status"], told["reason"]) == (status, reason)


def test_a_workflow_without_a_window_always_runs(service: Any) -> None:
    told = post(service, "morning_operations", game_date=OPENING.isoformat())
    assert (told["status"], told["runs"][0]["source"]) == ("ran", "schedule")
