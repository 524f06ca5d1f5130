"""The oracle: each player-game's true distribution of points before tip, given that he plays.

Information set. Known: every latent state as of tip-off (skill, role, usage, form, pace, defence), the injury
report as last announced before tip, opponent, venue, rest. Not known: the game's own noise, that is who of
the questionable is able, whom the coach uses, how long, who is hot, the pace, how one-sided the game turns
out, overtime, and every shot.

Method. Monte Carlo over nights drawn with random numbers of their own from the same Pregame as the game
(antithetic pairs), and binomial points within each night. Mean and sd are taken over the nights' conditional
moments (no shooting noise left in them); quantiles over the drawn points. A man is conditioned on playing by
adding him to a night in which he was not drawn: whether others play does not depend on him. Left out, with an
effect below 0.01 points: the free throw that decides a level game, and that eight men must be used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.local.league.night import AWARDED, Night, Pregame, draw_noise, unfold
from deploy.local.league.players import Floats

NIGHTS = 300
QUANTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
MOST_POINTS = 120
INFORMATION = {
    "known": [
        "latent skill, role, usage and form of every player at tip-off",
        "team pace and opponent's defence",
        "injury report as last announced before tip-off",
        "opponent, venue, rest",
    ],
    "not_known": [
        "who of the questionable is able to play, and whom the coach uses",
        "minutes, pace, hot hands, blow-outs and overtime of the game itself",
        "every shot",
    ],
    "conditional_on": "the player plays",
    "method": f"Monte Carlo, {NIGHTS} nights of its own random stream; moments conditional on the night",
}


@dataclass(frozen=True)
class Truth:
    """(team-games, slots), NaN where not asked for; `quantiles` has one more axis, as QUANTILES.

    `median` is the interpolated one (mid-distribution), `quantiles` are whole points.
    """

    mean: Floats
    sd: Floats
    median: Floats
    expected_minutes: Floats
    quantiles: Floats


def foresee(
    rng: np.random.Generator, state: Pregame, wanted: NDArray[np.bool_], nights: int = NIGHTS
) -> Truth:
    """The truth about the `wanted` player-games (team-games, slots); `nights` is even."""
    row, slot = np.nonzero(wanted)
    minutes, first, second = (np.zeros(len(row)) for _ in range(3))
    within = np.zeros(len(row))
    points = np.empty((nights, len(row)), dtype=np.uint8)
    for pair in range(nights // 2):
        noise = draw_noise(rng, state.plan.shape)
        for side, drawn in enumerate((noise, noise.mirrored())):
            night = unfold(state, drawn)
            played, share = _if_he_plays(night, row, slot)
            scoring = _Scoring.of(state, night, row, slot, share)
            minutes += played
            mean = scoring.mean()
            first += mean
            second += mean**2
            within += scoring.variance()
            points[2 * pair + side] = scoring.draw(rng)
    mean = first / nights
    sd = np.sqrt(np.maximum(second / nights - mean**2, 0) + within / nights)
    median, quantiles = _quantiles(points)
    return Truth(*(_spread(wanted, x) for x in (mean, sd, median, minutes / nights, quantiles)))


def _spread(wanted: NDArray[np.bool_], values: Floats) -> Floats:
    full = np.full(wanted.shape + values.shape[1:], np.nan)
    full[wanted] = values
    return full


def _if_he_plays(night: Night, row: NDArray[np.int64], slot: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Minutes and share of the ball of each wanted man were he to play this night, the others as drawn."""
    weight, ball = night.weight * night.plays, night.ball * night.plays
    own_weight, own_ball = night.weight[row, slot], night.ball[row, slot]
    others = weight.sum(1)[row] - weight[row, slot]
    others_ball = ball.sum(1)[row] - ball[row, slot]
    length = (48 + 5 * night.overtimes)[row]
    minutes = np.minimum(5 * length * own_weight / (others + own_weight), length)
    return minutes, own_ball / (others_ball + own_ball)


@dataclass(frozen=True)
class _Scoring:
    """Chances that one of a team's uses ends as this man's made three, made two or trip to the line."""

    uses: NDArray[np.int64]
    three: Floats
    two: Floats
    trip: Floats
    throw: Floats  # of either free throw of a trip being awarded and made

    @classmethod
    def of(
        cls, state: Pregame, night: Night, row: NDArray[np.int64], slot: NDArray[np.int64], share: Floats
    ) -> "_Scoring":
        three_share, trip_share = state.three_share[row, slot], state.trip_share[row, slot]
        shooting = night.shooting[row]
        return cls(
            uses=night.uses[row],
            three=share * three_share * state.three_pct[row, slot] * shooting,
            two=share * (1 - three_share - trip_share) * state.two_pct[row, slot] * shooting,
            trip=share * trip_share,
            throw=AWARDED * state.ft_pct[row, slot],
        )

    def a_use(self) -> Floats:
        return 3 * self.three + 2 * self.two + 2 * self.trip * self.throw

    def mean(self) -> Floats:
        return self.uses * self.a_use()

    def variance(self) -> Floats:
        squares = 9 * self.three + 4 * self.two + self.trip * 2 * self.throw * (1 + self.throw)
        return self.uses * (squares - self.a_use() ** 2)

    def draw(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        threes = rng.binomial(self.uses, self.three)
        twos = rng.binomial(self.uses - threes, self.two / (1 - self.three))
        trips = rng.binomial(self.uses - threes - twos, self.trip / (1 - self.three - self.two))
        scored = 3 * threes + 2 * twos + rng.binomial(2 * trips, self.throw)
        return np.asarray(np.minimum(scored, MOST_POINTS), dtype=np.uint8)


def _quantiles(points: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Interpolated median and the QUANTILES of each column of (nights, players)."""
    ordered = np.sort(points, axis=0)
    nights = len(ordered)
    at = np.ceil(np.array(QUANTILES) * nights).astype(int) - 1
    whole = ordered[at].T.astype(np.float64)
    middle = whole[:, QUANTILES.index(0.50)]
    below = (ordered < middle).mean(0)
    equal = (ordered == middle).mean(0)
    return middle - 0.5 + (0.5 - below) / np.maximum(equal, 1 / nights), whole
