"""A system's view of a feature frame: columns as floats, and what NULL means in them."""

import numpy as np
import pandas as pd

from predictions.systems.distribution import Floats


def required(features: pd.DataFrame, name: str) -> Floats:
    """A column that a system requires: finite numbers, (n,)."""
    column: Floats = features[name].to_numpy(dtype="float64")
    return column


def optional(features: pd.DataFrame, name: str) -> Floats:
    """A column that a system can do without, (n,): what is not there is 0, and so contributes nothing."""
    if name not in features:
        return np.zeros(len(features))
    return np.nan_to_num(required(features, name), nan=0.0)


def by_fatigue(features: pd.DataFrame, below_30: float, below_50: float) -> Floats:
    """Points for a tired player, (n,), by the frame's fatigue_score; nothing where it is NULL.

    The producer's score is 100 for a fresh player and less for a more tired one. The reference took a high
    score for a tired player (above 70, above 50); these are its thresholds mirrored: 100 - 70 and 100 - 50.
    """
    if "fatigue_score" not in features:
        return np.zeros(len(features))
    fatigue = required(features, "fatigue_score")
    return np.select([fatigue < 30, fatigue < 50], [below_30, below_50], 0.0)


def by_venue(features: pd.DataFrame, home: float, away: float) -> Floats:
    """Points for the venue, (n,): home_away is 1 at home."""
    return np.where(required(features, "home_away") == 1, home, away)
