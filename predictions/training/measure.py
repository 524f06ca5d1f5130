"""Figures of predictions beside the line and the naive baselines, always on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from predictions.grading.scores import Estimate, clustered_mean, covered, crps, randomised_pit
from predictions.systems.base import SlateResult
from predictions.systems.contract import FeatureContract
from predictions.systems.distribution import Floats
from predictions.systems.rows import minutes_shares
from predictions.systems.system_set import SystemSet

Bools = npt.NDArray[np.bool_]
MINIMUM_EARLIER_GAMES = 5
# Upper ends of the bands of a line; the last has none.
LINE_BANDS = (7.5, 10.5, 14.5, 19.5, 24.5)
_PIT_SEED, _COVERAGE = 1, 0.8
_POOLED_OVER = ("all", "lined")
_BASELINES = {
    "season average": "points_avg_season",
    "last 10": "points_avg_last_10",
    "EWMA 8": "points_ewma_8",
}


@dataclass(frozen=True)
class Scored:
    """A system's predictions of some rows.

    Args:
        rows: positions of the rows that it predicts.
        median: (rows,). cumulative: (rows, 81), P(points <= k).
        weight_against_line: what remains of the distance from the main line when bets are judged, (rows,) or
            one for all.
    """

    rows: npt.NDArray[np.intp]
    median: Floats
    cumulative: Floats
    weight_against_line: float | Floats = 1.0

    def take(self, chosen: Bools | npt.NDArray[np.intp]) -> "Scored":
        """Some of its predictions, by a mask or by positions."""
        weight = np.broadcast_to(self.weight_against_line, len(self.rows))[chosen]
        return Scored(self.rows[chosen], self.median[chosen], self.cumulative[chosen], weight)


def scored(systems: SystemSet, rows: pd.DataFrame, contract: FeatureContract) -> dict[str, Scored]:
    """What each system says about rows of read_games, those of the Questionable scaled as the worker does."""
    minutes = minutes_shares(pa.array(rows["injury_status"], pa.string(), from_pandas=True))
    results = systems.run(rows[list(contract.features)])
    weights = {name: systems.weight_against_line(name) for name in results}
    return {name: _scored(result, minutes, weights[name]) for name, result in results.items()}


def _scored(result: SlateResult, minutes: Floats, weight_against_line: float) -> Scored:
    """`minutes`: the share of his usual minutes that each player is taken to play."""
    distribution, share = result.distribution, minutes[result.predicted]
    if distribution is None:
        return Scored(result.predicted, np.empty(0), np.empty((0, 81)), weight_against_line)
    if (share < 1.0).any():
        distribution = distribution.scale(share)
    return Scored(result.predicted, distribution.median, distribution.cumulative, weight_against_line)


def joined(parts: list[tuple[npt.NDArray[np.intp], Scored]]) -> Scored:
    """Parts of a season as one; each with the positions of its slate's rows in the whole."""
    return Scored(
        np.concatenate([places[part.rows] for places, part in parts]),
        np.concatenate([part.median for _, part in parts]),
        np.concatenate([part.cumulative for _, part in parts]),
        np.concatenate([np.broadcast_to(part.weight_against_line, len(part.rows)) for _, part in parts]),
    )


def populations(rows: pd.DataFrame) -> dict[str, Bools]:
    """Which rows belong to each population."""
    regular = (rows["earlier_games"] >= MINIMUM_EARLIER_GAMES).to_numpy()
    line = rows["vegas_points_line"].to_numpy(dtype="float64")
    lined = regular & np.isfinite(line)
    edges = (-np.inf, *LINE_BANDS, np.inf)
    bands = {_band(low, high): lined & (line > low) & (line <= high) for low, high in pairwise(edges)}
    return {
        "all": regular,
        "averaging 8": regular & (rows["points_ewma_8"] >= 8).to_numpy(),
        "lined": lined,
        **{f"line {name}": chosen for name, chosen in bands.items()},
    }


def _band(low: float, high: float) -> str:
    if np.isinf(low):
        return f"to {high:g}"
    return f"above {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"


