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
    "minutes_avg_last_10": 30.0,
    "has_vegas_line": 0,
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
        ({"injury_status": "Doubtful"}, "injury report: Doubtful"),
        ({"injury_status": "DOUBTFUL"}, "injury report: Doubtful"),
        ({"injury_status": "Questionable"}, None),
        ({"injury_status": "Probable"}, None),
        ({"injury_status": "Available"}, None),
        ({"minutes_avg_last_10": 3.0}, None),
        ({"injury_status": None, "availability_assumed": True}, None),
    ],
)
def test_a_player_is_skipped_for_a_reason_or_not_at_all(changes: dict[str, Any], reason: str | None) -> None:
    skip = skip_reason({**PLAYER, **changes})
    assert (skip and skip.reason) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"minutes_avg_last_10": 14.9}, "minutes 14.9 < 15 over his last 10 games, and no line"),
        ({"minutes_avg_last_10": 15.0}, None),
        ({"minutes_avg_last_10": 3.0, "has_vegas_line": 1}, None),
        ({"minutes_avg_last_10": None}, None),
    ],
)
def test_who_plays_little_and_has_no_line_is_skipped_where_minutes_are_asked_for(
    changes: dict[str, Any], reason: str | None
) -> None:
    skip = skip_reason({**PLAYER, **changes}, min_minutes=15)
    assert (skip and skip.reason) == reason


def test_a_skip_says_of_what_kind_it_is() -> None:
    injured = {"injury_status": "Out"}
    kinds = [
        skip_reason({**PLAYER, **changes}, 48).kind
        for changes in (injured, {"quality_score": 1.0}, {"quality_score": 1.0, **injured}, {})
    ]
    assert kinds == ["injury", "quality", "injury", "minutes"]


def test_everybody_on_the_slate_becomes_a_request_or_a_skip() -> None:
    slate = [PLAYER, {**PLAYER, "player_lookup": "kyrieirving", "injury_status": "Out"}]
    rows = requests_of(slate)
    assert [(r["player_lookup"], r["status"], r["reason"], r["skip_kind"]) for r in rows] == [
        ("lukadoncic", "REQUESTED", None, None),
        ("kyrieirving", "SKIPPED", "injury report: Out", "injury"),
    ]
