"""A model's errors on the seasons that it was walked through, by date: what two models can be compared on.

Sums by date are all that a paired difference and its standard error clustered by date need, so two models
that were walked over the same games can be compared long after both were fitted on them.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from predictions.grading.scores import covered, crps, randomised_pit
from predictions.systems.contract import FeatureContract
from predictions.systems.registry import ENSEMBLE, LEARNED, LEARNED_WITH_LINE
from predictions.training.measure import Scored, populations

# The systems that a model makes; the formulas are the same under any.
JUDGED = (LEARNED, LEARNED_WITH_LINE, ENSEMBLE)
KEY = ["system", "population", "game_date"]
SUMS = ["n", "error", "crps", "covered"]
_PIT_SEED, _COVERAGE = 1, 0.8
_DIGITS = 4


def sums_by_date(rows: pd.DataFrame, systems: Mapping[str, Scored]) -> pd.DataFrame:
    """What the judged systems missed by, summed over each population of each date.

    Returns:
        KEY; n, the rows; error and crps, sums in points; covered, rows within the 80 % interval.
    """
    members = populations(rows)
    found = [
        _summed(rows, own, inside[own.rows]).assign(system=name, population=population)
        for name, own in systems.items()
        if name in JUDGED
        for population, inside in members.items()
    ]
    empty = pd.DataFrame(columns=[*KEY, *SUMS])
    return pd.concat(found, ignore_index=True)[[*KEY, *SUMS]] if found else empty


def _summed(rows: pd.DataFrame, own: Scored, inside: Any) -> pd.DataFrame:
    chosen, cumulative = own.rows[inside], own.cumulative[inside]
    points = rows["points"].to_numpy(dtype="int64")[chosen]
    figures = pd.DataFrame(
        {
            "game_date": _dates(rows)[chosen],
            "n": 1,
            "error": np.abs(own.median[inside] - points),
            "crps": crps(cumulative, points),
            "covered": covered(randomised_pit(cumulative, points, _PIT_SEED), _COVERAGE),
        }
    )
    return figures.groupby("game_date", as_index=False).sum()


def walked_figures(rows: pd.DataFrame, contract: FeatureContract, systems: Mapping[str, Scored]) -> str:
    """sums_by_date as JSON, with a fingerprint of each date's rows: only equal rows may be compared."""
    sums = sums_by_date(rows, systems)
    tree: dict[str, Any] = {}
    for row in sums.itertuples(index=False):
        figures = [int(row.n), round(row.error, _DIGITS), round(row.crps, _DIGITS), int(row.covered)]
        tree.setdefault(row.system, {}).setdefault(row.population, {})[row.game_date] = figures
    prints = fingerprints(rows[np.isin(_dates(rows), sums["game_date"].unique())], contract)
    return json.dumps({"fingerprints": prints, "sums": tree}, separators=(",", ":"))


def read_figures(text: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """What walked_figures wrote: the sums, and the fingerprint of each date."""
    document = json.loads(text)
    listed = [
        (system, population, day, *figures)
        for system, by_population in document["sums"].items()
        for population, by_date in by_population.items()
        for day, figures in by_date.items()
    ]
    return pd.DataFrame(listed, columns=[*KEY, *SUMS]), document["fingerprints"]


def fingerprints(rows: pd.DataFrame, contract: FeatureContract) -> dict[str, str]:
    """For each date a digest of its rows' features and outcomes, whatever their order."""
    values = rows[["game_id", "player_lookup", "points", *contract.features]]
    hashed = pd.DataFrame(
        {"day": _dates(rows), "hash": pd.util.hash_pandas_object(values, index=False).to_numpy()}
    )
    return {
        str(day): hashlib.sha256(np.sort(group.to_numpy()).tobytes()).hexdigest()[:16]
        for day, group in hashed.groupby("day")["hash"]
    }


def _dates(rows: pd.DataFrame) -> Any:
    """The rows' dates as text, which JSON keeps."""
    return rows["game_date"].to_numpy(dtype="datetime64[D]").astype(str)
