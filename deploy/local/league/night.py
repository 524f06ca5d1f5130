"""One night, given what is known before tip: who is used, for how long, and his share of the ball.

The games (games.py) draw one night each; the oracle (oracle.py) draws hundreds from the same Pregame with
noise of its own. Arrays are (team-games, slots); row 2g is the home side of game g, row 2g + 1 the visitors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.local.league.injuries import Availability
from deploy.local.league.players import Floats, Form, Ints, Players, Teams

HOME_EDGE = 0.0095  # of shooting percentages, and as much off the visitors'
TIRED = 0.985  # shooting on the second night of a back-to-back
MOST_MINUTES = 36.2
BENCH_SHARE = 0.5  # of what the absent leave that goes to men of any size, against 1 to men of their own
USED_FROM, USED_WIDTH = (
    5.4,
    1.8,
)  # planned minutes of a man used half of the time, and the softness of that rule
USED_AT_LEAST = 8
LEAST_STINT = 2.0
SPREAD_FLOOR, SPREAD_MINUTES = 0.07, 6.4  # relative and absolute noise of minutes
SHORT_STINT = 3.0  # minutes, for whom the absolute noise is halved
HEAVY_MINUTES, HEAVY_SHARE = 34.0, 0.35  # beyond which more is rarely given
USAGE_NOISE = 0.09
EXIT_CHANCE = 0.012  # of leaving early, hurt or in foul trouble
SCRIPT_SD = 11.0  # points, of how one-sided the night turns out beyond what was expected
SCRIPT_WEIGHT = 0.12  # how much of it shows in shooting
PACE_SD = 3.0
LEAGUE_PACE = 99.9
POINTS_A_GAME = 114.0
WITH_OVERTIME = 1.006  # mean length of a game over 48 minutes
AWARDED = 0.94  # of the two free throws of a trip


@dataclass(frozen=True)
class Pregame:
    """All that is known before tip, and nothing that is not."""

    player: Ints
    chance: Floats  # to be able to play
    plan: Floats  # minutes, expected over who will be able
    use_rate: Floats
    three_share: Floats
    trip_share: Floats
    two_pct: Floats
    three_pct: Floats
    ft_pct: Floats
    pace: Floats  # (team-games,) uses
    margin: Floats  # (team-games,) expected, own minus opponent's
    total: Floats  # (team-games,) expected points of both

    @property
    def points_a_use(self) -> Floats:
        """Expected points of one use."""
        twos = 1 - self.three_share - self.trip_share
        line = self.trip_share * 2 * AWARDED * self.ft_pct
        return 3 * self.three_share * self.three_pct + 2 * twos * self.two_pct + line


@dataclass(frozen=True)
class Noise:
    """What nobody knows before tip: standard normals and uniforms."""

    minutes: Floats
    usage: Floats
    script: Floats  # (games,)
    pace: Floats  # (games,)
    able: Floats
    used: Floats
    leaves: Floats
    overtime: Floats  # (games,)

    def mirrored(self) -> "Noise":
        """The antithetic draw: as likely, and wrong in the other direction."""
        return Noise(
            -self.minutes, -self.usage, -self.script, -self.pace,
            1 - self.able, 1 - self.used, self.leaves, 1 - self.overtime,
        )  # fmt: skip


@dataclass(frozen=True)
class Night:
    """`weight` and `ball` are what each man would take of the minutes and of the uses if he played."""

    plays: NDArray[np.bool_]
    weight: Floats
    ball: Floats
    uses: Ints  # (team-games,)
    shooting: Floats  # (team-games,) multiplies percentages
    overtimes: Ints  # (team-games,)


def prepare(
    players: Players, teams: Teams, form: Form, availability: Availability,
    slot_player: Ints, day: Ints, team: Ints, second_night: NDArray[np.bool_],
) -> Pregame:  # fmt: skip
    """The pre-tip state of every team-game; `day`, `team` and `second_night` are (team-games,)."""
    at = (slot_player, day[:, None])
    opponent = team[np.arange(len(team)) ^ 1]
    edge = np.where(np.arange(len(team)) % 2 == 0, 1 + HOME_EDGE, 1 - HOME_EDGE)
    shooting = (teams.defence[opponent] * edge * np.where(second_night, TIRED, 1.0))[:, None]
    role = np.clip(players.role[slot_player] + form.role[at], 0.5, 39.0)
    state = Pregame(
        player=slot_player,
        chance=availability.chance,
        plan=plan_minutes(role, availability.chance, players.size[slot_player]),
        use_rate=players.usage[slot_player] * np.exp(form.usage[at]),
        three_share=players.three_share[slot_player],
        trip_share=players.trip_share[slot_player],
        two_pct=players.two_pct[slot_player] * shooting,
        three_pct=players.three_pct[slot_player] * shooting,
        ft_pct=players.ft_pct[slot_player],
        pace=teams.pace[team] + teams.pace[opponent] - LEAGUE_PACE,
        margin=np.zeros(len(team)),
        total=np.zeros(len(team)),
    )
    return _with_expectations(state)


def plan_minutes(role: Floats, chance: Floats, size: Floats) -> Floats:
    """Share 240 minutes out by role: what the absent leave goes to men of their size first."""
    missing = role * (1 - chance)
    alike = np.exp(-(((size[:, :, None] - size[:, None, :]) / 0.3) ** 2))
    room = (
        BENCH_SHARE + np.einsum("tij,tj->ti", alike, missing) / np.maximum(missing.sum(1), 1.0)[:, None]
    ) * (np.clip(MOST_MINUTES - role, 0.5, 25.0) * (0.3 + np.minimum(role, 20.0) / 20))
    plan = role
    for _ in range(4):
        lacking = 240.0 - (plan * chance).sum(1)
        step = lacking / np.maximum((room * chance).sum(1), 1e-9)
        plan = np.clip(plan + room * step[:, None], 0.3, MOST_MINUTES)
    return plan


def _with_expectations(state: Pregame) -> Pregame:
    ball = state.plan * state.use_rate * state.chance * used_chance(state.plan, np.zeros((1, 1)))
    share = ball / ball.sum(1, keepdims=True)
    points = state.pace * WITH_OVERTIME * (share * state.points_a_use).sum(1)
    other = points[np.arange(len(points)) ^ 1]
    return Pregame(**{**vars(state), "margin": points - other, "total": points + other})


def used_chance(plan: Floats, garbage: Floats) -> Floats:
    """Chance that the coach uses an able man; a decided game empties the bench."""
    return 1 / (1 + np.exp(-((plan - USED_FROM) / USED_WIDTH + 3.2 * garbage)))


def draw_noise(rng: np.random.Generator, shape: tuple[int, int]) -> Noise:
    """Noise for `shape` (team-games, slots)."""
    games = shape[0] // 2
    return Noise(
        minutes=rng.standard_normal(shape),
        usage=rng.standard_normal(shape),
        script=rng.standard_normal(games),
        pace=rng.standard_normal(games),
        able=rng.random(shape),
        used=rng.random(shape),
        leaves=rng.random(shape),
        overtime=rng.random(games),
    )


def unfold(state: Pregame, noise: Noise, able: NDArray[np.bool_] | None = None) -> Night:
    """What `noise` makes of the pre-tip state; `able` says who can play where that is settled already."""
    script = np.repeat(state.margin[::2] + SCRIPT_SD * noise.script, 2)
    garbage = np.clip((np.abs(script) - 12) / 12, 0, 1)[:, None]
    can = noise.able < state.chance if able is None else able
    plays = _enough(can & (noise.used < used_chance(state.plan, garbage)), can, state.plan)
    weight = _minutes_weight(state.plan, garbage, noise)
    overtimes = np.repeat(_overtimes(noise.overtime, script[::2]), 2)
    uses = np.repeat(state.pace[::2] + PACE_SD * noise.pace, 2) * (1 + 5 * overtimes / 48)
    swing = np.where(np.arange(len(script)) % 2 == 0, 1, -1) * np.repeat(noise.script, 2)
    return Night(
        plays=plays,
        weight=weight,
        ball=weight * state.use_rate * np.exp(USAGE_NOISE * noise.usage),
        uses=np.rint(uses).astype(np.int64),
        shooting=np.exp(swing * SCRIPT_SD * SCRIPT_WEIGHT / 2 / POINTS_A_GAME),
        overtimes=overtimes,
    )


def _minutes_weight(plan: Floats, garbage: Floats, noise: Noise) -> Floats:
    stint = np.maximum(plan, LEAST_STINT)
    spread = np.sqrt(SPREAD_FLOOR**2 + (SPREAD_MINUTES / (stint + SHORT_STINT)) ** 2)
    weight = stint * np.maximum(1 + spread * np.clip(noise.minutes, -2.4, 2.4), 0.06)
    weight = np.minimum(weight, HEAVY_MINUTES) + HEAVY_SHARE * np.maximum(weight - HEAVY_MINUTES, 0)
    weight *= 1 - 0.17 * garbage * np.clip((plan - 18) / 10, 0, 1)
    # `leaves` serves twice: below the chance he leaves, and how far below says when.
    cut = np.where(noise.leaves < EXIT_CHANCE, 0.1 + 0.6 * noise.leaves / EXIT_CHANCE, 1.0)
    return np.asarray(weight * cut)


def _enough(plays: NDArray[np.bool_], can: NDArray[np.bool_], plan: Floats) -> NDArray[np.bool_]:
    for row in np.flatnonzero(plays.sum(1) < USED_AT_LEAST):
        order = np.argsort(-(plan[row] + 100 * plays[row] - 1000 * ~can[row]))
        plays[row, order[: min(USED_AT_LEAST, int(can[row].sum()))]] = True
    return plays


def _overtimes(uniform: Floats, script: Floats) -> Ints:
    chance = np.where(np.abs(script) < 8, 0.085, 0.012)
    return (uniform < chance).astype(np.int64) + (uniform < 0.12 * chance)
