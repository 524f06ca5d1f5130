"""xgboost without scikit-learn, which it imports where it is installed, for wrappers that nobody here uses.

That import is a third of the processor time of the worker's start, and a quarter of its memory then.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_UNUSED = "sklearn"


@contextmanager
def _hidden(name: str) -> Iterator[None]:
    """Makes a package look as if it were not installed, unless it has been imported already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


with _hidden(_UNUSED):
    import xgboost as xgb

__all__ = ["xgb"]
