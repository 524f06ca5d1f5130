"""Who plays: each player's latent skill and role, how they drift over a season, and the rosters."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from deploy.local.league.names import invent_names
from deploy.local.league.schedule import SEASON_DAYS, TEAMS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROSTER = 17
FIRST_PLAYER_ID = 1_900_001  # above every real NBA person id of the archive's seasons
RETIREMENT = 0.08
SUMMER_ROLE_SD, SUMMER_USAGE_SD = 1.2, 0.04
# Mean minutes a healthy player of each roster slot would be given, best first.
ROLE_MINUTES = (34.8, 33.2, 31.6, 29.6, 27.2, 25.0, 22.6, 20.1, 17.6, 14.4, 9.6, 6.0, 4.6, 3.5, 2.5, 2.0, 1.5)
ROLE_SPREAD = 1.6
ROLE_DRIFT_SD = 0.5  # minutes, stationary sd of a role about its season level
ROLE_MEMORY = 0.985  # a day
ROLE_ARC_SD = 4.1  # minutes
ARC_MEMORY = 0.96  # of one season in the next
USAGE_ARC_SD = 0.08
USAGE_DRIFT_SD = 0.01  # of the log
USAGE_MEMORY = 0.985
USAGE_SD, USAGE_BY_ROLE = 0.285, 0.26
TRADES_A_SEASON = 9
TRADE_DAYS = (20, 107)


@dataclass(frozen=True)
class Players:
    """One element a player. Rates are per minute unless said otherwise; a *use* is a field-goal attempt or a
    trip to the line, and shares of uses (three_share, trip_share) say what becomes of it."""

    player_id: Ints
    name: NDArray[np.object_]
    size: Floats  # 0 smallest guard, 1 biggest centre
    role: Floats  # minutes a game
    usage: Floats  # relative uses a minute, league mean about 1
    three_share: Floats
    trip_share: Floats
    two_pct: Floats
    three_pct: Floats
    ft_pct: Floats
    oreb: Floats
    dreb: Floats
    ast: Floats
    stl: Floats
    blk: Floats
    turnovers: Floats
    fouls: Floats
    fragility: Floats  # relative injury rate
    role_arc: Floats  # of unit variance: above 0 his role shrinks over this season, below it grows
    usage_arc: Floats

    def __len__(self) -> int:
        return len(self.player_id)

    def replaced(self, where: Ints, other: "Players") -> "Players":
        """A copy in which `other` stands at the positions `where`."""
        columns = {}
        for field in fields(self):
            column = getattr(self, field.name).copy()
            column[where] = getattr(other, field.name)
            columns[field.name] = column
        return Players(**columns)


@dataclass(frozen=True)
class Teams:
    """One element a team, in the order of TEAMS: uses a game, and the factor on its opponents' shooting."""

    pace: Floats
    defence: Floats


@dataclass(frozen=True)
class Form:
    """(players, days) drift of a player's role in minutes and of his usage in logs."""

    role: Floats
    usage: Floats


def draw_teams(rng: np.random.Generator) -> Teams:
    """This season's thirty teams."""
    n = len(TEAMS)
    return Teams(pace=rng.normal(99.9, 2.2, n), defence=np.exp(rng.normal(0, 0.028, n)))


def draw_players(rng: np.random.Generator, slots: Ints, first_id: int, taken: set[str]) -> Players:
    """A player for each roster slot (0 is a team's best man); names not in `taken`, which grows by them."""
    n = len(slots)
    size = np.clip(rng.beta(1.6, 1.6, n), 0.01, 0.99)
    role = np.clip(np.array(ROLE_MINUTES)[slots] + rng.normal(0, ROLE_SPREAD, n), 1.0, 37.5)
    standing = (role - 18) / 12
    return Players(
        player_id=np.arange(first_id, first_id + n),
        name=np.array(invent_names(rng, n, taken), dtype=object),
        size=size,
        role=role,
        usage=np.exp(rng.normal(0, USAGE_SD, n) + USAGE_BY_ROLE * standing),
        three_share=np.clip(rng.normal(0.50 - 0.27 * size, 0.12, n), 0.0, 0.75),
        trip_share=np.clip(rng.normal(0.075 + 0.05 * size + 0.013 * standing, 0.03, n), 0.02, 0.24),
        two_pct=np.clip(rng.normal(0.482 + 0.115 * size + 0.009 * standing, 0.03, n), 0.36, 0.72),
        three_pct=np.clip(rng.normal(0.366 - 0.02 * size + 0.006 * standing, 0.024, n), 0.24, 0.45),
        ft_pct=np.clip(rng.normal(0.85 - 0.14 * size, 0.065, n), 0.42, 0.95),
        oreb=_rate(rng, 0.018 + 0.075 * size**2),
        dreb=_rate(rng, 0.085 + 0.12 * size),
        ast=_rate(rng, 0.165 - 0.12 * size, 0.35),
        stl=_rate(rng, np.full(n, 0.032)),
        blk=_rate(rng, 0.008 + 0.035 * size**2, 0.35),
        turnovers=_rate(rng, np.full(n, 0.055)),
        fouls=_rate(rng, 0.065 + 0.03 * size),
        fragility=rng.gamma(4.0, 0.25, n),
        role_arc=_slopes(rng, n),
        usage_arc=_slopes(rng, n),
    )


