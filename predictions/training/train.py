"""Training a model: two seasons walked forward to know its worth, then a fit on all that is past."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictions.systems.contract import FeatureContract
from predictions.systems.model import TrainedModel, contract_sha256
from predictions.training.errors import TooFewGamesError
from predictions.training.fit import RECIPE, fit_model
from predictions.training.frame import games_of
from predictions.training.measure import Scored, table
from predictions.training.walk import walk
from predictions.training.walked import walked_figures
from predictions.training.worth import worth

_FOLDS = 2


@dataclass(frozen=True)
class Training:
    """A trained model and what is known of it.

    Args:
        facts: the columns of ml_models that training knows.
        metrics: of predictions that no model had seen, measure.table of the walked seasons.
    """

    model: TrainedModel
    facts: Mapping[str, Any]
    metrics: list[dict[str, Any]]


def train(
    rows: pd.DataFrame, contract: FeatureContract, origin: str, say: Callable[[str], None] = lambda text: None
) -> Training:
    """A model from rows of read_games.

    The last two seasons are predicted by models of the seasons before each; from those predictions come the
    ensemble's weights, the weight against the line, and the metrics. The model itself is fitted on all rows.

    Raises:
        TooFewGamesError: there are not three seasons.
    """
    seasons = sorted(rows["season_year"].unique())
    if len(seasons) <= _FOLDS:
        raise TooFewGamesError(
            f"{len(seasons)} seasons of player-games; {_FOLDS + 1} are needed, to learn and to be measured"
        )
    unseen = _walked(rows, contract, [int(season) for season in seasons[-_FOLDS:]], say)
    say("fitting the model on all seasons")
    games = games_of(rows, contract)
    known = worth(rows, unseen)
    model = TrainedModel(
        fit_model(games),
        contract.feature_version,
        contract_sha256(contract),
        known.line_weight,
        known.with_line,
        known.without_line,
        known.against_line,
    )
    metrics = table(rows, unseen)
    facts = _facts(rows, contract, origin, metrics)
    return Training(model, {**facts, "walked": walked_figures(rows, contract, unseen)}, metrics)


def _walked(
    rows: pd.DataFrame, contract: FeatureContract, seasons: list[int], say: Callable[[str], None]
) -> dict[str, Scored]:
    dates = rows["game_date"].to_numpy(dtype="datetime64[D]")
    cuts = [dates[(rows["season_year"] == season).to_numpy()].min() for season in seasons]
    until = dates.max() + np.timedelta64(1, "D")
    say(f"predicting season {seasons[0]} by the seasons before it")
    return walk(rows, contract, cuts, until, say=lambda step: say(f"predicted until {step.until}"))


def _facts(
    rows: pd.DataFrame, contract: FeatureContract, origin: str, metrics: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "feature_version": contract.feature_version,
        "contract_sha256": contract_sha256(contract),
        "trained_from": rows["game_date"].min(),
        "trained_through": rows["game_date"].max(),
        "training_rows": len(rows),
        "data_fingerprint": fingerprint(rows, contract),
        "recipe": json.dumps(RECIPE, sort_keys=True),
        "metrics": json.dumps(metrics),
        "origin": origin,
    }


def fingerprint(rows: pd.DataFrame, contract: FeatureContract) -> str:
    """SHA-256 over the rows' identity, outcomes and features, in their order."""
    values = rows[["game_id", "player_lookup", "points", "minutes", *contract.features]]
    hashes = pd.util.hash_pandas_object(values, index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes()).hexdigest()
