"""Runs are found by their source, and by each of the tables that they made."""

from typing import Any

import pytest

from orchestration.state import Event, State
from shared.clock import utc_now
from shared.messages import Phase


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", {"several", "one", "odds"}),
        ("player_game_summary", {"several", "one"}),
        ("team_offense_game_summary", {"several"}),
        ("game_summary", set()),
        ("odds", {"odds"}),
    ],
)
def test_a_run_is_found_by_any_of_its_outputs(
    night: Any, operator: Any, source: str, found: set[str]
) -> None:
    causes = {name: f"{name}{night.day:%Y%m%d}" for name in ("several", "one", "odds")}
    made = [
        ("several", "team_offense_game_summary"),
        ("several", "player_game_summary"),
        ("one", "player_game_summary"),
    ]
    night.platform.state.append(
        Event(
            *(night.day, Phase.ANALYTICS, output, State.COMPLETE, night.generation, causes[run]),
            correlation_id=causes[run],
        )
        for run, output in made
    )
    night.platform.warehouse.append("scrape_runs", [scrape(night, causes["odds"])])
    answer = operator.get("/console/runs", query_string={"source": source} if source else {})
    assert answer.status_code == 200
    assert {name for name, cause in causes.items() if cause in answer.text} == found


def scrape(night: Any, run_id: str) -> dict[str, Any]:
    began = utc_now()
    counts = dict.fromkeys(("bodies", "changed_bodies", "failed_requests", "unknown_fields"), 1)
    return {
        "run_id": run_id,
        "source": "odds",
        "from_date": night.day,
        "to_date": night.day,
        "status": "success",
        "reason": None,
        "started_at": began,
        "finished_at": began,
        "correlation_id": run_id,
        **counts,
    }
