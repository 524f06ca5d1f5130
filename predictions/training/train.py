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
from predictions.systems.registry import LEARNED, LEARNED_WITH_LINE
from predictions.training.fit import RECIPE, TooFewGamesError, fit_model
from predictions.training.frame import games_of
from predictions.training.measure import Scored, table
from predictions.training.walk import walk
from predictions.training.walked import walked_figures
from predictions.training.weights import MINIMUM_LINED_ROWS, line_weight, pool_weights

_FOLDS = 2
# Until enough lined games are past: the anchored model and, for the pool's sake, a little of the model alone.
_PRIOR_LINED_WEIGHTS = {LEARNED_WITH_LINE: 0.9, LEARNED: 0.1}


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
    weights = _weights(rows, unseen)
    model = TrainedModel(fit_model(games), contract.feature_version, contract_sha256(contract), **weights)
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


def _weights(rows: pd.DataFrame, unseen: Mapping[str, Scored]) -> dict[str, Any]:
    """What the systems are worth without a line and with one, and the model against the line."""
    line = rows["vegas_points_line"].to_numpy(dtype="float64")
    alone = {name: own for name, own in unseen.items() if name != LEARNED_WITH_LINE}
    lined = np.isfinite(line)
    anchored = unseen[LEARNED_WITH_LINE]
    many = len(anchored.rows) >= MINIMUM_LINED_ROWS
    learned = unseen[LEARNED]
    with_line = np.isin(learned.rows, np.flatnonzero(lined))
    known = learned.rows[with_line]
    points = rows["points"].to_numpy(dtype="float64")
    return {
        "line_weight": line_weight(learned.median[with_line], line[known], points[known]),
        "weights_without_line": _pool(rows, alone),
        "ensemble_weights": _pool(rows, unseen) if many else _PRIOR_LINED_WEIGHTS,
    }


def _pool(rows: pd.DataFrame, unseen: Mapping[str, Scored]) -> dict[str, float]:
    """Pool weights on the rows that all systems predict."""
    common = np.arange(len(rows))
    for own in unseen.values():
        common = np.intersect1d(common, own.rows)
    tables = {
        name: own.cumulative[np.searchsorted(own.rows, common)].astype("float64")
        for name, own in unseen.items()
    }
    return pool_weights(tables, rows["points"].to_numpy(dtype="float64")[common])


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
