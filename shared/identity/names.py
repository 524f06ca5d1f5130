"""One spelling for every player: player_lookup, and the looser key that survives a dropped suffix."""

import re
import unicodedata

_SUFFIX = re.compile(r"[\s,]+(jr|sr|ii|iii|iv|v)\.?$", re.IGNORECASE)
# Letters that Unicode does not decompose into a base letter and a mark.
_UNDECOMPOSED = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ß": "ss", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def player_lookup(name: str) -> str:
    """Lower-case letters and digits without diacritics, suffix kept: 'Luka Dončić' -> 'lukadoncic'.

    Raises:
        ValueError: the name has no letter or digit.
    """
    # In this order: what is decomposed, as ǿ is into ø and a mark, may leave such a letter.
    letters = unicodedata.normalize("NFKD", name).lower().translate(_UNDECOMPOSED)
    lookup = re.sub(r"[^a-z0-9]", "", letters)
    if not lookup:
        raise ValueError(f"a player's name needs letters: {name!r}")
    return lookup


def suffixless_lookup(name: str) -> str:
    """player_lookup without Jr., Sr., II, III, IV or V, which bookmakers often leave out."""
    return player_lookup(_SUFFIX.sub("", name.strip()))


def in_order(name: str) -> str:
    """'Last, First' as the injury report has it -> 'First Last', a suffix at the end: 'Porter Jr., Kevin'."""
    family, comma, given = name.partition(",")
    if not comma:
        return name.strip()
    suffix = _SUFFIX.search(family.strip())
    family = _SUFFIX.sub("", family.strip())
    return " ".join(part for part in (given.strip(), family, suffix[0].strip(" ,") if suffix else "") if part)
