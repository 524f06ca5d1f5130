"""The feature store's contract: its version and features, from the manifest beside the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from predictions.systems.base import System
from shared.warehouse.specs import ROOT

MANIFEST = ROOT / "data_processors" / "precompute" / "ml_feature_store" / "manifest.yaml"
# Columns of a store row that a system may use beside the features themselves.
STORE_COLUMNS = ("games_played_season",)


@dataclass(frozen=True)
class FeatureContract:
    """What a row of the feature store holds."""

    feature_version: str
    features: tuple[str, ...]

    def unmet(self, system: System) -> list[str]:
        """What a system requires and the store does not have."""
        return sorted(set(system.requires) - {*self.features, *STORE_COLUMNS})


@cache
def load_contract(path: Path = MANIFEST) -> FeatureContract:
    """The contract that a manifest states.

    Raises:
        FileNotFoundError: there is no manifest.
        KeyError: it lacks feature_version, features or a feature's name.
    """
    manifest: dict[str, Any] = yaml.safe_load(path.read_text())
    return FeatureContract(
        manifest["feature_version"], tuple(feature["name"] for feature in manifest["features"])
    )


def check_systems(systems: Sequence[System], contract: FeatureContract) -> None:
    """Raises when no system could predict, or one requires what the store does not have."""
    if not systems:
        raise LookupError("there is no prediction system")
    if unmet := {system.system_id: lacking for system in systems if (lacking := contract.unmet(system))}:
        raise LookupError(f"the feature store {contract.feature_version} lacks what systems require: {unmet}")
