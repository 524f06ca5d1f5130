"""Player names in the spellings of providers that write ASCII."""

from __future__ import annotations

import re
import unicodedata

from deploy.local.upstream.names import split_name

# Letters that Unicode does not split into a base letter and a mark.
_UNSPLIT = str.maketrans(
    {"ø": "o", "Ø": "O", "ı": "i", "ð": "d", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae"}
)


def ascii_name(name: str) -> str:
    """ "Luka Dončić" -> "Luka Doncic"; suffixes and their full stops stay."""
    split = unicodedata.normalize("NFKD", name.translate(_UNSPLIT))
    return "".join(letter for letter in split if letter.isascii())


def report_name(name: str) -> str:
    """As the league's injury report lists it: "Payton II, Gary". One word stays as it is."""
    first, family = split_name(ascii_name(name))
    return f"{family}, {first}" if first else family


def name_slug(name: str) -> str:
    """ "De'Aaron Fox" -> "deaaron-fox"."""
    return re.sub(r"[^a-z0-9-]", "", ascii_name(name).lower().replace(" ", "-"))
