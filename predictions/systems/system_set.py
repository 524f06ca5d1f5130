"""The systems that predict together, and how far the market is believed against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from predictions.systems.base import SlateResult, System, run_system
from predictions.systems.distribution import Floats
from predictions.systems.ensemble import Ensemble

# A prior, until it is estimated on graded predictions: the closing line beats every public model, so a price
# says more than a system does.
PRIOR_MARKET_WEIGHT = 0.75
# Priors likewise, by a simulated league (decision 74): what remains of each system's distance from the main
# line when bets are judged. Who does not know the line is mostly wrong where he disagrees with it.
PRIOR_WEIGHTS_AGAINST_LINE: Mapping[str, float] = {
    "moving_average": 0.05,
    "zone_matchup": 0.05,
    "similarity": 0.05,
    "learned": 0.2,
    "learned_with_line": 0.9,
    "ensemble": 0.8,
}
_LINE = "vegas_points_line"


@dataclass(frozen=True)
class SystemSet:
    """Systems in the order in which their rows are written, the ensemble of them last.

    Args:
        systems: at least one; ids are unique.
        ensemble: what combines them, or None.
        market_weight: weight of the market's chance of over in the logistic pool with a system's own, 0 to 1.
        weights_against_line: system_id -> what remains of its distance from the main line when bets are
            judged (evaluation.anchored), 0 to 1; of whom it does not name, all.
        shown: whose results are given; all when empty.

    Raises:
        ValueError: two systems share an id, the ensemble weighs a system that is not there, or a weight of
            the market or against the line is no share.
    """

    systems: tuple[System, ...]
    ensemble: Ensemble | None
    market_weight: float
    weights_against_line: Mapping[str, float] = field(default_factory=lambda: PRIOR_WEIGHTS_AGAINST_LINE)
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.system_ids)) != len(self.system_ids):
            raise ValueError(f"two systems share an id: {', '.join(self.system_ids)}")
        known = {system.system_id for system in self.systems}
        if self.ensemble and (unknown := set(self.ensemble.members) - known):
            raise ValueError(f"the ensemble weighs unknown systems: {', '.join(sorted(unknown))}")
        if not 0 <= self.market_weight <= 1:
            raise ValueError(f"the market's weight is a share, not {self.market_weight}")
        for name, weight in self.weights_against_line.items():
            if not 0 <= weight <= 1:
                raise ValueError(f"the weight of {name} against the line is a share, not {weight}")

    @property
    def system_ids(self) -> tuple[str, ...]:
        """The ids in the order of the rows."""
        own = tuple(system.system_id for system in self.systems)
        return (*own, self.ensemble.system_id) if self.ensemble else own

    def weight_against_line(self, system_id: str) -> float:
        """What remains of a system's distance from the main line when bets are judged."""
        return self.weights_against_line.get(system_id, 1.0)

    def only(self, wanted: Sequence[str]) -> "SystemSet":
        """The same systems, but only the wanted ones' rows; all when nothing is named."""
        return replace(self, shown=tuple(wanted)) if wanted else self

    def run(self, features: pd.DataFrame) -> dict[str, SlateResult]:
        """Results of the systems shown on a slate of n players, each run once; the ensemble's of theirs."""
        results: dict[str, SlateResult] = {}
        for system in self.systems:
            if self._is_needed(system.system_id):
                results[system.system_id] = run_system(system, features, results)
        if self.ensemble and self._is_shown(self.ensemble.system_id):
            has_line = np.isfinite(main_lines(features))
            results[self.ensemble.system_id] = self.ensemble.combine(results, has_line)
        return {name: result for name, result in results.items() if self._is_shown(name)}

    def _is_shown(self, system_id: str) -> bool:
        return not self.shown or system_id in self.shown

    def _is_needed(self, system_id: str) -> bool:
        """Whether it is shown, or a member of an ensemble that is."""
        if self._is_shown(system_id):
            return True
        pool = self.ensemble
        return pool is not None and self._is_shown(pool.system_id) and system_id in pool.members


def main_lines(features: pd.DataFrame) -> Floats:
    """Each player's main line, the median of all books, (n,); NaN without one."""
    lines: Floats = features.reindex(columns=[_LINE])[_LINE].to_numpy(dtype="float64")
    return lines
