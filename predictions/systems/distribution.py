"""Predictive distributions over whole points, vectorised: one row for each player."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Floats = npt.NDArray[np.float64]
# Kobe Bryant's 81 of 2006 are the most in the modern game; what lies beyond 80 counts as 80.
HIGHEST_POINTS = 80
_COLUMNS = HIGHEST_POINTS + 1
_POINTS = np.arange(_COLUMNS, dtype="float64")
# By how much sums of rounded shares may miss 1 or fall.
_SLACK = 1e-9


class LineProbabilities(NamedTuple):
    """What can become of a line; the three add up to 1."""

    over: Floats
    push: Floats
    under: Floats


@dataclass(frozen=True, eq=False)
class PointsDistribution:
    """The chance of every whole score from 0 to 80, for each of n players.

    Args:
        cumulative: (n, 81), P(points <= k) in column k; rows never fall and end with 1.

    Raises:
        ValueError: a row is no distribution.
    """

    cumulative: Floats

    def __post_init__(self) -> None:
        table = self.cumulative
        if table.ndim != 2 or table.shape[1] != _COLUMNS:
            raise ValueError(f"a distribution has {_COLUMNS} columns, this one's shape is {table.shape}")
        # NaN fails every comparison, and so is refused too.
        rises = (np.diff(table, axis=1) >= -_SLACK).all()
        if not (rises and (table[:, 0] >= -_SLACK).all() and (np.abs(table[:, -1] - 1) <= _SLACK).all()):
            raise ValueError("a distribution's rows rise from at least 0 to 1 and hold no NaN")

    def __len__(self) -> int:
        return len(self.cumulative)

    @cached_property
    def mean(self) -> Floats:
        """Expected points, (n,): the sum of P(points > k)."""
        mean: Floats = (1.0 - self.cumulative).sum(axis=1)
        return mean

    @cached_property
    def sd(self) -> Floats:
        """Standard deviation, points, (n,)."""
        squared = (1.0 - self.cumulative) @ (2.0 * _POINTS + 1.0)
        sd: Floats = np.sqrt(np.maximum(squared - self.mean**2, 0.0))
        return sd

    @cached_property
    def median(self) -> Floats:
        """The smallest whole score that at least half of the chance does not exceed, (n,).

        The whole number and not an interpolated one: no other guess has a smaller expected absolute error.
        """
        median: Floats = (self.cumulative < 0.5).sum(axis=1).astype("float64")
        return median

    def cdf(self, points: Floats) -> Floats:
        """P(points scored <= points), one value a player, (n,); NaN where points is NaN."""
        known = ~np.isnan(points)
        column = np.clip(np.where(known, np.floor(points), 0.0), 0, HIGHEST_POINTS).astype(np.intp)
        found = self.cumulative[np.arange(len(self)), column]
        found = np.where(points < 0, 0.0, found)
        return np.where(known, found, np.nan)

    def quantile(self, level: float) -> Floats:
        """The points at a level between 0 and 1, (n,), not rounded to whole points.

        The cumulative chances are joined by straight lines with the continuity correction: P(<= k) is reached
        at k + 1/2, and 0 at -1/2. Cut at 0.

        Raises:
            ValueError: the level is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"a quantile's level lies between 0 and 1, not at {level}")
        rows = np.arange(len(self))
        score = np.minimum((self.cumulative < level).sum(axis=1), HIGHEST_POINTS)
        above = self.cumulative[rows, score]
        below = np.where(score > 0, self.cumulative[rows, score - 1], 0.0)
        points: Floats = np.maximum(score - 0.5 + (level - below) / (above - below), 0.0)
        return points

    def take(self, positions: npt.NDArray[np.intp]) -> "PointsDistribution":
        """The distributions of some players, repeated where a position is."""
        return _trusted(self.cumulative[positions])

    def scale(self, factor: Floats) -> "PointsDistribution":
        """Each player's points multiplied by his factor, (n,), as for fewer minutes at the same rate.

        Raises:
            ValueError: a factor is not a finite number above 0.
        """
        if not (np.isfinite(factor).all() and (factor > 0).all()):
            raise ValueError("points are scaled by finite factors above 0")
        return self._read_at((_POINTS + 0.5) / factor[:, None] - 0.5)

    def shift(self, points: Floats) -> "PointsDistribution":
        """Each player's points and so many more, (n,); what falls below 0 counts as 0, above 80 as 80.

        Raises:
            ValueError: a shift is not finite.
        """
        if not np.isfinite(points).all():
            raise ValueError("points are shifted by finite numbers")
        return self._read_at(_POINTS - points[:, None])

    def _read_at(self, scores: Floats) -> "PointsDistribution":
        """The distributions whose P(<= k) is this one's at scores[:, k], (n, 81), as quantile joins them."""
        edges = np.clip(scores + 1.0, 0.0, _COLUMNS)
        index = np.floor(edges).astype(np.intp)
        padded = np.pad(self.cumulative, ((0, 0), (1, 0)))
        rows = np.arange(len(self))[:, None]
        lower, upper = padded[rows, index], padded[rows, np.minimum(index + 1, _COLUMNS)]
        read = lower + (edges - index) * (upper - lower)
        read[:, -1] = 1.0
        return _trusted(read)


