"""Systems and feature store agree on what a row of features holds."""

from pathlib import Path

import pytest

from predictions.systems.contract import FeatureContract, check_systems, load_contract
from predictions.systems.moving_average import MovingAverage
from predictions.systems.registry import FORMULAS, without_model
from shared.warehouse.specs import spec_of


def test_every_system_finds_what_it_requires_in_the_feature_store() -> None:
    check_systems(FORMULAS, load_contract())
    columns = set(spec_of("ml_feature_store").column_names())
    for system in FORMULAS:
        assert set(system.requires) <= columns


def test_the_manifest_lists_columns_of_the_store() -> None:
    assert set(load_contract().features) <= set(spec_of("ml_feature_store").column_names())


def test_system_ids_are_unique_and_none_is_taken() -> None:
    ids = without_model().system_ids
    assert len(set(ids)) == len(ids)
    assert "none" not in ids


def test_a_store_without_a_required_feature_is_refused_by_name() -> None:
    contract = FeatureContract("v2", ("points_avg_last_5",))
    with pytest.raises(LookupError, match=r"store v2 lacks .*home_away"):
        check_systems((MovingAverage(),), contract)


def test_no_systems_cannot_predict() -> None:
    with pytest.raises(LookupError, match="no prediction system"):
        check_systems((), load_contract())


def test_a_missing_manifest_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_contract(tmp_path / "manifest.yaml")
