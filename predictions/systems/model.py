"""A trained model as an artifact, and the systems that predict with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from predictions.systems.artifact import Artifact, ArtifactError
from predictions.systems.boosting import xgb
from predictions.systems.contract import FeatureContract
from predictions.systems.ensemble import Ensemble
from predictions.systems.inputs import STORE_COLUMNS
from predictions.systems.learned import BOOSTERS, Head, Learned, LearnedModel, LearnedWithLine
from predictions.systems.network import RootNetwork
from predictions.systems.registry import FORMULAS
from predictions.systems.score_table import ScoreTable
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT, SystemSet

LAYOUT = 3


class ContractError(ValueError):
    """The model was trained on other features than the store has; the text says which."""


@dataclass(frozen=True)
class TrainedModel:
    """A learned model with what its systems need beside it.

    Args:
        feature_version, contract_sha256: the features that it was trained on.
        line_weight: of the model against the line.
        ensemble_weights, weights_without_line: system_id -> weight.
        weights_against_line: system_id -> what remains of its distance from the line when bets are judged.
    """

    model: LearnedModel
    feature_version: str
    contract_sha256: str
    line_weight: float
    ensemble_weights: Mapping[str, float]
    weights_without_line: Mapping[str, float]
    weights_against_line: Mapping[str, float]

    def systems(self) -> SystemSet:
        """Every system: the formulas, the learned ones, and the ensemble of them."""
        learned = (Learned(self.model), LearnedWithLine(self.model, self.line_weight))
        ensemble = Ensemble(self.ensemble_weights, self.weights_without_line)
        systems = (*FORMULAS, *learned)
        return SystemSet(systems, ensemble, PRIOR_MARKET_WEIGHT, self.weights_against_line)

    def check(self, contract: FeatureContract) -> None:
        """Raises ContractError unless the store's contract is the one that it was trained on."""
        if self.contract_sha256 != contract_sha256(contract):
            lacking = sorted(set(STORE_COLUMNS) - set(contract.features))
            raise ContractError(
                f"the model was trained on features {self.feature_version}, the store has "
                f"{contract.feature_version}"
                + (f" without {', '.join(lacking)}" if lacking else "")
                + ": train a model on this store, or roll the store back"
            )

    def pack(self) -> bytes:
        """The model as bytes."""
        document = {
            "layout": LAYOUT,
            "feature_version": self.feature_version,
            "contract_sha256": self.contract_sha256,
            "line_weight": self.line_weight,
            "ensemble_weights": dict(self.ensemble_weights),
            "weights_without_line": dict(self.weights_without_line),
            "weights_against_line": dict(self.weights_against_line),
            "tables": {name: head.table.as_json() for name, head in self.model.heads.items()},
        }
        parts: dict[str, bytes] = {}
        for name, head in self.model.heads.items():
            parts |= {f"{name}/{part}.ubj": bytes(head.boosters[part].save_raw("ubj")) for part in BOOSTERS}
            parts[f"{name}/network.npy"] = head.network.pack()
        return Artifact(document, parts).pack()


def unpack_model(packed: bytes) -> TrainedModel:
    """The model in an artifact.

    Raises:
        ArtifactError: the bytes are none, or of another layout.
    """
    artifact = Artifact.unpack(packed)
    document = artifact.document
    if document.get("layout") != LAYOUT:
        raise ArtifactError(f"the artifact has layout {document.get('layout')!r}, this code reads {LAYOUT}")
    try:
        heads = {name: _head(artifact, name, table) for name, table in document["tables"].items()}
        return TrainedModel(
            LearnedModel(heads),
            document["feature_version"],
            document["contract_sha256"],
            document["line_weight"],
            document["ensemble_weights"],
            document["weights_without_line"],
            document["weights_against_line"],
        )
    except (KeyError, ValueError, EOFError, xgb.core.XGBoostError) as error:
        raise ArtifactError(f"the artifact lacks or spoils a part: {error!r}"[:500]) from error


def _head(artifact: Artifact, name: str, table: Mapping[str, Any]) -> Head:
    boosters = {part: _booster(artifact.parts[f"{name}/{part}.ubj"]) for part in BOOSTERS}
    network = RootNetwork.unpack(artifact.parts[f"{name}/network.npy"])
    return Head(boosters, network, ScoreTable.from_json(table))


def _booster(raw: bytes) -> xgb.Booster:
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(raw))
    return booster


def contract_sha256(contract: FeatureContract) -> str:
    """SHA-256 over the contract's version and its features in order."""
    text = json.dumps([contract.feature_version, list(contract.features)])
    return hashlib.sha256(text.encode()).hexdigest()
