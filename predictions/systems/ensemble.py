"""ensemble: the weighted mean of what the other systems hold likely."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from predictions.systems.base import SlateResult
from predictions.systems.distribution import Floats, pool

Bools = npt.NDArray[np.bool_]
_FEWEST_MEMBERS = 2


@dataclass(frozen=True)
class Ensemble:
    """A linear pool of the systems that predicted a player, their weights rescaled to add up to 1.

    The weights come from outside, as each system's performance on games that it was not fitted to; nothing
    here knows any. Which of the two sets counts depends on whether the player has a market line.

    Args:
        weights: system_id -> weight, for players with a line; 0 leaves a system out.
        weights_without_line: the same for players without one.

    Raises:
        ValueError: a weight is negative or not finite, or a set weighs fewer than two systems.
    """

    weights: Mapping[str, float]
    weights_without_line: Mapping[str, float]
    system_id: str = "ensemble"

    def __post_init__(self) -> None:
        for weights in (self.weights, self.weights_without_line):
            if not all(np.isfinite(weight) and weight >= 0 for weight in weights.values()):
                raise ValueError("an ensemble's weights are finite and at least 0")
            if sum(weight > 0 for weight in weights.values()) < _FEWEST_MEMBERS:
                raise ValueError(f"an ensemble weighs at least {_FEWEST_MEMBERS} systems")

    @property
    def members(self) -> tuple[str, ...]:
        """Every system that one of the two sets names."""
        return tuple(dict.fromkeys(chain(self.weights, self.weights_without_line)))

    def combine(self, results: Mapping[str, SlateResult], has_line: Bools) -> SlateResult:
        """The pool of the members' results for each of n players.

        Args:
            results: every member's result on the same slate.
            has_line: (n,), whether the player has a market line.
        """
        weights = self._weights(results, has_line)
        counts = (weights > 0).sum(axis=0)
        predicted = np.flatnonzero(counts >= _FEWEST_MEMBERS)
        reasons = {
            int(row): f"{self.system_id} needs {_FEWEST_MEMBERS} systems and has {counts[row]}"
            for row in np.flatnonzero(counts < _FEWEST_MEMBERS)
        }
        if not predicted.size:
            return SlateResult(predicted, None, reasons)
        used, distributions = [], []
        for name, weight in zip(self.members, weights[:, predicted], strict=True):
            result = results[name]
            if result.distribution is not None:
                # Who is not predicted weighs 0, whatever stands in his place.
                place = np.minimum(np.searchsorted(result.predicted, predicted), len(result.predicted) - 1)
                used.append(weight)
                distributions.append(result.distribution.take(place))
        return SlateResult(predicted, pool(np.array(used), distributions), reasons)

    def _weights(self, results: Mapping[str, SlateResult], has_line: Bools) -> Floats:
        """(members, n): 0 where a member does not predict the player."""
        weights = np.zeros((len(self.members), len(has_line)))
        for row, name in zip(weights, self.members, strict=True):
            predicted = results[name].predicted
            with_line, without = self.weights.get(name, 0.0), self.weights_without_line.get(name, 0.0)
            row[predicted] = np.where(has_line[predicted], with_line, without)
        return weights
