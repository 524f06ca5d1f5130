"""How good predictions were, pure and vectorised: one entry for each player-game or line.

Standard errors are clustered: what happens on one date (or in one game) rises and falls together.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# The resolution in which chances are stored.
_SMALLEST_CHANCE = 1e-6


class Estimate(NamedTuple):
    """A mean with its clustered standard error; NaN where there are too few rows."""

    value: float
    se: float
    n: int


def clustered_mean(values: Floats, clusters: npt.NDArray[np.generic]) -> Estimate:
    """The mean of values and its standard error, sqrt(G / (G - 1) sum_g (sum of deviations in g)^2) / n."""
    n = len(values)
    if not n:
        return Estimate(float("nan"), float("nan"), 0)
    mean = float(values.mean())
    _, group = np.unique(clusters, return_inverse=True)
    sums = np.bincount(group, weights=values - mean)
    groups = len(sums)
    se = float(np.sqrt(groups / (groups - 1) * (sums**2).sum()) / n) if groups > 1 else float("nan")
    return Estimate(mean, se, n)


def crps(cdf: Floats, points: npt.NDArray[np.integer]) -> Floats:
    """The continuous ranked probability score of distributions over whole points, in points.

    Sum over k of (P(X <= k) - 1[points <= k])^2 (Gneiting & Raftery 2007), exact for whole numbers.

    Args:
        cdf: (n, K + 1), P(X <= k) for k = 0 to K; K at least as high as anyone scores.
        points: what was scored, (n,).
    """
    below = np.arange(cdf.shape[1])[None, :] >= np.asarray(points)[:, None]
    scores: Floats = ((cdf - below) ** 2).sum(axis=1)
    return scores


def randomised_pit(cdf: Floats, points: npt.NDArray[np.integer], seed: int) -> Floats:
    """F(points - 1) + U x P(X = points) with uniform U: uniform on 0 to 1 when the distributions are right.

    Czado, Gneiting & Held 2009; without the random part whole points cannot be uniform.
    """
    rows = np.arange(len(cdf))
    at = cdf[rows, np.minimum(points, cdf.shape[1] - 1)]
    before = np.where(np.asarray(points) > 0, cdf[rows, np.clip(np.asarray(points) - 1, 0, None)], 0.0)
    pit: Floats = before + np.random.default_rng(seed).random(len(cdf)) * (at - before)
    return pit


def covered(pit: Floats, share: float) -> Floats:
    """1 where the outcome lies in the central interval of this share, else 0."""
    tail = (1 - share) / 2
    return ((pit >= tail) & (pit <= 1 - tail)).astype(np.float64)


def brier(chance: Floats, happened: npt.NDArray[np.bool_]) -> Floats:
    """Squared error of a chance."""
    return (chance - happened) ** 2


def log_loss(chance: Floats, happened: npt.NDArray[np.bool_]) -> Floats:
    """Negative log of the chance that was given to what happened, in nats."""
    given = np.where(happened, chance, 1 - chance)
    return -np.log(np.maximum(given, _SMALLEST_CHANCE))


def expected_calibration_error(chance: Floats, happened: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Mean distance of chance and frequency over equally wide bins, by their rows."""
    if not len(chance):
        return float("nan")
    bin_of = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=chance - happened, minlength=bins)
    return float(np.abs(gaps).sum() / len(chance))
