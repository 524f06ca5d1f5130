"""The pre-flight filter: who is not worth asking about, and why."""

from typing import Any

import pytest

from predictions.coordinator.slate import requests_of, skip_reason

PLAYER: dict[str, Any] = {
    "game_date": None,
    "game_id": "20241203_MEM_DAL",
    "tip_at": None,
    "cutoff": None,
    "player_lookup": "lukadoncic",
    "player_id": 1629029,
    "player_name": "Luka Dončić",
    "team_abbr": "DAL",
    "opponent_team_abbr": "MEM",
    "quality_score": 100.0,
    "missing_features": [],
    "injury_status": None,
    "availability_assumed": False,
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"quality_score": 70.0}, None),
        (
            {"quality_score": 62.5, "missing_features": ["points_avg_last_5", "ppm_avg_last_10"]},
            "quality 62.5 < 70: missing points_avg_last_5, ppm_avg_last_10",
        ),
        ({"quality_score": 69.99}, "quality 69.99 < 70: missing nothing named"),
        ({"quality_score": 0.0}, "quality 0 < 70: missing nothing named"),
        ({"quality_score": None}, "quality unknown: the feature store has no quality_score"),
        ({"injury_status": "Out"}, "injury report: Out"),
        ({"injury_status": "OUT"}, "injury report: Out"),
        (
            {"injury_status": "Out", "availability_assumed": True},
            "injury report: Out (availability assumed known)",
        ),
        ({"injury_status": "Doubtful"}, None),
        ({"injury_status": "Questionable"}, None),
        ({"injury_status": None, "availability_assumed": True}, None),
    ],
)
def test_a_player_is_skipped_for_a_reason_or_not_at_all(changes: dict[str, Any], reason: str | None) -> None:
    assert skip_reason({**PLAYER, **changes}) == reason


def test_everybody_on_the_slate_becomes_a_request_or_a_skip() -> None:
    slate = [PLAYER, {**PLAYER, "player_lookup": "kyrieirving", "injury_status": "Out"}]
    rows = requests_of(slate)
    assert [(row["player_lookup"], row["status"], row["reason"]) for row in rows] == [
        ("lukadoncic", "REQUESTED", None),
        ("kyrieirving", "SKIPPED", "injury report: Out"),
    ]
