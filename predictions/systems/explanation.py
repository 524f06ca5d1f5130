"""What a prediction is made of: the features that add or take most points."""

import numpy as np
import pyarrow as pa

from predictions.systems.base import SlateResult

MOST_REASONS = 5
EMPTY: list[dict[str, object]] = []
_PLACES = 4
_ENTRY = pa.struct([("feature", pa.string()), ("contribution", pa.float64())])


def top_contributions(result: SlateResult) -> pa.ListArray:
    """For each predicted player at most five features with the points that they add, the largest first.

    What adds nothing is left out; a system that offers no contributions gives empty lists.
    """
    if result.contributions is None:
        return pa.ListArray.from_arrays(
            pa.array([0] * (len(result.predicted) + 1), pa.int32()), _entries([], [])
        )
    names = np.array(result.contributions.columns, dtype=object)
    points = np.round(np.nan_to_num(result.contributions.to_numpy(dtype="float64")), _PLACES)
    order = np.argsort(-np.abs(points), axis=1, kind="stable")[:, :MOST_REASONS]
    largest = np.take_along_axis(points, order, axis=1)
    said = largest != 0
    offsets = np.concatenate([[0], np.cumsum(said.sum(axis=1))]).astype("int32")
    return pa.ListArray.from_arrays(pa.array(offsets), _entries(names[order][said], largest[said]))


def _entries(features: object, contributions: object) -> pa.StructArray:
    columns = [pa.array(features, pa.string()), pa.array(contributions, pa.float64())]
    return pa.StructArray.from_arrays(columns, fields=list(_ENTRY))