def _trusted(cumulative: Floats) -> PointsDistribution:
    """A distribution that follows from valid ones, which need not be checked again."""
    made = object.__new__(PointsDistribution)
    object.__setattr__(made, "cumulative", cumulative)
    return made


def normal_points(mean: Floats, sd: Floats) -> PointsDistribution:
    """A normal read in whole points: P(X <= k) = Phi((k + 1/2 - mean) / sd) for k from 0 to 79.

    The half point is the continuity correction. What the normal puts below zero belongs to zero points, and
    what it puts beyond 80 to 80, so no probability is lost or rescaled.

    Args:
        mean: of the normal before both cuts, points, (n,).
        sd: of the same normal, points, above zero, (n,).

    Raises:
        ValueError: a mean or sd is not finite, or an sd not above zero.
    """
    if not (np.isfinite(mean).all() and np.isfinite(sd).all() and (sd > 0).all()):
        raise ValueError("a normal distribution needs finite means and standard deviations above zero")
    cumulative: Floats = ndtr((_POINTS + 0.5 - mean[:, None]) / sd[:, None])
    cumulative[:, -1] = 1.0
    return _trusted(cumulative)


def pool(weights: Floats, distributions: Sequence[PointsDistribution]) -> PointsDistribution:
    """The linear pool: each player's chances are the weighted mean of his chances in the distributions.

    Args:
        weights: (m, n), not negative, one row a distribution; each player's are rescaled to add up to 1.
        distributions: m of n players each.

    Raises:
        ValueError: a weight is negative or not finite, or a player's are all 0.
    """
    total = weights.sum(axis=0)
    if not (np.isfinite(total).all() and (weights >= 0).all() and (total > 0).all()):
        raise ValueError("a pool needs finite weights of at least 0, and one above 0 for each player")
    shares = weights / total
    cumulative = np.zeros((len(total), _COLUMNS))
    for share, distribution in zip(shares, distributions, strict=True):
        cumulative += share[:, None] * distribution.cumulative
    cumulative[:, -1] = 1.0
    return _trusted(cumulative)


def at_lines(distribution: PointsDistribution, lines: Floats) -> LineProbabilities:
    """The chances of each line, one a player: a whole-number line can push, a half-point line cannot.

    Where the line is NaN, so are its chances.
    """
    over = 1.0 - distribution.cdf(lines)
    under = distribution.cdf(np.ceil(lines) - 1.0)
    push = np.where(lines > np.floor(lines), 0.0, np.maximum(1.0 - over - under, 0.0))
    return LineProbabilities(over, push, 1.0 - over - push)
