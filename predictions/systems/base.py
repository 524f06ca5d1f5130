"""What a prediction system is: features of a slate in, a distribution for each player out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictions.systems.distribution import PointsDistribution

_LARGEST_FEATURE = 1e6


class System(Protocol):
    """A pure function of features. It only ever sees players whose required features are all there."""

    @property
    def system_id(self) -> str: ...

    @property
    def requires(self) -> tuple[str, ...]:
        """Feature columns without which it predicts nothing."""
        ...

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """One distribution for each row.

        Every required column is a finite number; every other column of the slate is there too, its values
        finite or NaN.
        """
        ...


@runtime_checkable
class Explains(Protocol):
    """A system that can say what its predictions are made of."""

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """Points that each feature adds to each row's prediction: a column a feature."""
        ...


@runtime_checkable
class Refines(Protocol):
    """A system that starts from another's distributions, which need not be made twice."""

    @property
    def refines(self) -> str:
        """The other's system_id; whoever this one predicts, that one does too."""
        ...

    def refine(self, features: pd.DataFrame, distribution: PointsDistribution) -> PointsDistribution:
        """What `predict` gives, from the other's distribution for each row."""
        ...


@dataclass(frozen=True)
class SlateResult:
    """What a system says about a slate of n players.

    Args:
        predicted: positions of the players that it predicts, ascending.
        distribution: theirs, in the same order; None when there are none.
        reasons: position -> why it cannot predict that player.
        contributions: points by feature, a row for each of `predicted`; None when the system offers none.
    """

    predicted: npt.NDArray[np.intp]
    distribution: PointsDistribution | None
    reasons: dict[int, str]
    contributions: pd.DataFrame | None = None


def run_system(
    system: System, features: pd.DataFrame, others: Mapping[str, SlateResult] = MappingProxyType({})
) -> SlateResult:
    """Predicts every player whose required features are there and names what the others lack.

    A player with a feature beyond a million, or infinite, is not predicted: none has such a value, and what a
    formula makes of it is no distribution.

    Args:
        others: results of systems on the same slate, for one that refines them.

    Raises:
        ValueError: the system returned another number of distributions than it was given rows.
    """
    present = _present(system, features)
    impossible = np.abs(features.to_numpy(dtype="float64")) > _LARGEST_FEATURE
    complete = present.all(axis=1) & ~impossible.any(axis=1)
    predicted = np.flatnonzero(complete)
    reasons = {
        int(row): _reason(system, present[row], features.columns[impossible[row]])
        for row in np.flatnonzero(~complete)
    }
    if not predicted.size:
        return SlateResult(predicted, None, reasons)
    given = features if complete.all() else features.iloc[predicted]
    distribution = _distribution(system, given, predicted, others)
    if len(distribution) != predicted.size:
        raise ValueError(f"{system.system_id} made {len(distribution)} predictions of {predicted.size} rows")
    made_of = system.contributions(given) if isinstance(system, Explains) else None
    return SlateResult(predicted, distribution, reasons, made_of)


def _distribution(
    system: System, given: pd.DataFrame, predicted: npt.NDArray[np.intp], others: Mapping[str, SlateResult]
) -> PointsDistribution:
    if isinstance(system, Refines) and system.refines in others:
        other = others[system.refines]
        if other.distribution is not None:
            places = np.searchsorted(other.predicted, predicted)
            return system.refine(given, other.distribution.take(places))
    return system.predict(given)


def _present(system: System, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
    needed = features.reindex(columns=list(system.requires))
    present: npt.NDArray[np.bool_] = np.isfinite(needed.to_numpy(dtype="float64"))
    return present


def _reason(system: System, present: npt.NDArray[np.bool_], impossible: pd.Index) -> str:
    if len(impossible):
        return f"{system.system_id} cannot use an impossible {', '.join(impossible)}"
    lacking = [name for name, there in zip(system.requires, present, strict=True) if not there]
    return f"{system.system_id} needs {', '.join(lacking)}"
