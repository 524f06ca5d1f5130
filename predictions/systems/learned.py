"""The learned system: trees for minutes, trees and a network for points, and what happened around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictions.systems.boosting import xgb
from predictions.systems.distribution import HIGHEST_POINTS, Floats, PointsDistribution
from predictions.systems.inputs import (
    REPORT_COLUMN,
    USUAL_AT_MINUTES,
    availability_inputs,
    form_inputs,
    with_minutes,
)
from predictions.systems.network import Matrix, RootNetwork
from predictions.systems.score_table import ScoreTable

Bools = npt.NDArray[np.bool_]
BOOSTERS = ("minutes", "beyond_usual", "by_minutes")
FORM, AVAILABLE = "form", "available"
_LEAST_EXPECTED = 0.3
_LINE = "vegas_points_line"


@dataclass(frozen=True)
class Head:
    """Three boosters, a network, and the distribution around them.

    minutes: median minutes. beyond_usual: median of points minus points_ewma_30. by_minutes: median points,
    given the expected minutes. network: mean of the square root of points, given the same. The mean of the
    three views of points is where the distribution lies.
    """

    boosters: Mapping[str, xgb.Booster]
    network: RootNetwork
    table: ScoreTable

    def expected_minutes(self, inputs: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Median minutes, (n,)."""
        return predict(self.boosters["minutes"], inputs.to_numpy(dtype="float32"))

    def expected(self, inputs: pd.DataFrame) -> Floats:
        """Where each player's points lie, (n,), points."""
        by_minutes = with_minutes(inputs, self.expected_minutes(inputs))
        usual = inputs["points_ewma_30"].to_numpy(dtype="float64")
        views = (
            usual + predict(self.boosters["beyond_usual"], inputs.to_numpy(dtype="float32")),
            predict(self.boosters["by_minutes"], by_minutes),
            by_network(self.network, by_minutes),
        )
        expected: Floats = np.maximum(np.mean(views, axis=0, dtype="float64"), _LEAST_EXPECTED)
        return expected


@dataclass(frozen=True)
class LearnedModel:
    """Both heads: with the game's injury report, and without one."""

    heads: Mapping[str, Head]

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """A distribution for each row."""
        expected, reported = self._by_head(features)
        return self._picked(reported, lambda head, rows: head.table.at(expected[rows]))

    def predict_around(self, features: pd.DataFrame, median: Floats) -> PointsDistribution:
        """A distribution for each row, as wide as the model's there, with a given median, (n,)."""
        reported = self._reported(features)
        return self._picked(reported, lambda head, rows: head.table.around(median[rows]))

    def _picked(
        self, reported: Bools, made: Callable[[Head, Bools], PointsDistribution]
    ) -> PointsDistribution:
        """What each row's head makes of it."""
        cumulative = np.empty((len(reported), HIGHEST_POINTS + 1))
        for name, rows in ((FORM, ~reported), (AVAILABLE, reported)):
            if rows.any():
                cumulative[rows] = made(self.heads[name], rows).cumulative
        return PointsDistribution(cumulative)

    def _reported(self, features: pd.DataFrame) -> Bools:
        """Whose game has an injury report that a head can use."""
        known: Bools = np.isfinite(features[REPORT_COLUMN].to_numpy(dtype="float64"))
        return known & (AVAILABLE in self.heads)

    def _by_head(self, features: pd.DataFrame) -> tuple[Floats, Bools]:
        form, reported = form_inputs(features), self._reported(features)
        expected = np.empty(len(features))
        if (~reported).any():
            expected[~reported] = self.heads[FORM].expected(form[~reported])
        if reported.any():
            inputs = pd.concat([form[reported], availability_inputs(features[reported])], axis=1)
            expected[reported] = self.heads[AVAILABLE].expected(inputs)
        return expected, reported


@dataclass(frozen=True)
class Learned:
    """The model alone, which knows no line."""

    model: LearnedModel
    system_id: str = "learned"
    requires: tuple[str, ...] = ("points_ewma_30", "minutes_ewma_30", "minutes_ewma_8")

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """One distribution for each row."""
        return self.model.predict(features)

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """Points that each input adds to the player's usual ones (points_ewma_30), by the tree paths."""
        form = form_inputs(features)
        booster = self.model.heads[FORM].boosters["beyond_usual"]
        matrix = xgb.DMatrix(form.to_numpy(dtype="float32"), nthread=1)
        shares = booster.predict(matrix, pred_contribs=True, approx_contribs=True)
        return pd.DataFrame(shares[:, :-1], index=features.index, columns=form.columns)


@dataclass(frozen=True)
class LearnedWithLine:
    """The model anchored to the market: line + weight x (model - line).

    Args:
        weight: of the model against the line, 0 to 1, learned on earlier lined games or a stated prior.
    """

    model: LearnedModel
    weight: float
    system_id: str = "learned_with_line"
    requires: tuple[str, ...] = (*Learned.requires, _LINE)
    refines: str = Learned.system_id

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """One distribution for each row, its median between the line's and the model's."""
        return self.refine(features, self.model.predict(features))

    def refine(self, features: pd.DataFrame, distribution: PointsDistribution) -> PointsDistribution:
        """The same, from the model's distributions."""
        line = features[_LINE].to_numpy(dtype="float64")
        own = distribution.quantile(0.5)
        return self.model.predict_around(features, line + self.weight * (own - line))


def by_network(network: RootNetwork, by_minutes: Matrix) -> Matrix:
    """A network's points, (n,), from what with_minutes gives."""
    return network.predict(by_minutes, by_minutes[:, USUAL_AT_MINUTES])


def predict(booster: xgb.Booster, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A booster's predictions, (n,); without building xgboost's own matrix first."""
    predicted: npt.NDArray[np.float32] = booster.inplace_predict(matrix)
    return predicted
