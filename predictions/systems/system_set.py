"""The systems that predict together, and how far the market is believed against them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from predictions.systems.base import SlateResult, System, run_system
from predictions.systems.ensemble import Ensemble

# A prior, until it is estimated on graded predictions: the closing line beats every public model, so a price
# says more than a system does.
PRIOR_MARKET_WEIGHT = 0.75
_LINE = "vegas_points_line"


@dataclass(frozen=True)
class SystemSet:
    """Systems in the order in which their rows are written, the ensemble of them last.

    Args:
        systems: at least one; ids are unique.
        ensemble: what combines them, or None.
        market_weight: weight of the market's chance of over in the logistic pool with a system's own, 0 to 1.
        shown: whose results are given; all when empty.

    Raises:
        ValueError: two systems share an id, the ensemble weighs a system that is not there, or the market's
            weight is no share.
    """

    systems: tuple[System, ...]
    ensemble: Ensemble | None
    market_weight: float
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.system_ids)) != len(self.system_ids):
            raise ValueError(f"two systems share an id: {', '.join(self.system_ids)}")
        known = {system.system_id for system in self.systems}
        if self.ensemble and (unknown := set(self.ensemble.members) - known):
            raise ValueError(f"the ensemble weighs unknown systems: {', '.join(sorted(unknown))}")
        if not 0 <= self.market_weight <= 1:
            raise ValueError(f"the market's weight is a share, not {self.market_weight}")

    @property
    def system_ids(self) -> tuple[str, ...]:
        """The ids in the order of the rows."""
        own = tuple(system.system_id for system in self.systems)
        return (*own, self.ensemble.system_id) if self.ensemble else own

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
            line = features.reindex(columns=[_LINE])[_LINE].to_numpy(dtype="float64")
            results[self.ensemble.system_id] = self.ensemble.combine(results, np.isfinite(line))
        return {name: result for name, result in results.items() if self._is_shown(name)}

    def _is_shown(self, system_id: str) -> bool:
        return not self.shown or system_id in self.shown

    def _is_needed(self, system_id: str) -> bool:
        """Whether it is shown, or a member of an ensemble that is."""
        if self._is_shown(system_id):
            return True
        pool = self.ensemble
        return pool is not None and self._is_shown(pool.system_id) and system_id in pool.members
