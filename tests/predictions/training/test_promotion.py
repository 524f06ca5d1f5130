"""Stored models are held against the champion, and only who passes the gates succeeds it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictions.systems.contract import FeatureContract, load_contract
from predictions.systems.distribution import normal_points
from predictions.systems.model import TrainedModel, contract_sha256, unpack_model
from predictions.training.champion import packaged_champion, seed_champion
from predictions.training.gates import GatesError
from predictions.training.history import History
from predictions.training.measure import Scored
from predictions.training.models import (
    ModelRow,
    champion_of,
    list_models,
    promote,
    read_walked,
    rollback,
    store_model,
)
from predictions.training.promotion import Judge, promote_judged
from predictions.training.walked import walked_figures
from shared.outcomes import PermanentError
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

CONTRACT = load_contract()
ARTIFACT, FACTS = packaged_champion()
# The champion of these tests learned until here; invented games begin a day later.
THROUGH = date(2024, 10, 21)
FIRST_GAME = "2024-10-22"


@pytest.fixture(autouse=True)
def empty(warehouse: Warehouse) -> None:
    warehouse.run(
        "DELETE FROM nba_predictions.ml_models WHERE TRUE; "
        "DELETE FROM nba_predictions.ml_feature_store WHERE TRUE; "
        "DELETE FROM nba_analytics.player_game_summary WHERE TRUE"
    )


@pytest.fixture(scope="module")
def walked_rows(invented: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return invented(1500, seed=7, first="2023-10-24", days=60)


def walked(rows: pd.DataFrame, beside: float) -> str:
    """Walked figures of a system that is wrong by `beside` on top of chance."""
    usual = rows["points_ewma_8"].to_numpy(dtype="float64")
    made = normal_points(np.maximum(usual + beside, 0.1), np.sqrt(2 * usual) + 2)
    own = Scored(np.arange(len(rows)), made.median, made.cumulative.astype("float32"))
    return walked_figures(rows, CONTRACT, {"learned": own})


def variant(line_weight: float, spoiled: bool = False) -> bytes:
    """The packaged model with another weight; spoiled, it takes minutes for points beyond the usual."""
    model = unpack_model(ARTIFACT)
    if spoiled:
        heads = {
            name: replace(head, boosters={**head.boosters, "beyond_usual": head.boosters["minutes"]})
            for name, head in model.model.heads.items()
        }
        model = replace(model, model=replace(model.model, heads=heads))
    return replace(model, line_weight=line_weight).pack()


def store(warehouse: Warehouse, artifact: bytes, days: int = 0, **facts: Any) -> ModelRow:
    """A challenger that has learned from so many days more than the champion."""
    own = {"trained_through": THROUGH + timedelta(days=days), "metrics": FACTS["metrics"], "walked": None}
    return store_model(warehouse, artifact, {**FACTS, **own, **facts})


@pytest.fixture
def judge(warehouse: Warehouse, storage: StorageReader) -> Judge:
    return Judge(warehouse, History(warehouse, storage, CONTRACT).between, date(2025, 6, 1), CONTRACT)


def failures(judgement: Any) -> list[str]:
    return [gate.name for gate in judgement.gates if not gate.passed]


def test_a_newer_model_of_the_same_recipe_is_promoted_and_the_reason_is_stored(
    warehouse: Warehouse, judge: Judge, walked_rows: pd.DataFrame
) -> None:
    figures = walked(walked_rows, 0)
    champion = store(warehouse, variant(0.3), walked=figures)
    promote(warehouse, champion.model_id)
    challenger = store(warehouse, variant(0.4), days=7, walked=figures)
    assert read_walked(warehouse, challenger.model_id) == figures
    promoted = promote_judged(warehouse, judge.judge(challenger.model_id))
    assert (promoted.model_id, promoted.promotion_reason) == (challenger.model_id, "gates passed")
    assert rollback(warehouse).promotion_reason == "rolled back to"


def test_a_worse_recipe_is_refused_and_can_be_forced_with_a_reason(
    warehouse: Warehouse, judge: Judge, walked_rows: pd.DataFrame
) -> None:
    champion = store(warehouse, variant(0.3), walked=walked(walked_rows, 0))
    promote(warehouse, champion.model_id)
    challenger = store(warehouse, variant(0.4), days=7, walked=walked(walked_rows, 3))
    judgement = judge.judge(challenger.model_id)
    assert "not worse: learned, walked seasons" in failures(judgement)
    with pytest.raises(GatesError, match="not worse: learned, walked seasons"):
        promote_judged(warehouse, judgement)
    assert champion_of(warehouse).model_id == champion.model_id
    forced = promote_judged(warehouse, judgement, "the champion knows no play-in")
    assert forced.promotion_reason
    assert forced.promotion_reason.startswith("forced: the champion knows no play-in (not worse")


def test_games_later_than_both_are_predicted_by_both(
    warehouse: Warehouse, judge: Judge, invented: Any, store_games: Any
) -> None:
    """The very models, and not only their recipes: a spoiled one is found although its figures are good."""
    store_games(warehouse, invented(2400, seed=9, first=FIRST_GAME, days=40))
    champion = store(warehouse, variant(0.3))
    promote(warehouse, champion.model_id)
    spoiled = judge.judge(store(warehouse, variant(0.3, spoiled=True)).model_id)
    assert "not worse: learned, later games" in failures(spoiled)
    same = judge.judge(store(warehouse, variant(0.30001)).model_id)
    (alone,) = [each for each in same.evidence[0].overall() if each.system == "learned"]
    # Of 200 players each has to have five games behind him.
    assert alone.rows == 2400 - 200 * 5
    assert alone.by_error == (0, 0, 1400)
    assert {each.system for each in same.evidence[0].overall()} == {
        "learned",
        "learned_with_line",
        "ensemble",
    }


def test_games_that_either_has_learned_from_are_not_used(
    warehouse: Warehouse, judge: Judge, invented: Any, store_games: Any
) -> None:
    rows = invented(2400, seed=9, first=FIRST_GAME, days=40)
    store_games(warehouse, rows)
    champion = store(warehouse, variant(0.3))
    promote(warehouse, champion.model_id)
    judgement = judge.judge(store(warehouse, variant(0.4), days=30).model_id)
    learned = next(each for each in judgement.evidence[0].overall() if each.system == "learned")
    assert learned.rows == (rows["game_date"] > THROUGH + timedelta(days=30)).sum()
    assert "too few common rows to judge by: later games" in judgement.notes


def test_models_from_before_there_were_walked_figures_are_compared_unpaired_which_is_said(
    warehouse: Warehouse, judge: Judge
) -> None:
    promote(warehouse, store(warehouse, variant(0.3)).model_id)
    judgement = judge.judge(store(warehouse, variant(0.4), days=7).model_id)
    assert [each.basis for each in judgement.evidence] == ["stored means, unpaired"]
    assert any("not paired" in note for note in judgement.notes)
    assert judgement.passed


def test_a_challenger_of_other_features_is_refused(warehouse: Warehouse, judge: Judge) -> None:
    promote(warehouse, store(warehouse, variant(0.3)).model_id)
    other = FeatureContract("v99", CONTRACT.features)
    model: TrainedModel = replace(
        unpack_model(ARTIFACT), feature_version="v99", contract_sha256=contract_sha256(other)
    )
    judgement = judge.judge(store(warehouse, model.pack(), days=7).model_id)
    assert "contract" in failures(judgement)
    (gate,) = [gate for gate in judgement.gates if gate.name == "contract"]
    assert "features v99" in gate.figure


def test_a_champion_that_cannot_predict_keeps_nobody_out(warehouse: Warehouse, judge: Judge) -> None:
    promote(warehouse, store(warehouse, b"of another layout").model_id)
    judgement = judge.judge(store(warehouse, variant(0.4)).model_id)
    assert judgement.passed
    assert any("not compared" in note for note in judgement.notes)


def test_a_model_that_cannot_be_read_is_not_promoted_even_where_there_is_no_champion(
    warehouse: Warehouse, judge: Judge
) -> None:
    judgement = judge.judge(store(warehouse, b"no model").model_id)
    assert failures(judgement) == ["contract"]


def test_a_model_is_not_compared_with_itself(warehouse: Warehouse, judge: Judge) -> None:
    champion = promote(warehouse, store(warehouse, variant(0.3)).model_id)
    with pytest.raises(PermanentError, match="is champion already; name another"):
        judge.judge(champion.model_id)


def test_an_unknown_model_is_named(judge: Judge) -> None:
    with pytest.raises(PermanentError, match="no model 20990101-x is stored"):
        judge.judge("20990101-x")


def test_seeding_asks_no_gate_and_says_so(warehouse: Warehouse) -> None:
    seeded = seed_champion(warehouse)
    assert seeded
    assert [row.promotion_reason for row in list_models(warehouse)] == ["packaged"]
    assert json.loads(seeded.metrics)
