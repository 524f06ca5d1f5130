"""moving_average: recent and season scoring, weighted, with adjustments for the game at hand."""

import numpy as np
import pandas as pd

from predictions.systems.distribution import Floats, PointsDistribution, normal_points
from predictions.systems.features import by_fatigue, by_venue, optional, required
from predictions.systems.spread import points_sd

_WEIGHTS = {"points_avg_last_5": 0.5, "points_avg_last_10": 0.3, "points_avg_season": 0.2}
_PER_UNIT = {
    "shot_zone_mismatch_score": 0.3,
    "pace_score": 0.3,
    "usage_spike_score": 0.4,
    "back_to_back": -1.5,
}
_HOME, _AWAY = 0.5, -0.5
_VERY_TIRED, _TIRED = -2.5, -1.0
_LOWEST, _HIGHEST = 0.0, 60.0
_WINDOW_GAMES = 10.0


class MovingAverage:
    """The reference system's weighted average (predictions.md 3.2), its fatigue the right way round.

    Mean: 0.5 x last 5 + 0.3 x last 10 + 0.2 x season, + 0.5 at home or - 0.5 away, within 0 to 60 points, and
        fatigue_score               - 2.5 below 30, - 1.0 below 50 (100 is fresh)
        shot_zone_mismatch_score    + 0.3 x
        pace_score                  + 0.3 x
        usage_spike_score           + 0.4 x
        back_to_back                - 1.5
    These five are optional: one that is NULL contributes nothing.

    Standard deviation: that of the last ten games, shrunk (spread.py) by min(10, games_played_season) games.
    That number is optional too: where it is NULL, the standard deviation is that of a player with this mean.
    """

    system_id = "moving_average"
    requires = (*_WEIGHTS, "home_away", "points_std_last_10")

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """A normal for each row of features."""
        mean = self.mean(features)
        games = np.minimum(optional(features, "games_played_season"), _WINDOW_GAMES)
        return normal_points(mean, points_sd(mean, required(features, "points_std_last_10"), games))

    def mean(self, features: pd.DataFrame) -> Floats:
        """Expected points of each row, 0 to 60."""
        base = sum(weight * required(features, name) for name, weight in _WEIGHTS.items())
        adjusted = base + sum(_adjustments(features).values())
        mean: Floats = np.clip(adjusted, _LOWEST, _HIGHEST)
        return mean

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """The points that each circumstance of the game adds to the weighted average, a column each."""
        return pd.DataFrame(_adjustments(features), index=features.index)


def _adjustments(features: pd.DataFrame) -> dict[str, Floats]:
    return {
        "home_away": by_venue(features, _HOME, _AWAY),
        "fatigue_score": by_fatigue(features, _VERY_TIRED, _TIRED),
        **{name: points * optional(features, name) for name, points in _PER_UNIT.items()},
    }
