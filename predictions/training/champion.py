"""The champion that ships with the project, so that a fresh machine predicts."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from predictions.training.models import ModelRow, list_models, promote, store_model
from shared.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from predictions.training.train import Training

FOLDER = Path(__file__).with_name("champion")
ARTIFACT, FACTS = FOLDER / "model.zip", FOLDER / "facts.json"
PACKAGED = "packaged"


def write_champion(training: "Training") -> None:
    """Makes a trained model the one that ships."""
    FOLDER.mkdir(exist_ok=True)
    ARTIFACT.write_bytes(training.model.pack())
    facts = {**training.facts, "origin": PACKAGED}
    FACTS.write_text(json.dumps(facts, indent=1, default=str) + "\n")


def packaged_champion() -> tuple[bytes, dict[str, Any]]:
    """The packaged artifact and its facts, checked by unpacking it.

    Raises:
        FileNotFoundError: none is packaged.
        ArtifactError: it cannot be read.
    """
    # Every command imports this module, and few of them a model.
    from predictions.systems.model import unpack_model

    artifact = ARTIFACT.read_bytes()
    unpack_model(artifact)
    facts = json.loads(FACTS.read_text())
    for name in ("trained_from", "trained_through"):
        facts[name] = date.fromisoformat(facts[name])
    return artifact, facts


def seed_champion(warehouse: Warehouse) -> ModelRow | None:
    """Stores the packaged model and makes it champion where there is none; what is champion stays so."""
    if any(row.status == "champion" for row in list_models(warehouse)):
        return None
    artifact, facts = packaged_champion()
    return promote(warehouse, store_model(warehouse, artifact, facts).model_id, PACKAGED)
