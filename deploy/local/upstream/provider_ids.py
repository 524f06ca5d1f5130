"""Identifiers that a provider made up itself: never NBA's, the same for the same thing in every archive."""

from __future__ import annotations

import hashlib
import uuid

# Below a prime that exceeds them all, multiplication permutes the ids: no two become one.
_PLAYERS, _GAMES = 9_999_991, 99_999_989


def espn_athlete_id(player_id: int) -> int:
    """From NBA's player id, below 9,999,991."""
    return player_id * 7_654_321 % _PLAYERS


def balldontlie_player_id(player_id: int) -> int:
    """From NBA's player id, below 9,999,991."""
    return player_id * 5_772_156 % _PLAYERS


def bettingpros_player_id(player_id: int) -> int:
    """From NBA's player id, below 9,999,991."""
    return player_id * 3_141_593 % _PLAYERS


def bettingpros_event_id(game_id: str) -> int:
    """From NBA's game id, ten digits of which the first two are always 00."""
    return int(game_id) * 27_182_819 % _GAMES


def number_of(*parts: object) -> int:
    """Nine digits or fewer, for what has no number of its own."""
    return int(_digest(parts)[:12], 16) % 1_000_000_000


def guid_of(*parts: object) -> str:
    return str(uuid.UUID(hex=_digest(parts)[:32]))


def _digest(parts: tuple[object, ...]) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()