def _rate(rng: np.random.Generator, mean: Floats, spread: float = 0.22) -> Floats:
    return mean * np.exp(rng.normal(0, spread, len(mean)))


def _slopes(rng: np.random.Generator, count: int) -> Floats:
    """Of unit variance, up or down, and much alike in size, so that leagues are alike in how they drift."""
    return rng.choice([-1.0, 1.0], count) * rng.uniform(0.7, 1.28, count)


def opening_rosters() -> Ints:
    """(teams, slots): players 0 to 509 in slot order."""
    return np.arange(len(TEAMS) * ROSTER).reshape(len(TEAMS), ROSTER)


def draw_league(rng: np.random.Generator, taken: set[str]) -> Players:
    """The players of a first season, team by team."""
    return draw_players(rng, np.tile(np.arange(ROSTER), len(TEAMS)), FIRST_PLAYER_ID, taken)


def next_season(rng: np.random.Generator, players: Players, taken: set[str]) -> Players:
    """Some retire and rookies take their places; the others' roles and usage move a little."""
    leaving = np.flatnonzero(rng.random(len(players)) < RETIREMENT)
    slots = np.argsort(np.argsort(-players.role[leaving])) * ROSTER // max(len(leaving), 1)
    rookies = draw_players(rng, slots, int(players.player_id.max()) + 1, taken)
    moved = players.replaced(leaving, rookies)
    moved.role[:] = np.clip(moved.role + rng.normal(0, SUMMER_ROLE_SD, len(moved)), 1.0, 37.5)
    moved.usage[:] = moved.usage * np.exp(rng.normal(0, SUMMER_USAGE_SD, len(moved)))
    # The wave of _arc goes on through the summer: a season begins about where the last one ended.
    for arc in (moved.role_arc, moved.usage_arc):
        arc[:] = -ARC_MEMORY * arc + np.sqrt(1 - ARC_MEMORY**2) * _slopes(rng, len(moved))
    return moved


def draw_form(rng: np.random.Generator, players: Players, days: int) -> Form:
    """Role and usage day by day: a slow arc over the whole season and a little drift on top."""
    count = len(players)
    role = ROLE_ARC_SD * _arc(players.role_arc, days)
    usage = USAGE_ARC_SD * _arc(players.usage_arc, days)
    return Form(
        role=role + _drift(rng, count, days, ROLE_MEMORY, ROLE_DRIFT_SD),
        usage=usage + _drift(rng, count, days, USAGE_MEMORY, USAGE_DRIFT_SD),
    )


def _arc(slope: Floats, days: int) -> Floats:
    """(players, days) of the variance of `slope` over a season: half a wave, up or down."""
    time = np.pi * np.arange(days) / SEASON_DAYS
    return np.asarray(np.sqrt(2) * slope[:, None] * np.cos(time))


def _drift(rng: np.random.Generator, count: int, days: int, memory: float, sd: float) -> Floats:
    path = np.empty((count, days))
    path[:, 0] = rng.normal(0, sd, count)
    for day in range(1, days):
        path[:, day] = memory * path[:, day - 1] + rng.normal(0, sd * np.sqrt(1 - memory**2), count)
    return path


def draw_rosters(rng: np.random.Generator, players: Players, opening: Ints, days: int) -> Ints:
    """(days, teams, slots) of player indices: one-for-one trades between players of like role."""
    rosters = np.repeat(opening[None], days, axis=0)
    for day in sorted(rng.integers(*TRADE_DAYS, TRADES_A_SEASON)):
        if day < days:
            _trade(rng, players, rosters[day:])
    return rosters


def _trade(rng: np.random.Generator, players: Players, later: Ints) -> None:
    one, two = rng.choice(len(TEAMS), 2, replace=False)
    slot = int(rng.integers(2, 11))
    given = later[0, one, slot]
    like = np.abs(players.role[later[0, two]] - players.role[given]) + 5 * np.abs(
        players.size[later[0, two]] - players.size[given]
    )
    taken_slot = int(np.argmin(like))
    received = later[0, two, taken_slot]
    later[:, one, slot] = received
    later[:, two, taken_slot] = given
