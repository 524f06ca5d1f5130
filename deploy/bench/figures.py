"""What every benchmark does with its figures: quantiles, growth, and a file that keeps them."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of some values that is at least as large as a share of them.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values, no quantile")
    return float(np.quantile(values, share, method="inverted_cdf"))


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """b of cost = a x size^b, fitted by least squares of the logarithms; 0: size costs nothing, 1: its share.

    None without two different sizes, or when a cost is zero.
    """
    if len(set(sizes)) < 2 or min(costs) <= 0:
        return None
    slope, _ = np.polyfit(np.log(sizes), np.log(costs), 1)
    return float(slope)


def ratio(costs: Sequence[float]) -> float | None:
    """The last cost over the first; None when that is zero."""
    return costs[-1] / costs[0] if costs[0] else None


def save(file: Path, command: str, measured: Mapping[str, Any]) -> None:
    """Writes what was measured, the command that did it, and on how many cores."""
    kept = {"command": command, "cores": os.cpu_count(), **measured}
    file.write_text(json.dumps(kept, indent=2, default=str) + "\n")


def read(file: Path) -> dict[str, Any]:
    """What `save` wrote."""
    found: dict[str, Any] = json.loads(file.read_text())
    return found
