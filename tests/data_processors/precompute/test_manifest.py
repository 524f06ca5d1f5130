"""manifest.yaml is the features' contract: the table and the query have to say the same."""

import re
from typing import Any

import pytest
import yaml

from shared.warehouse.specs import spec_of

STORE = spec_of("ml_feature_store")
QUERY = STORE.sql()
MANIFEST = yaml.safe_load((STORE.folder / "manifest.yaml").read_text())
FEATURES = MANIFEST["features"]
REFERENCE = [
    "points_avg_last_5",
    "points_avg_last_10",
    "points_avg_season",
    "points_std_last_10",
    "games_in_last_7_days",
    "fatigue_score",
    "shot_zone_mismatch_score",
    "pace_score",
    "usage_spike_score",
    "rest_advantage",
    "injury_risk",
    "recent_trend",
    "minutes_change",
    "opponent_def_rating",
    "opponent_pace",
    "home_away",
    "back_to_back",
    "playoff_game",
    "pct_paint",
    "pct_mid_range",
    "pct_three",
    "pct_free_throw",
    "team_pace",
    "team_off_rating",
    "team_win_pct",
    "vegas_points_line",
    "vegas_opening_line",
    "vegas_line_move",
    "has_vegas_line",
    "avg_points_vs_opponent",
    "games_vs_opponent",
    "minutes_avg_last_10",
    "ppm_avg_last_10",
]


def names(*, required: bool | None = None, fallback: bool | None = None) -> list[str]:
    return [
        f["name"]
        for f in FEATURES
        if required in (None, f["required"]) and fallback in (None, f["fallback"] is not None)
    ]


def listed_as(column: str) -> list[str]:
    """The features that the query may put into one of its lists, in order."""
    (body,) = re.findall(rf"ARRAY_TO_STRING\(\[([^\]]*)\], ','\), ''\) AS {column}\b", QUERY)
    return re.findall(r"'(\w+)', NULL\)", body)


def test_the_reference_s_features_come_first_in_its_order() -> None:
    assert names()[:33] == REFERENCE


def test_the_features_are_numbered_in_order() -> None:
    assert [feature["order"] for feature in FEATURES] == list(range(len(FEATURES)))
    assert len(set(names())) == len(FEATURES)


def test_the_table_has_the_features_in_order_with_type_and_unit() -> None:
    columns = STORE.column_names()
    first, last = columns.index(FEATURES[0]["name"]), columns.index(FEATURES[-1]["name"])
    assert [(c.name, c.type, c.unit) for c in STORE.columns[first : last + 1]] == [
        (f["name"], f["type"], f["unit"]) for f in FEATURES
    ]


@pytest.mark.parametrize(("column", "required"), [("missing_required", True), ("missing_optional", False)])
def test_every_missing_feature_is_named(column: str, required: bool) -> None:
    assert listed_as(column) == names(required=required)
    assert all(f"IF({name} IS NULL, '{name}', NULL)" in QUERY for name in names(required=required))


@pytest.mark.parametrize(("column", "required"), [("phase3_required", True), ("phase3_optional", False)])
def test_every_fallback_is_tagged(column: str, required: bool) -> None:
    assert listed_as(column) == names(required=required, fallback=True)


def test_the_score_has_the_version_the_weights_and_the_number_of_required_features() -> None:
    assert f"'{MANIFEST['feature_version']}' AS feature_version" in QUERY
    (score,) = re.findall(r"\(\s*(\(.*?\)) / (\d+), 2\s*\) AS quality_score", QUERY, re.DOTALL)
    assert (score[0].split()[0], int(score[1])) == (
        f"({100 * len(names(required=True))}",
        len(names(required=True)),
    )
    lost = {weight: 100 - MANIFEST["weights"][weight] for weight in MANIFEST["weights"]}
    assert lost == {"phase4": 0, "calculated": 0, "phase3": 13, "missing": 100}
    assert f"{lost['missing']} * q.missing_count" in score[0]
    assert f"{lost['phase3']} * q.phase3_count" in score[0]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature["name"])
def test_a_features_source_and_fallback_are_the_querys(feature: dict[str, Any]) -> None:
    name = feature["name"]
    falls_back = re.search(rf"COALESCE\(\w\.\w+, \w\.\w+\)(?: / 100)? AS {name}\b", QUERY)
    assert bool(falls_back) == bool(feature["fallback"])
    # Some are made in phase 4 alone: without its row they are missing, and named so.
    alone = ("player_similar_games", "player_form_analysis")
    from_phase4 = bool(feature["fallback"]) or feature["table"] in alone
    assert from_phase4 == (feature["source"] == "phase4")
    assert feature["table"] in STORE.reads
    assert feature["fallback"] in {None, *STORE.reads}
