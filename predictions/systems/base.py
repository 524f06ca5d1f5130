"""What a prediction system is: features of a slate in, a distribution for each player out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictions.systems.distribution import PointsDistribution


class System(Protocol):
    """A pure function of features. It only ever sees players whose required features are all there."""

    @property
    def system_id(self) -> str: ...

    @property
    def requires(self) -> tuple[str, ...]:
        """Feature columns without which it predicts nothing."""
        ...

    def predict(self, features: pd.DataFrame) -> PointsDistribution:
        """One distribution for each row; every required column is a finite number."""
        ...


@dataclass(frozen=True)
class SlateResult:
    """What a system says about a slate of n players.

    Args:
        predicted: positions of the players that it predicts.
        distribution: theirs, in the same order; None when there are none.
        reasons: position -> why it cannot predict that player.
    """

    predicted: npt.NDArray[np.intp]
    distribution: PointsDistribution | None
    reasons: dict[int, str]


def numeric_features(rows: Sequence[object], columns: Sequence[str]) -> pd.DataFrame:
    """Feature columns of row mappings as floats, NaN where there is no value."""
    frame = pd.DataFrame.from_records(rows, columns=None) if rows else pd.DataFrame()
    return frame.reindex(columns=list(columns)).astype("float64")


def run_system(system: System, features: pd.DataFrame) -> SlateResult:
    """Predicts every player whose required features are there and names what the others lack."""
    required = features.reindex(columns=list(system.requires)).astype("float64")
    present = np.isfinite(required.to_numpy())
    complete = present.all(axis=1)
    predicted = np.flatnonzero(complete)
    return SlateResult(
        predicted,
        system.predict(required.iloc[predicted]) if predicted.size else None,
        {int(row): _reason(system, present[row]) for row in np.flatnonzero(~complete)},
    )


def _reason(system: System, present: npt.NDArray[np.bool_]) -> str:
    lacking = [name for name, there in zip(system.requires, present, strict=True) if not there]
    return f"{system.system_id} needs {', '.join(lacking)}"
