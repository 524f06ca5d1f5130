"""similarity: what the player scored in his own games that were most like this one."""

import numpy as np
import pandas as pd

from predictions.systems.distribution import Floats, PointsDistribution, normal_points
from predictions.systems.features import by_venue, optional, required
from predictions.systems.spread import points_sd

_FRESHNESS_PER_POINT, _USUAL_FRESHNESS = 0.015, 70.0
_PER_UNIT = {"shot_zone_mismatch_score": 0.4, "pace_score": 0.8, "usage_spike_score": 0.8}
_HOME, _AWAY = 0.8, -0.5
_LOWEST, _HIGHEST = 0.0, 60.0


class Similarity:
    """The reference system's similar games (predictions.md 3.2), found and scored by player_similar_games.

    Mean: similarity_baseline, the similar games' mean points weighted by their score, within 0 to 60, and
        fatigue_score               + 0.015 x (score - 70): above 70 is fresher than usual
        shot_zone_mismatch_score    + 0.4 x
        pace_score                  + 0.8 x
        usage_spike_score           + 0.8 x
        home_away                   + 0.8 at home, - 0.5 away
    The first four are optional: one that is NULL contributes nothing. The reference rounds each to two
    decimals; here nothing is rounded before the row is.

    Standard deviation: that of the similar games' points, shrunk (spread.py) by their number.
    """

    system_id = "similarity"
    requires = ("similar_games", "similarity_baseline", "similarity_points_std", "home_away")

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """A normal for each row of features."""
        mean = self.mean(features)
        seen, games = required(features, "similarity_points_std"), required(features, "similar_games")
        return normal_points(mean, points_sd(mean, seen, games))

    def mean(self, features: pd.DataFrame) -> Floats:
        """Expected points of each row, 0 to 60."""
        adjusted = required(features, "similarity_baseline") + sum(_adjustments(features).values())
        mean: Floats = np.clip(adjusted, _LOWEST, _HIGHEST)
        return mean

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """The points that each circumstance adds to the similar games' mean, a column each."""
        return pd.DataFrame(_adjustments(features), index=features.index)


def _adjustments(features: pd.DataFrame) -> dict[str, Floats]:
    return {
        "fatigue_score": _FRESHNESS_PER_POINT * _above_usual(features),
        **{name: points * optional(features, name) for name, points in _PER_UNIT.items()},
        "home_away": by_venue(features, _HOME, _AWAY),
    }


def _above_usual(features: pd.DataFrame) -> Floats:
    if "fatigue_score" not in features:
        return np.zeros(len(features))
    return np.nan_to_num(required(features, "fatigue_score") - _USUAL_FRESHNESS, nan=0.0)
