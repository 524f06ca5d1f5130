"""What a challenger and the champion are compared on: games that neither model behind a figure had seen.

A shipped model has learned from every game through its last date, so there are three bases, the best first:
games later than both; the seasons that both were walked through, where each was predicted by models of the
seasons before; and, where neither is to be had, the stored means of either, which are not paired.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictions.grading.scores import Estimate, Floats
from predictions.systems.contract import FeatureContract
from predictions.systems.model import TrainedModel
from predictions.training.measure import Scored, scored
from predictions.training.walked import JUDGED, KEY, SUMS, read_figures, sums_by_date

LATER, WALKED, STORED = "later games", "walked seasons", "stored means, unpaired"
# Fewer say nothing about a model: about a week of the league.
MINIMUM_ROWS, MINIMUM_DATES = 1000, 5
_NOBODY = Estimate(float("nan"), float("nan"), 0)


@dataclass(frozen=True)
class Difference:
    """The challenger minus the champion, of one system in one population: below 0 the challenger is better.

    Args:
        rows, dates: on how many player-games of how many dates; None where only means are known.
        error, champion_error: their mean absolute errors, points.
        by_error, by_crps: the differences, points, with standard errors clustered by date.
        coverage: share of the challenger's 80 % intervals that hold what was scored.
    """

    system: str
    population: str
    rows: int
    dates: int | None
    error: float
    champion_error: float
    by_error: Estimate
    by_crps: Estimate
    coverage: Estimate

    @property
    def relative(self) -> float:
        """The difference of error as a share of the champion's."""
        return self.by_error.value / self.champion_error


@dataclass(frozen=True)
class Evidence:
    """Every difference on one basis."""

    basis: str
    differences: tuple[Difference, ...]

    def overall(self) -> list[Difference]:
        """Each system on all its rows."""
        return [each for each in self.differences if each.population == "all"]

    @property
    def suffices(self) -> bool:
        """Whether there are rows and dates enough to judge by."""
        most = max(self.overall(), key=lambda each: each.rows, default=None)
        if most is None or most.rows < MINIMUM_ROWS:
            return False
        return most.dates is None or most.dates >= MINIMUM_DATES


def on_later_games(
    rows: pd.DataFrame, contract: FeatureContract, challenger: TrainedModel, champion: TrainedModel
) -> Evidence:
    """Both models on rows of read_games that neither has learned from."""
    own, other = (scored(model.systems().only(JUDGED), rows, contract) for model in (challenger, champion))
    both = {name: _common(own[name], other[name]) for name in own.keys() & other.keys()}
    sums = [sums_by_date(rows, {name: pair[side] for name, pair in both.items()}) for side in (0, 1)]
    return Evidence(LATER, _differences(*sums))


def _common(own: Scored, other: Scored) -> tuple[Scored, Scored]:
    """Both systems' predictions of the rows that both predict."""
    rows = np.intersect1d(own.rows, other.rows)
    places = [np.searchsorted(each.rows, rows) for each in (own, other)]
    return own.take(places[0]), other.take(places[1])


def on_walked_seasons(challenger: str, champion: str) -> Evidence:
    """Both models' walked figures, on the dates whose rows were the same for both, feature by feature."""
    (own, prints), (other, their_prints) = read_figures(challenger), read_figures(champion)
    same = {day for day, digest in prints.items() if their_prints.get(day) == digest}
    parts = (sums[sums["game_date"].isin(same)] for sums in (own, other))
    return Evidence(WALKED, _differences(*parts))


def _differences(own: pd.DataFrame, other: pd.DataFrame) -> tuple[Difference, ...]:
    """Sums by date of both, paired where they are of the same number of rows."""
    pairs = own.merge(other, on=KEY, suffixes=("", "_champion"))
    pairs = pairs[(pairs["n"] == pairs["n_champion"]) & (pairs["n"] > 0)]
    groups = pairs.groupby(["system", "population"], sort=False)
    return tuple(_difference(system, population, group) for (system, population), group in groups)


def _difference(system: str, population: str, group: pd.DataFrame) -> Difference:
    columns = [*SUMS, *(f"{name}_champion" for name in SUMS)]
    sums = {name: group[name].to_numpy(dtype="float64") for name in columns}
    n = sums["n"]
    return Difference(
        system,
        population,
        int(n.sum()),
        len(group),
        float(sums["error"].sum() / n.sum()),
        float(sums["error_champion"].sum() / n.sum()),
        _clustered(sums["error"] - sums["error_champion"], n),
        _clustered(sums["crps"] - sums["crps_champion"], n),
        _clustered(sums["covered"], n),
    )


def _clustered(sums: Floats, n: Floats) -> Estimate:
    """scores.clustered_mean of rows of which only the sums by date are known."""
    mean, dates = float(sums.sum() / n.sum()), len(sums)
    squares = ((sums - n * mean) ** 2).sum()
    se = float(np.sqrt(dates / (dates - 1) * squares) / n.sum()) if dates > 1 else float("nan")
    return Estimate(mean, se, int(n.sum()))


def on_stored_means(challenger: str, champion: str) -> Evidence:
    """Both models' stored metrics, each on the rows that it was walked over.

    Those rows may differ, so what is compared is by how much each is better than the EWMA of its own rows.
    """
    own, other = _metrics(challenger), _metrics(champion)
    pairs = ((own[key], other[key]) for key in own if key in other)
    return Evidence(STORED, tuple(_unpaired(mine, theirs) for mine, theirs in pairs))


def _metrics(text: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """A model's own figures by system and population, of those that can be held against the EWMA's."""
    return {
        (row["system"], row["population"]): row
        for row in json.loads(text)
        if row["system"] in JUDGED and row.get("minus_ewma") is not None
    }


def own_coverage(row: Mapping[str, Any]) -> Estimate:
    """How often what was scored lay within the 80 % interval, by a row of measure.table."""
    share, se = (row.get(name) for name in ("coverage_80", "coverage_80_se"))
    return _NOBODY if share is None else Estimate(share, se or 0.0, row["n"])


def _unpaired(own: Mapping[str, Any], other: Mapping[str, Any]) -> Difference:
    # A row set of one date has no standard error, and so decides nothing.
    own_se, other_se = (each["minus_ewma_se"] or float("nan") for each in (own, other))
    difference = own["minus_ewma"] - other["minus_ewma"]
    return Difference(
        own["system"],
        own["population"],
        min(own["n"], other["n"]),
        None,
        own["mae"],
        other["mae"],
        Estimate(difference, float(np.hypot(own_se, other_se)), own["n"]),
        _NOBODY,
        own_coverage(own),
    )
