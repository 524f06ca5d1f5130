"""Walking forward through a season: every prediction by systems that have seen only earlier games."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, cpu_count, delayed

from predictions.systems.contract import FeatureContract
from predictions.systems.learned import Learned, LearnedModel, LearnedWithLine
from predictions.systems.registry import FORMULAS
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT, SystemSet
from predictions.training.errors import TooFewGamesError
from predictions.training.fit import Games, check_past, fit_model
from predictions.training.frame import games_of
from predictions.training.measure import Scored, joined, scored
from predictions.training.worth import Worth, worth

# Minutes are cross-fitted by season or month and every fourth week calibrates: less time has too few of them.
_LEAST_GAMES, _LEAST_DAYS = 1000, 60
Dates = npt.NDArray[np.datetime64]
Span = tuple[np.datetime64, np.datetime64]
Parts = dict[str, list[tuple[npt.NDArray[np.intp], Scored]]]


class Step(NamedTuple):
    """Part of a walk that is done: up to which date, and what the systems counted for in it."""

    until: np.datetime64
    worth: Worth


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
    say: Callable[[Step], None] = lambda step: None,
) -> dict[str, Scored]:
    """Predicts the rows from the first cut on, each by models fitted on what lies before the latest cut.

    Args:
        rows: of read_games, in order of time; what is not predicted is only learned from.
        cuts: where the weights (against the line, and in the ensemble) are fitted again on what has been
            predicted so far, and with `retrain` the model too.
        until: the first date not to predict.

    Returns:
        system_id -> its predictions, positions counted in `rows`; the ensemble's among them.

    Raises:
        TooFewGamesError: too little lies before a cut to fit a model on.
    """
    dates = rows["game_date"].to_numpy(dtype="datetime64[D]")
    games = games_of(rows, contract)
    parts: Parts = {}
    spans = [
        (cut, end)
        for cut, end in zip(cuts, [*cuts[1:], until], strict=True)
        if ((dates >= cut) & (dates < end)).any()
    ]
    for (cut, end), model in zip(spans, _models(games, spans, retrain), strict=True):
        places = np.flatnonzero((dates >= cut) & (dates < end))
        known = worth(rows, _joined(parts)) if parts else Worth()
        ahead = rows.iloc[places]
        for name, own in scored(_systems(model, known), ahead, contract).items():
            parts.setdefault(name, []).append((places, own))
        say(Step(end, known))
    return _joined(parts)


def _models(games: Games, spans: list[Span], retrain: bool) -> Iterator[LearnedModel]:
    """The model of each span in turn; as none rests on another, each core fits one."""
    if not retrain:
        yield from [_fitted(games, *spans[0])] * len(spans) if spans else []
        return
    fitting = Parallel(n_jobs=min(cpu_count(), len(spans)), return_as="generator", pre_dispatch="n_jobs")
    yield from fitting(delayed(_fitted)(games, *span) for span in spans)


def _joined(parts: Parts) -> dict[str, Scored]:
    return {name: joined(made) for name, made in parts.items()}


def _systems(model: LearnedModel, known: Worth) -> SystemSet:
    learned = (Learned(model), LearnedWithLine(model, known.line_weight))
    systems = (*FORMULAS, *learned)
    return SystemSet(systems, known.ensemble(), PRIOR_MARKET_WEIGHT, known.against_line)


def _fitted(games: Games, cut: np.datetime64, end: np.datetime64) -> LearnedModel:
    past = games.take(games.game_date < cut)
    check_past(past, games.take((games.game_date >= cut) & (games.game_date < end)))
    days = int((cut - past.game_date.min()).astype(int)) if len(past) else 0
    if len(past) < _LEAST_GAMES or days < _LEAST_DAYS:
        raise TooFewGamesError(
            f"{len(past)} player-games over {days} days lie before {cut}; {_LEAST_GAMES} over {_LEAST_DAYS} "
            "days are needed to learn from: begin later, or add earlier seasons to the archive"
        )
    return fit_model(past)
