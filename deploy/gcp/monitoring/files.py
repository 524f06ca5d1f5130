"""The JSON of this folder, and whether something in the cloud is what it says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from deploy.gcp.changes import Difference

_FOLDER = Path(__file__).parent
_SHOWN_CHARACTERS = 120


@dataclass(frozen=True)
class File:
    """One resource: a metric, a policy or a dashboard."""

    name: str
    path: Path
    body: dict[str, Any]


@cache
def files(kind: str) -> tuple[File, ...]:
    """The resources of a kind: metrics, policies or dashboards."""
    paths = sorted((_FOLDER / kind).glob("*.json"))
    return tuple(File(path.stem, path, json.loads(path.read_text())) for path in paths)


def differences(there: Any, wanted: Any, path: str = "") -> Iterator[Difference]:
    """Where what is there lacks or contradicts what is wanted; what Google adds of its own does not count.

    Google leaves out what is a field's default, and writes whole numbers as text.
    """
    if isinstance(wanted, dict):
        found = there if isinstance(there, dict) else {}
        for key, value in wanted.items():
            yield from differences(found.get(key), value, f"{path}.{key}" if path else key)
    elif isinstance(wanted, list):
        rows = there if isinstance(there, list) else []
        if len(rows) != len(wanted):
            yield Difference(path, f"{len(rows)} of them", f"{len(wanted)} of them")
            return
        for index, value in enumerate(wanted):
            yield from differences(rows[index], value, f"{path}[{index}]")
    elif not _equal(there, wanted):
        yield Difference(path, _short(there), _short(wanted))


def _equal(there: Any, wanted: Any) -> bool:
    if there is None:
        return wanted in (0, "", "0s", False, None)
    if isinstance(wanted, bool) or isinstance(there, bool):
        return bool(there == wanted)
    if isinstance(wanted, int | float):
        return str(there) == str(wanted) or (isinstance(there, int | float) and float(there) == wanted)
    return bool(there == wanted)


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
