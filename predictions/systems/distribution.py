"""Predictive distributions over whole points, vectorised: one entry for each player."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]


class LineProbabilities(NamedTuple):
    """What can become of a line; the three add up to 1."""

    over: Floats
    push: Floats
    under: Floats


class PointsDistribution(Protocol):
    """A distribution of points for each of n players; all arrays have length n."""

    @property
    def mean(self) -> Floats: ...

    @property
    def sd(self) -> Floats: ...

    def cdf(self, points: Floats) -> Floats:
        """P(points scored <= points)."""
        ...

    def quantile(self, level: float) -> Floats:
        """The points at a level between 0 and 1."""
        ...

    def take(self, positions: npt.NDArray[np.intp]) -> Self:
        """The distributions of some players, repeated where a position is."""
        ...


@dataclass(frozen=True)
class NormalPoints:
    """A normal read in whole points: P(X <= k) = Phi((k + 1/2 - mean) / sd) for k >= 0.

    The half point is the continuity correction. What the normal puts below zero belongs to zero points,
    so P(X = 0) = Phi((1/2 - mean) / sd), and no probability is lost or rescaled. Quantiles are those of the
    normal itself, cut at 0 and not rounded: the median of a mean of 21.9 is 21.9.

    Args:
        mean: of the normal before the cut at zero, points.
        sd: of the same normal, points, above zero.
    """

    mean: Floats
    sd: Floats

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean).all() and np.isfinite(self.sd).all() and (self.sd > 0).all()):
            raise ValueError("a normal distribution needs finite means and standard deviations above zero")

    def cdf(self, points: Floats) -> Floats:
        whole = np.floor(points)
        cumulative: Floats = ndtr((whole + 0.5 - self.mean) / self.sd)
        return np.where(whole < 0, 0.0, cumulative)

    def quantile(self, level: float) -> Floats:
        if not 0 < level < 1:
            raise ValueError(f"a quantile's level lies between 0 and 1, not at {level}")
        points: Floats = np.maximum(self.mean + self.sd * ndtri(level), 0.0)
        return points

    def take(self, positions: npt.NDArray[np.intp]) -> "NormalPoints":
        return NormalPoints(self.mean[positions], self.sd[positions])


def at_lines(distribution: PointsDistribution, lines: Floats) -> LineProbabilities:
    """The chances of each line, one a player: a whole-number line can push, a half-point line cannot.

    Where the line is NaN, so are its chances.
    """
    over = 1.0 - distribution.cdf(lines)
    under = distribution.cdf(np.ceil(lines) - 1.0)
    push = np.where(lines > np.floor(lines), 0.0, np.maximum(1.0 - over - under, 0.0))
    return LineProbabilities(over, push, 1.0 - over - push)
