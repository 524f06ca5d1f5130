"""Walking forward through a season: every prediction by systems that have seen only earlier games."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictions.grading.scores import Floats
from predictions.systems.base import run_system
from predictions.systems.contract import FeatureContract
from predictions.systems.learned import AVAILABLE, FORM, Learned, LearnedModel, LearnedWithLine
from predictions.systems.registry import FORMULAS
from predictions.training.fit import Games, check_past, fit_model
from predictions.training.frame import games_of
from predictions.training.measure import Scored, joined, scored
from predictions.training.weights import PRIOR_LINE_WEIGHT, line_weight

_LINE = "vegas_points_line"
HEADS = (FORM, AVAILABLE)
Dates = npt.NDArray[np.datetime64]


class Step(NamedTuple):
    """Part of a walk that is done: up to which date, and what the model weighs against the line."""

    until: np.datetime64
    weight: float


@dataclass
class Lined:
    """Lined games that a model has predicted without having seen them."""

    median: list[Floats] = field(default_factory=list)
    line: list[Floats] = field(default_factory=list)
    points: list[Floats] = field(default_factory=list)

    def add(self, median: Floats, rows: pd.DataFrame) -> None:
        line = rows[_LINE].to_numpy(dtype="float64")
        known = np.isfinite(line) & np.isfinite(median)
        self.median.append(median[known])
        self.line.append(line[known])
        self.points.append(rows["points"].to_numpy(dtype="float64")[known])

    @property
    def weight(self) -> float:
        """Of the model against the line, by all of them; the prior while they are few."""
        if not self.points:
            return PRIOR_LINE_WEIGHT
        return line_weight(*(np.concatenate(part) for part in (self.median, self.line, self.points)))


def weekly(first: np.datetime64, last: np.datetime64) -> list[np.datetime64]:
    """A cut every seven days from the first date."""
    return list(np.arange(first, last + np.timedelta64(1, "D"), np.timedelta64(7, "D")))


def walk(
    rows: pd.DataFrame,
    contract: FeatureContract,
    cuts: list[np.datetime64],
    until: np.datetime64,
    *,
    retrain: bool = True,
    heads: tuple[str, ...] = HEADS,
    say: Callable[[Step], None] = lambda step: None,
) -> dict[str, Scored]:
    """Predicts the rows from the first cut on, each by models fitted on what lies before the latest cut.

    Args:
        rows: of read_games, in order of time; what is not predicted is only learned from.
        cuts: where the weight against the line is fitted again, and with `retrain` the model too.
        until: the first date not to predict.

    Returns:
        system_id -> its predictions, positions counted in `rows`.
    """
    dates = rows["game_date"].to_numpy(dtype="datetime64[D]")
    games, lined = games_of(rows, contract), Lined()
    parts: dict[str, list[tuple[npt.NDArray[np.intp], Scored]]] = {}
    model: LearnedModel | None = None
    for cut, end in zip(cuts, [*cuts[1:], until], strict=True):
        places = np.flatnonzero((dates >= cut) & (dates < end))
        if not len(places):
            continue
        if model is None or retrain:
            model = _fitted(games, cut, end, heads)
        ahead = rows.iloc[places]
        weight = lined.weight
        for name, part in _predicted(model, weight, ahead[list(contract.features)], lined, ahead):
            parts.setdefault(name, []).append((places, part))
        say(Step(end, weight))
    return {name: joined(made) for name, made in parts.items()}


def _fitted(games: Games, cut: np.datetime64, end: np.datetime64, heads: tuple[str, ...]) -> LearnedModel:
    past = games.take(games.game_date < cut)
    check_past(past, games.take((games.game_date >= cut) & (games.game_date < end)))
    return fit_model(past, heads)


def _predicted(
    model: LearnedModel, weight: float, features: pd.DataFrame, lined: Lined, rows: pd.DataFrame
) -> Iterator[tuple[str, Scored]]:
    """Every system's predictions of some rows; the lined ones are remembered for the next weight."""
    for system in (*FORMULAS, Learned(model), LearnedWithLine(model, weight)):
        yield system.system_id, scored(run_system(system, features))
    known = np.isfinite(features[list(Learned.requires)].to_numpy(dtype="float64")).all(axis=1)
    median = np.full(len(rows), np.nan)
    median[known] = model.predict(features[known]).quantile(0.5)
    lined.add(median, rows)
