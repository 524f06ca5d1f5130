"""The model that ships predicts on a fresh machine, by the store's own contract."""

import json

import pytest

from predictions.systems.artifact import MAX_BYTES
from predictions.systems.contract import FeatureContract, load_contract
from predictions.systems.model import ContractError, unpack_model
from predictions.training.champion import packaged_champion, seed_champion
from predictions.training.models import list_models, promote, store_model
from predictions.worker.champion import ChampionSystems
from shared.outcomes import PermanentError
from shared.warehouse.warehouse import Warehouse

CONTRACT = load_contract()


@pytest.fixture(autouse=True)
def empty(warehouse: Warehouse) -> None:
    warehouse.run("DELETE FROM nba_predictions.ml_models WHERE TRUE")


def test_the_packaged_champion_keeps_the_stores_contract_and_fits_a_row() -> None:
    artifact, facts = packaged_champion()
    unpack_model(artifact).check(CONTRACT)
    assert len(artifact) < MAX_BYTES
    assert (facts["feature_version"], facts["origin"]) == (CONTRACT.feature_version, "packaged")
    learned = [
        row
        for row in json.loads(facts["metrics"])
        if (row["population"], row["system"]) == ("all", "learned")
    ]
    assert learned[0]["n"] > 40_000


def test_a_fresh_warehouse_gets_it_once(warehouse: Warehouse) -> None:
    seeded = seed_champion(warehouse)
    assert seeded is not None
    assert seeded.status == "champion"
    assert seed_champion(warehouse) is None
    assert len(list_models(warehouse)) == 1


def test_another_champion_is_left_in_place(warehouse: Warehouse) -> None:
    artifact, facts = packaged_champion()
    other = store_model(warehouse, artifact, {**facts, "trained_through": facts["trained_from"]})
    promote(warehouse, other.model_id)
    assert seed_champion(warehouse) is None


def test_a_worker_without_a_champion_cannot_predict(warehouse: Warehouse) -> None:
    with pytest.raises(PermanentError, match="0 champions"):
        ChampionSystems().get(warehouse, CONTRACT)


def test_a_worker_refuses_a_model_of_other_features(warehouse: Warehouse) -> None:
    seed_champion(warehouse)
    other = FeatureContract("v99", (*CONTRACT.features, "one_more"))
    with pytest.raises(PermanentError, match="trained on features"):
        ChampionSystems().get(warehouse, other)


def test_a_worker_refuses_a_spoiled_artifact(warehouse: Warehouse) -> None:
    seed_champion(warehouse)
    warehouse.run("UPDATE nba_predictions.ml_models SET artifact = b'PK spoiled' WHERE TRUE")
    with pytest.raises(PermanentError, match="SHA-256"):
        ChampionSystems().get(warehouse, CONTRACT)


def test_a_worker_takes_up_whom_is_promoted(warehouse: Warehouse) -> None:
    seed_champion(warehouse)
    champion = ChampionSystems()
    first = champion.get(warehouse, CONTRACT)
    assert champion.get(warehouse, CONTRACT) is first
    artifact, facts = packaged_champion()
    promote(
        warehouse,
        store_model(warehouse, artifact, {**facts, "trained_through": facts["trained_from"]}).model_id,
    )
    assert champion.get(warehouse, CONTRACT) is not first


def test_a_contract_of_another_version_is_another_contract() -> None:
    model = unpack_model(packaged_champion()[0])
    with pytest.raises(ContractError, match="v99"):
        model.check(FeatureContract("v99", CONTRACT.features))


def test_all_systems_and_the_ensemble_predict() -> None:
    systems = unpack_model(packaged_champion()[0]).systems()
    assert systems.system_ids == (
        "moving_average",
        "zone_matchup",
        "similarity",
        "learned",
        "learned_with_line",
        "ensemble",
    )
