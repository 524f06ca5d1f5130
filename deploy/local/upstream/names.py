"""Player names in the forms that stats.nba.com sends."""

from __future__ import annotations

import re
import unicodedata


def split_name(name: str) -> tuple[str, str]:
    """("Gary", "Trent Jr."): joined by a space they give the name back. One word is a family name."""
    first, space, family = name.partition(" ")
    return (first, family) if space else ("", name)


def initial_name(name: str) -> str:
    """ "G. Trent Jr." """
    first, family = split_name(name)
    return f"{first[0]}. {family}" if first else family


def player_slug(name: str) -> str:
    """ "luka-doncic", "gary-trent-jr": ASCII, lower case, no punctuation but hyphens."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9 -]", "", ascii_name).replace(" ", "-")
