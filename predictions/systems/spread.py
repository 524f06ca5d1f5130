"""How far the formula systems' players scatter around what is expected of them."""

import numpy as np

from predictions.systems.distribution import Floats

_VARIANCE_PER_POINT = 3.0
_PRIOR_GAMES = 10.0
# Rounding to whole points alone gives this much: a player who never scored is still not certain not to.
_LEAST_VARIANCE = 1 / 12


def points_sd(mean: Floats, seen_sd: Floats, games: Floats) -> Floats:
    """The standard deviation of a player's points, shrunk towards what his mean suggests; all arrays (n,).

    sqrt((games x seen_sd^2 + 10 x 3 mean) / (games + 10)): three times the mean is the variance measured over
    real player-games (accuracy.md), and counts as much as ten games.
    """
    expected = _PRIOR_GAMES * _VARIANCE_PER_POINT * mean
    variance = (games * seen_sd**2 + expected) / (games + _PRIOR_GAMES)
    sd: Floats = np.sqrt(np.maximum(variance, _LEAST_VARIANCE))
    return sd
