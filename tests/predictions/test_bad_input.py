"""Whatever is wrong with a player, a line or the model ends in rows that say why, and the batch closes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from predictions.systems.contract import load_contract
from predictions.systems.model import unpack_model
from predictions.training.champion import packaged_champion
from predictions.training.models import promote, store_model
from predictions.worker.app import create_app

NOTHING: dict[str, Any] = dict.fromkeys(load_contract().features)
# What the store requires of any row stays: these are never NULL.
NOTHING |= {"home_away": 1, "games_in_last_7_days": 0, "is_new_to_team": 0, "back_to_back": 0}


@pytest.fixture
def rows(night: Any) -> dict[str, list[dict[str, Any]]]:
    """A night of bad input through phase 5: player -> his rows."""
    night.add("nofeatures", **NOTHING, quality_score=0.0, missing_features=["points_avg_season"])
    night.add("nohistory", points_avg_last_5=None, points_avg_season=None, games_played_season=0)
    night.add("nolines")
    night.add("nan", points_avg_last_10=float("nan"), lines=[night.line()])
    night.add("wholeline", lines=[night.line(20.0)])
    night.add("absurdlines", lines=[night.line(0.5), night.line(80.0, "fanduel")])
    older = night.morning.as_of - timedelta(hours=1)
    night.add("twicethesame", lines=[night.line(over_price=-120, snapshot_at=older), night.line()])
    night.add("priceofnothing", lines=[night.line(over_price=0, under_price=-110)])
    night.add("unknown", player_id=None, player_name=None)
    night.store()
    found: dict[str, list[dict[str, Any]]] = {}
    for row in night.run():
        found.setdefault(row["player_lookup"], []).append(row)
    assert night.state().state == "COMPLETE"
    assert set(found) == {player["player_lookup"] for player in night.players}
    return found


def test_every_player_of_a_bad_night_ends_in_rows_that_say_why(rows: Any) -> None:
    reasons = {name: [(row["status"], row["reason"]) for row in own] for name, own in rows.items()}
    unable = "UNPREDICTABLE"
    assert reasons.pop("nofeatures") == [("SKIPPED", "quality 0 < 70: missing points_avg_season")]
    assert reasons.pop("nohistory") == [(unable, "moving_average needs points_avg_last_5, points_avg_season")]
    assert reasons.pop("nan") == [(unable, "moving_average needs points_avg_last_10")]
    assert {pair for own in reasons.values() for pair in own} == {("PREDICTED", None)}
    assert [row["recommendation"] for row in rows["nolines"]] == ["NO_LINE"]
    assert [row["player_id"] for row in rows["unknown"]] == [None]

    (whole,) = rows["wholeline"]
    assert whole["p_push"] > 0
    chances = {row["line"]: row["p_over"] for row in rows["absurdlines"]}
    assert chances[0.5] > 0.99
    assert chances[80.0] < 0.01
    (newest,) = rows["twicethesame"]
    assert newest["over_price"] == -110
    (priceless,) = rows["priceofnothing"]
    assert (priceless["price_note"], priceless["ev_over"]) == ("price invalid", None)


def test_a_model_with_another_contract_ends_its_chunks_with_both_versions_named(night: Any) -> None:
    warehouse = night.platform.warehouse
    artifact, facts = packaged_champion()
    older = replace(unpack_model(artifact), feature_version="v2", contract_sha256="0" * 64)
    promote(warehouse, store_model(warehouse, older.pack(), facts).model_id)
    settings = night.platform.settings.model_copy(update={"SERVICE": "worker"})
    night.services = replace(night.services, worker=create_app(settings).test_client())
    night.add("lukadoncic", lines=[night.line()])
    night.store()
    (row,) = night.run()
    warehouse.run("DELETE FROM nba_predictions.ml_models WHERE TRUE")
    assert (row["status"], night.state().state) == ("FAILED", "FAILED")
    assert f"trained on features v2, the store has {load_contract().feature_version}" in row["reason"]
