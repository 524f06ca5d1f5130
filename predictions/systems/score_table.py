"""Distributions of whole points by where their middle lies, read off what really happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from predictions.systems.distribution import HIGHEST_POINTS, Floats, PointsDistribution

_NODES = 40
# Between which medians are interpolated.
_STEPS = 400
_BANDWIDTH = 0.18
# Stars are few: the window widens with the score.
_WIDENING, _WIDE_FROM = 0.6, 4.0
_REACH = 3.0
_SMOOTHING = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
_SMOOTH_FROM = 3
# The last node lies a little beyond the best of those learned from: next season's best may be better still.
_BEYOND_THE_BEST = 1.06
_LEAST_CHANCE = 1e-6


@dataclass(frozen=True)
class ScoreTable:
    """Cumulative chances at nodes equally far apart in sqrt(expected + 1), linear in between.

    Args:
        first, last: the outermost nodes; what lies beyond takes theirs.
        cumulative: (nodes, 81), P(points <= k).
    """

    first: float
    last: float
    cumulative: Floats

    def at(self, expected: Floats) -> PointsDistribution:
        """The distribution of each player whose points are expected to lie there, (n,)."""
        nodes = len(self.cumulative)
        step = (self.last - self.first) / (nodes - 1)
        place = np.clip((np.sqrt(np.maximum(expected, 0) + 1) - self.first) / step, 0, nodes - 1)
        lower = np.minimum(place.astype(np.intp), nodes - 2)
        share = (place - lower)[:, None]
        table = (1 - share) * self.cumulative[lower] + share * self.cumulative[lower + 1]
        table[:, -1] = 1.0
        return PointsDistribution(table)

    def around(self, median: Floats) -> PointsDistribution:
        """The distribution of each player with this, not rounded, median, (n,)."""
        return self.at(np.interp(median, self._medians, self._expected))

    @cached_property
    def _expected(self) -> Floats:
        return np.linspace(self.first, self.last, _STEPS) ** 2 - 1

    @cached_property
    def _medians(self) -> Floats:
        """Medians of _expected; a median never falls as the middle rises."""
        return np.maximum.accumulate(self.at(self._expected).quantile(0.5))

    def as_json(self) -> dict[str, Any]:
        """The table as JSON values."""
        return {"first": self.first, "last": self.last, "cumulative": np.round(self.cumulative, 7).tolist()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ScoreTable":
        """The table that as_json made."""
        return cls(value["first"], value["last"], np.array(value["cumulative"], dtype="float64"))


def fit_score_table(expected: Floats, points: npt.NDArray[np.integer]) -> ScoreTable:
    """What was scored where it was expected, by predictions that had not seen it.

    At each node the outcomes of predictions nearby, weighed by a normal kernel and stretched to the node; no
    points stay none. Frequencies and not a formula, as bench players score nothing more often than a negative
    binomial allows.
    """
    place = np.sqrt(expected + 1)
    first, last = float(np.quantile(place, 0.002)), float(_BEYOND_THE_BEST * place.max())
    nodes = np.linspace(first, last, _NODES)
    return ScoreTable(first, last, np.array([_cumulative(node, place, np.asarray(points)) for node in nodes]))


def _cumulative(node: float, place: Floats, points: npt.NDArray[np.integer]) -> Floats:
    width = _BANDWIDTH * (1 + max(0.0, (node - _WIDE_FROM) * _WIDENING))
    near = np.abs(place - node) < _REACH * width
    stretched = np.round(points[near] * node**2 / place[near] ** 2)
    scored = np.where(points[near] == 0, 0, np.clip(stretched, 1, HIGHEST_POINTS)).astype(np.intp)
    weight = np.exp(-0.5 * ((place[near] - node) / width) ** 2)
    frequency = np.bincount(scored, weight, HIGHEST_POINTS + 1)
    frequency = frequency / frequency.sum()
    smooth = np.convolve(frequency, _SMOOTHING, "same")
    inner = slice(_SMOOTH_FROM, HIGHEST_POINTS - 2)
    frequency[inner] = smooth[inner]
    frequency += _LEAST_CHANCE
    cumulative: Floats = np.cumsum(frequency / frequency.sum())
    cumulative[-1] = 1.0
    return cumulative
