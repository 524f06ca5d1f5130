"""moving_average: recent and season scoring, weighted, with the adjustments of venue and rest."""

import numpy as np
import pandas as pd

from predictions.systems.distribution import Floats, NormalPoints

_WEIGHTS = {"points_avg_last_5": 0.5, "points_avg_last_10": 0.3, "points_avg_season": 0.2}
_HOME, _AWAY, _BACK_TO_BACK = 0.5, -0.5, -1.5
_LOWEST, _HIGHEST = 0.0, 60.0

_VARIANCE_PER_POINT = 3.0
_PRIOR_GAMES = 10.0
_WINDOW_GAMES = 10.0
# Rounding to whole points alone gives this much: a player who never scored is still not certain not to.
_LEAST_VARIANCE = 1 / 12


class MovingAverage:
    """The reference system's weighted average (predictions.md 3.2), without what the store does not have.

    Mean: 0.5 x last 5 + 0.3 x last 10 + 0.2 x season, +0.5 at home or -0.5 away, -1.5 on a back-to-back,
    kept within 0 to 60 points. The reference's adjustments for fatigue, shot zones, pace and usage spikes
    are left out: their inputs are not in the feature store, and a zero in their place would claim a value.

    Standard deviation: the variance of the last ten games shrunk towards 3 x mean, the ratio measured over
    real player-games (accuracy.md), with the weight of ten games:
    sqrt((n s^2 + 10 x 3 mean) / (n + 10)), n = min(10, games of the season), s = points_std_last_10.
    """

    system_id = "moving_average"
    requires = (*_WEIGHTS, "home_away", "back_to_back", "points_std_last_10", "games_played_season")

    def predict(self, features: pd.DataFrame) -> NormalPoints:
        """A normal for each row of features."""
        mean = self.mean(features)
        return NormalPoints(mean, self._sd(features, mean))

    def mean(self, features: pd.DataFrame) -> Floats:
        """Expected points of each row, 0 to 60."""
        base = sum(weight * _column(features, name) for name, weight in _WEIGHTS.items())
        venue = np.where(_column(features, "home_away") == 1, _HOME, _AWAY)
        rest = _BACK_TO_BACK * _column(features, "back_to_back")
        mean: Floats = np.clip(base + venue + rest, _LOWEST, _HIGHEST)
        return mean

    def _sd(self, features: pd.DataFrame, mean: Floats) -> Floats:
        games = np.minimum(_column(features, "games_played_season"), _WINDOW_GAMES)
        seen = games * _column(features, "points_std_last_10") ** 2
        expected = _PRIOR_GAMES * _VARIANCE_PER_POINT * mean
        variance = (seen + expected) / (games + _PRIOR_GAMES)
        sd: Floats = np.sqrt(np.maximum(variance, _LEAST_VARIANCE))
        return sd


def _column(features: pd.DataFrame, name: str) -> Floats:
    column: Floats = features[name].to_numpy(dtype="float64")
    return column
