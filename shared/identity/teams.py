"""The thirty teams: tricode, ids, full name, and what each provider calls them."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml


class Team(NamedTuple):
    """One franchise under its NBA.com tricode. `also`: further names and codes of any provider."""

    tricode: str
    nba_team_id: int
    full_name: str
    espn_team_id: int
    also: tuple[str, ...] = ()


def _read() -> tuple[Team, ...]:
    rows = yaml.safe_load(files("shared.identity").joinpath("teams.yaml").read_text())
    return tuple(
        Team(code, row["id"], row["name"], row["espn_id"], tuple(row.get("also", ())))
        for code, row in rows.items()
    )


TEAMS = _read()
TRICODES = frozenset(team.tricode for team in TEAMS)


@cache
def _by_name() -> dict[str, str]:
    return {
        name.lower(): team.tricode for team in TEAMS for name in (team.tricode, team.full_name, *team.also)
    }


def tricode_of(name: str) -> str:
    """A team's tricode from its full name or any provider's code: 'Dallas Mavericks', 'DAL', 'GS' -> 'GSW'.

    A city alone is no team: Los Angeles has two.

    Raises:
        ValueError: no NBA team has that name.
    """
    try:
        return _by_name()[name.strip().lower()]
    except KeyError:
        raise ValueError(f"unknown team {name!r}") from None
