"""The thirty teams: tricode, NBA id and full name."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml


class Team(NamedTuple):
    """One franchise under its NBA.com tricode."""

    tricode: str
    nba_team_id: int
    full_name: str


def _read() -> tuple[Team, ...]:
    rows = yaml.safe_load(files("shared.identity").joinpath("teams.yaml").read_text())
    return tuple(Team(code, row["id"], row["name"]) for code, row in rows.items())


TEAMS = _read()
TRICODES = frozenset(team.tricode for team in TEAMS)


@cache
def _by_full_name() -> dict[str, str]:
    names = {team.full_name.lower(): team.tricode for team in TEAMS}
    return names | {"la clippers": "LAC", "los angeles clippers": "LAC"}


def tricode_of(full_name: str) -> str:
    """'Dallas Mavericks' -> 'DAL'.

    Raises:
        ValueError: no NBA team has that name.
    """
    try:
        return _by_full_name()[full_name.strip().lower()]
    except KeyError:
        raise ValueError(f"unknown team name {full_name!r}") from None
