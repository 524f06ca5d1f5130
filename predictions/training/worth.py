"""What the systems are worth beside each other and against the line, by predictions that none had seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictions.systems.distribution import PointsDistribution
from predictions.systems.ensemble import Ensemble
from predictions.systems.registry import ENSEMBLE, FORMULAS, LEARNED, LEARNED_WITH_LINE
from predictions.systems.system_set import PRIOR_WEIGHTS_AGAINST_LINE
from predictions.training.measure import Scored
from predictions.training.weights import (
    MINIMUM_LINED_ROWS,
    PRIOR_LINE_WEIGHT,
    line_weight,
    pool_weights,
    weight_against_line,
)

# Priors of the pool, until as many games are past as the line's weight needs: nearly all to the system that
# knows most, a little to one other, as a pool has two members.
_PRIOR_WITH_LINE = {LEARNED_WITH_LINE: 0.9, LEARNED: 0.1}
_PRIOR_WITHOUT_LINE = {LEARNED: 0.9, FORMULAS[0].system_id: 0.1}


@dataclass(frozen=True)
class Worth:
    """Weights of the systems; without arguments the priors.

    Args:
        line_weight: of the model against the line, 0 to 1.
        with_line, without_line: system_id -> weight in the ensemble, for players with a line and without.
        against_line: system_id -> what remains of its distance from the main line when bets are judged.
    """

    line_weight: float = PRIOR_LINE_WEIGHT
    with_line: Mapping[str, float] = field(default_factory=lambda: _PRIOR_WITH_LINE)
    without_line: Mapping[str, float] = field(default_factory=lambda: _PRIOR_WITHOUT_LINE)
    against_line: Mapping[str, float] = field(default_factory=lambda: PRIOR_WEIGHTS_AGAINST_LINE)

    def ensemble(self) -> Ensemble:
        """The pool of these weights."""
        return Ensemble(self.with_line, self.without_line)


def worth(rows: pd.DataFrame, unseen: Mapping[str, Scored]) -> Worth:
    """The weights that predictions of past games give; what there are too few of stays a prior.

    Args:
        rows: of read_games.
        unseen: system_id -> its predictions of some rows, by models that had not seen them; the ensemble's
            say nothing about its members.
    """
    members = {name: own for name, own in unseen.items() if name != ENSEMBLE}
    alone = {name: own for name, own in members.items() if name != LEARNED_WITH_LINE}
    return Worth(
        _line_weight(rows, members[LEARNED]),
        _pool(rows, members, LEARNED_WITH_LINE) or _PRIOR_WITH_LINE,
        _pool(rows, alone, LEARNED) or _PRIOR_WITHOUT_LINE,
        {**PRIOR_WEIGHTS_AGAINST_LINE, **_against_line(rows, unseen)},
    )


def _line_weight(rows: pd.DataFrame, learned: Scored) -> float:
    """By the interpolated medians, which are what the anchored system moves."""
    line = rows["vegas_points_line"].to_numpy(dtype="float64")[learned.rows]
    lined = np.isfinite(line)
    if not lined.any():
        return PRIOR_LINE_WEIGHT
    median = PointsDistribution(learned.cumulative[lined]).quantile(0.5)
    points = rows["points"].to_numpy(dtype="float64")[learned.rows]
    return line_weight(median, line[lined], points[lined])


def _against_line(rows: pd.DataFrame, unseen: Mapping[str, Scored]) -> dict[str, float]:
    """Of the systems that have predicted enough lines that were no push."""
    line, points = (rows[name].to_numpy(dtype="float64") for name in ("vegas_points_line", "points"))
    found = {}
    for name, all_of_it in unseen.items():
        at = all_of_it.rows
        own = all_of_it.take(np.isfinite(line[at]) & (points[at] != line[at]))
        if len(own.rows) >= MINIMUM_LINED_ROWS:
            distribution = PointsDistribution(own.cumulative.astype("float64"))
            found[name] = weight_against_line(distribution, line[own.rows], points[own.rows])
    return found


def _pool(rows: pd.DataFrame, unseen: Mapping[str, Scored], leader: str) -> dict[str, float] | None:
    """Pool weights on the rows that all of them predict; None while they are few.

    A system that predicts less than half of whom the leader does, as zone_matchup without shots, is left out.
    """
    common = unseen[leader].rows
    often = {name: own for name, own in unseen.items() if 2 * np.isin(common, own.rows).sum() >= len(common)}
    for own in often.values():
        common = np.intersect1d(common, own.rows)
    if len(common) < MINIMUM_LINED_ROWS:
        return None
    tables = {name: own.cumulative[np.searchsorted(own.rows, common)] for name, own in often.items()}
    return pool_weights(tables, rows["points"].to_numpy(dtype="float64")[common])