def table(
    rows: pd.DataFrame, systems: Mapping[str, Scored], members: Mapping[str, Bools] | None = None
) -> list[dict[str, Any]]:
    """A line for each population and system or baseline, of the rows that any system predicts.

    Args:
        members: population -> which rows belong to it; `populations` when omitted.

    Returns:
        n, mae, rmse, bias, crps, coverage_80, and the differences to the line and to the EWMA on the very
        same rows, with standard errors clustered by date.
    """
    found = []
    predicted = np.isin(np.arange(len(rows)), np.concatenate([own.rows for own in systems.values()]))
    for population, own_rows in (populations(rows) if members is None else members).items():
        chosen = own_rows & predicted
        for name, own in systems.items():
            inside = chosen[own.rows]
            if inside.any():
                found.append({"population": population, "system": name, **_figures(rows, own.take(inside))})
        for name, column in {**_BASELINES, "line": "vegas_points_line"}.items():
            known = np.flatnonzero(chosen & rows[column].notna().to_numpy())
            if len(known):
                guess = rows[column].to_numpy(dtype="float64")[known]
                found.append({"population": population, "system": name, **_errors(rows, known, guess)})
    return found


def _figures(rows: pd.DataFrame, part: Scored) -> dict[str, Any]:
    points = rows["points"].to_numpy(dtype="int64")[part.rows]
    cumulative = part.cumulative.astype("float64")
    inside = covered(randomised_pit(cumulative, points, _PIT_SEED), _COVERAGE)
    dates = _dates(rows, part.rows)
    return {
        **_errors(rows, part.rows, part.median),
        **estimate("crps", clustered_mean(crps(cumulative, points), dates)),
        **estimate("coverage_80", clustered_mean(inside, dates)),
    }


def _errors(rows: pd.DataFrame, chosen: npt.NDArray[np.intp], guess: Floats) -> dict[str, Any]:
    points = rows["points"].to_numpy(dtype="float64")[chosen]
    error, dates = guess - points, _dates(rows, chosen)
    figures: dict[str, Any] = {
        "n": len(points),
        **estimate("mae", clustered_mean(np.abs(error), dates)),
        "rmse": float(np.sqrt((error**2).mean())),
        "bias": float(error.mean()),
    }
    for name, column in {"line": "vegas_points_line", "ewma": "points_ewma_8"}.items():
        other = rows[column].to_numpy(dtype="float64")[chosen]
        both = np.isfinite(other)
        difference = np.abs(error[both]) - np.abs(other[both] - points[both])
        figures |= estimate(f"minus_{name}", clustered_mean(difference, dates[both]))
    return figures


def estimate(name: str, found: Estimate) -> dict[str, Any]:
    """A figure and its standard error under a name, None where there is none."""
    value, se = (None if np.isnan(x) else round(x, 5) for x in (found.value, found.se))
    return {name: value, f"{name}_se": se}


def _dates(rows: pd.DataFrame, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.datetime64]:
    dates: npt.NDArray[np.datetime64] = rows["game_date"].to_numpy(dtype="datetime64[D]")[chosen]
    return dates


def against_members(rows: pd.DataFrame, systems: Mapping[str, Scored], pooled: str) -> list[dict[str, Any]]:
    """The CRPS of a pool minus each of its members', on the very rows that both predict.

    Returns:
        population, member, n and crps_minus_member with its standard error: below 0 the pool is better.
    """
    if pooled not in systems:
        return []
    found = []
    for population, chosen in populations(rows).items():
        for name, member in systems.items():
            common, own, other = np.intersect1d(systems[pooled].rows, member.rows, return_indices=True)
            inside = chosen[common]
            if name == pooled or population not in _POOLED_OVER or not inside.any():
                continue
            points = rows["points"].to_numpy(dtype="int64")[common[inside]]
            beyond = crps(systems[pooled].cumulative[own[inside]], points)
            beyond -= crps(member.cumulative[other[inside]], points)
            difference = clustered_mean(beyond, _dates(rows, common[inside]))
            figures = estimate("crps_minus_member", difference)
            found.append({"population": population, "member": name, "n": difference.n, **figures})
    return found
