"""Fitting the learned system on past player-games: pure, the same numbers give the same model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn

from predictions.systems.boosting import xgb
from predictions.systems.distribution import Floats
from predictions.systems.inputs import (
    REPORT_COLUMN,
    USUAL_AT_MINUTES,
    availability_inputs,
    form_inputs,
    with_minutes,
)
from predictions.systems.learned import AVAILABLE, FORM, Head, LearnedModel, by_network, predict
from predictions.systems.network import Matrix, RootNetwork
from predictions.systems.score_table import fit_score_table
from predictions.training import network
from predictions.training.errors import TooFewGamesError

Bools = npt.NDArray[np.bool_]
_COMMON: Mapping[str, Any] = {
    "tree_method": "hist",
    "max_depth": 4,
    "eta": 0.06,
    "min_child_weight": 30,
    "colsample_bytree": 0.35,
    "subsample": 0.6,
    "reg_lambda": 5,
    "max_bin": 64,
}
_ABSOLUTE = "reg:absoluteerror"
_MINUTES_ROUNDS, _MINUTES_ETA, _ROUNDS = 100, 0.1, 200
_CALIBRATION_ROUNDS = 160
# Single networks differ more than their mean does; calibration needs no more than their kind.
_NETWORKS, _CALIBRATION_NETWORKS = 6, 2
# The rows of every fourth week calibrate the distribution, by boosters that have not seen them.
_WEEKS, _MINIMUM_EARLIER_GAMES = 4, 5
_FEWEST_GAMES = 1000
RECIPE: Mapping[str, Any] = {
    "library": f"xgboost {xgb.__version__}",
    "common": dict(_COMMON),
    "rounds": {"minutes": _MINUTES_ROUNDS, "points": _ROUNDS, "calibration": _CALIBRATION_ROUNDS},
    "network": {"library": f"scikit-learn {sklearn.__version__}", "members": _NETWORKS, **network.SETTINGS},
}


@dataclass(frozen=True)
class Games:
    """Past player-games: features of the store, and what came of them.

    Args:
        features: the store's columns, floats, a row a player-game.
        game_date: when, (n,).
        season_year: of which season, (n,).
        points, minutes: what he did, (n,).
        earlier_games: his games before it, of this season and the last, (n,).
    """

    features: pd.DataFrame
    game_date: npt.NDArray[np.datetime64]
    season_year: npt.NDArray[np.int64]
    points: npt.NDArray[np.int64]
    minutes: Floats
    earlier_games: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.points)

    def take(self, rows: Bools) -> "Games":
        """Some of the games."""
        return Games(
            self.features[rows],
            self.game_date[rows],
            self.season_year[rows],
            self.points[rows],
            self.minutes[rows],
            self.earlier_games[rows],
        )


def fit_model(games: Games, seed: int = 1) -> LearnedModel:
    """The model that these games give.

    One head learns from all of them, and one from those whose injury report is known, where they are enough:
    until then the model predicts every game without its report.

    Raises:
        TooFewGamesError: there are fewer than a thousand games.
    """
    form = form_inputs(games.features)
    fitted = {FORM: _fit_head(games, form, seed)}
    reported = np.isfinite(games.features[REPORT_COLUMN].to_numpy(dtype="float64"))
    if reported.sum() >= _FEWEST_GAMES:
        known = games.take(reported)
        inputs = pd.concat([form[reported], availability_inputs(known.features)], axis=1)
        fitted[AVAILABLE] = _fit_head(known, inputs, seed)
    return LearnedModel(fitted)


def _fit_head(games: Games, inputs: pd.DataFrame, seed: int) -> Head:
    if len(games) < _FEWEST_GAMES:
        raise TooFewGamesError(
            f"{len(games)} player-games to learn from; at least {_FEWEST_GAMES} are needed"
        )
    matrix = inputs.to_numpy(dtype="float32")
    minutes = _unseen_minutes(games, matrix, seed)
    by_minutes = with_minutes(inputs, minutes)
    usual = inputs["points_ewma_30"].to_numpy(dtype="float64")
    fit = _Fit(seed)
    boosters = {
        "minutes": fit.minutes(matrix, games.minutes),
        "beyond_usual": fit.median(matrix, games.points - usual, _ROUNDS, 1),
        "by_minutes": fit.median(by_minutes, games.points, _ROUNDS, 2),
    }
    roots = fit.network(by_minutes, games.points, _NETWORKS)
    return Head(boosters, roots, _calibrated(games, by_minutes, fit))


def _calibrated(games: Games, by_minutes: npt.NDArray[np.float32], fit: "_Fit") -> Any:
    week = (games.game_date.astype("datetime64[D]").astype(np.int64) // 7) % _WEEKS
    held = week == 0
    seen, unseen = ~held, held & (games.earlier_games >= _MINIMUM_EARLIER_GAMES)
    median = fit.median(by_minutes[seen], games.points[seen], _CALIBRATION_ROUNDS, 4)
    roots = fit.network(by_minutes[seen], games.points[seen], _CALIBRATION_NETWORKS)
    # The view that knows no minutes is left out here to halve the time; the by_minutes one stands for both.
    ahead = by_minutes[unseen]
    expected = 2 / 3 * predict(median, ahead) + 1 / 3 * by_network(roots, ahead)
    return fit_score_table(np.maximum(expected.astype("float64"), 0.3), games.points[unseen])


def _unseen_minutes(games: Games, matrix: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    """Expected minutes by boosters that have not seen the game's season, or with one season its month."""
    group = games.season_year % 3
    if len(np.unique(group)) == 1:
        group = games.game_date.astype("datetime64[M]").astype(np.int64) % 3
    minutes = np.zeros(len(games), dtype="float32")
    fit = _Fit(seed)
    for left_out in np.unique(group):
        rows = group == left_out
        minutes[rows] = predict(fit.minutes(matrix[~rows], games.minutes[~rows]), matrix[rows])
    return minutes


@dataclass(frozen=True)
class _Fit:
    """One booster, or some networks, seeded."""

    seed: int

    def minutes(self, matrix: npt.NDArray[np.float32], minutes: Floats) -> xgb.Booster:
        return self._boost(matrix, minutes, _ABSOLUTE, _MINUTES_ROUNDS, 0, eta=_MINUTES_ETA)

    def median(self, matrix: Any, points: Any, rounds: int, number: int) -> xgb.Booster:
        return self._boost(matrix, points, _ABSOLUTE, rounds, number)

    def network(self, by_minutes: Matrix, points: Any, members: int) -> RootNetwork:
        return network.fit_network(by_minutes, by_minutes[:, USUAL_AT_MINUTES], points, members, self.seed)

    def _boost(
        self, matrix: Any, target: Any, objective: str, rounds: int, number: int, **more: Any
    ) -> xgb.Booster:
        settings = {**_COMMON, "objective": objective, "seed": self.seed * 10 + number, **more}
        data = xgb.QuantileDMatrix(matrix, target, max_bin=int(_COMMON["max_bin"]))
        return xgb.train(settings, data, rounds)


class LookAheadError(ValueError):
    """A model was about to predict what it has learned from, or what came before."""


def check_past(past: Games, ahead: Games) -> None:
    """Raises LookAheadError unless every game of `past` is before every game of `ahead`."""
    if len(past) and len(ahead) and past.game_date.max() >= ahead.game_date.min():
        raise LookAheadError(
            f"training reaches {past.game_date.max()}, predictions begin at {ahead.game_date.min()}"
        )
