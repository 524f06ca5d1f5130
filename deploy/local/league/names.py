"""Invented player names that exercise identity: diacritics, suffixes, apostrophes, hyphens, initials."""

import unicodedata
from pathlib import Path

import numpy as np
import yaml

_PARTS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text("utf-8"))
SUFFIXES = ("Jr.", "Sr.", "II", "III", "IV")
SUFFIX_SHARE = 0.06

# Letters that Unicode does not split into a base letter and a mark.
_UNSPLIT = str.maketrans({"ø": "o", "Ø": "O", "ı": "i", "ð": "d", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae"})


def normalised(name: str) -> str:
    """Lower case, no diacritics, letters and digits only; a suffix is kept."""
    split = unicodedata.normalize("NFKD", name.translate(_UNSPLIT))
    return "".join(c for c in split.lower() if c.isascii() and c.isalnum())


def invent_names(rng: np.random.Generator, count: int, taken: set[str]) -> list[str]:
    """`count` names whose normalised forms are distinct and not in `taken`, which grows by them."""
    names: list[str] = []
    while len(names) < count:
        name = _invent(rng)
        key = normalised(name)
        if key not in taken:
            taken.add(key)
            names.append(name)
    return names


def _invent(rng: np.random.Generator) -> str:
    first, last = (_PARTS[part][rng.integers(len(_PARTS[part]))] for part in ("first", "last"))
    suffix = f" {SUFFIXES[rng.integers(len(SUFFIXES))]}" if rng.random() < SUFFIX_SHARE else ""
    return f"{first} {last}{suffix}"


def plain(name: str) -> str:
    """As bookmakers that write ASCII spell it: no diacritics, no full stop after a suffix."""
    split = unicodedata.normalize("NFKD", name.translate(_UNSPLIT))
    return "".join(c for c in split if c.isascii()).replace("Jr.", "Jr").replace("Sr.", "Sr")
