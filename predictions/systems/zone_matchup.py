"""zone_matchup: the season's scoring against the opponent's defense, by where the player scores from."""

import numpy as np
import pandas as pd

from predictions.systems.distribution import Floats, PointsDistribution, normal_points
from predictions.systems.features import by_fatigue, by_venue, optional, required
from predictions.systems.spread import points_sd

# Points allowed per 100 game_possessions over the seasons 2022-23 to 2024-25 (114.5, 115.1, 114.5). With the
# reference's 110, the average of an earlier league, every opponent is a bad defense.
LEAGUE_DEF_RATING = 114.7
_PER_RATING_POINT = 0.3
_ZONES = {"pct_paint": 1.2, "pct_mid_range": 1.0, "pct_three": 1.1, "pct_free_throw": 0.8}
_MOST_OF_A_ZONE = 3.0
_OFTEN, _SOMETIMES = 0.40, 0.20
_PACE = 0.4
_HOME, _AWAY = 0.8, -0.8
_VERY_TIRED, _TIRED = -1.5, -0.8
_LOWEST, _HIGHEST = 0.0, 60.0
_WINDOW_GAMES = 10.0


class ZoneMatchup:
    """The reference system's matchup (predictions.md 3.2) with all shares as fractions.

    Mean: points_avg_season + the four zones + 0.4 x pace_score + 0.8 at home or - 0.8 away, - 1.5 for a
    fatigue_score below 30 or - 0.8 below 50, within 0 to 60 points. A zone gives
    (opponent_def_rating - 114.7) x 0.3 x m, at most 3 points either way, times 1.0 from a share of 0.40, 0.7
    from 0.20, else 0.4; m is 1.2 in the paint, 1.0 from mid-range, 1.1 from three, 0.8 at the line. A worse
    defense has a higher rating and means more points.

    pace_score, fatigue_score and games_played_season are optional: NULL contributes nothing. The standard
    deviation is moving_average's.
    """

    system_id = "zone_matchup"
    requires = ("points_avg_season", "points_std_last_10", "home_away", "opponent_def_rating", *_ZONES)

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """A normal for each row of features."""
        mean = self.mean(features)
        games = np.minimum(optional(features, "games_played_season"), _WINDOW_GAMES)
        return normal_points(mean, points_sd(mean, required(features, "points_std_last_10"), games))

    def mean(self, features: pd.DataFrame) -> Floats:
        """Expected points of each row, 0 to 60."""
        adjusted = required(features, "points_avg_season") + sum(_adjustments(features).values())
        mean: Floats = np.clip(adjusted, _LOWEST, _HIGHEST)
        return mean

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """The points that each zone and circumstance adds to the season's average, a column each."""
        return pd.DataFrame(_adjustments(features), index=features.index)


def _adjustments(features: pd.DataFrame) -> dict[str, Floats]:
    edge = _PER_RATING_POINT * (required(features, "opponent_def_rating") - LEAGUE_DEF_RATING)
    return {
        **{zone: _zone(edge, m, required(features, zone)) for zone, m in _ZONES.items()},
        "pace_score": _PACE * optional(features, "pace_score"),
        "home_away": by_venue(features, _HOME, _AWAY),
        "fatigue_score": by_fatigue(features, _VERY_TIRED, _TIRED),
    }


def _zone(edge: Floats, multiplier: float, share: Floats) -> Floats:
    weight = np.select([share >= _OFTEN, share >= _SOMETIMES], [1.0, 0.7], 0.4)
    points: Floats = weight * np.clip(edge * multiplier, -_MOST_OF_A_ZONE, _MOST_OF_A_ZONE)
    return points
