"""Who can play: spells of injury, and what the injury report says before tip.

Every report has a fixed chance that the man can play (PLAYS), and whether he can is drawn from that chance
and nothing else. So the report is all that anyone, the oracle included, can know before tip.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.local.league.players import Floats, Ints, Players

STATUSES = ("", "Probable", "Questionable", "Doubtful", "Out")
NONE, PROBABLE, QUESTIONABLE, DOUBTFUL, OUT = range(5)
PLAYS = np.array([0.997, 0.92, 0.55, 0.07, 0.0])

INJURY_KINDS = (0.15, 0.30, 0.55)  # days, weeks, months
INJURY_RATE = 0.0033  # a day
SHARE_OUT_AT_START = 0.12
ASSIGNMENT_RATE = 0.02  # a day, of a fringe player to the G League
FRINGE_MINUTES = 9.0
# Shares of STATUSES among the healthy and among those about to return.
HEALTHY_REPORTS = (0.983, 0.009, 0.005, 0.001, 0.002)
RETURNING_REPORTS = (0.10, 0.26, 0.34, 0.10, 0.20)
RETURN_DAYS = 3
REST_CHANCE = 0.02  # on the second night of a back-to-back, for a man of 30 minutes
DRESSED_AT_LEAST = 10
LATE_SHARE = 0.04  # of reports, within the last hour before tip

PARTS = ("Left Ankle; Sprain", "Right Knee; Soreness", "Left Hamstring; Strain", "Lower Back; Tightness",
         "Right Calf; Strain", "Left Foot; Soreness", "Right Wrist; Sprain", "Concussion Protocol; N/A",
         "Left Groin; Strain", "Illness; Illness")  # fmt: skip
INJURY, ASSIGNED, RESTED, ABSENT = range(4)


_Lengths = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True)
class Availability:
    """(team-games, slots): the report's code, the chance it gives, what came of it, why, hours before tip."""

    status: Ints
    chance: Floats
    able: NDArray[np.bool_]
    cause: Ints
    part: Ints
    hours_before: Floats


def draw_availability(
    rng: np.random.Generator,
    players: Players,
    days: int,
    day: Ints,
    slot_player: Ints,
    second_night: NDArray[np.bool_],
) -> Availability:
    """`day` (team-games,), `slot_player` (team-games, slots), `second_night` (team-games,)."""
    hurt, healing = _spells(rng, players.fragility * INJURY_RATE, SHARE_OUT_AT_START, days, _injury_days)
    fringe = np.where(players.role < FRINGE_MINUTES, ASSIGNMENT_RATE, 0.0)
    away, _ = _spells(rng, fringe, np.where(players.role < FRINGE_MINUTES, 0.2, 0.0), days, _assignment_days)
    at = (slot_player, day[:, None])
    rested = (
        second_night[:, None]
        & (players.role[slot_player] > 29)
        & (rng.random(slot_player.shape) < REST_CHANCE)
    )
    status = _report(rng, hurt[at], healing[at], away[at] | rested)
    _recall(status)
    able = rng.random(status.shape) < PLAYS[status]
    return Availability(
        status=status,
        chance=PLAYS[status],
        able=able,
        cause=_cause(rng, hurt[at], away[at], rested),
        part=(slot_player * 7 + day[:, None] // 21) % len(PARTS),
        hours_before=_report_hours(rng, status.shape),
    )


def _recall(status: Ints) -> None:
    """A team short of men calls back those at the end of its bench, so that ten can dress (in place)."""
    short = np.flatnonzero((PLAYS[status] > 0.5).sum(1) < DRESSED_AT_LEAST)
    for row in short:
        lacking = DRESSED_AT_LEAST - int((PLAYS[status[row]] > 0.5).sum())
        status[row, np.flatnonzero(status[row] >= DOUBTFUL)[-lacking:]] = NONE


def _cause(
    rng: np.random.Generator, hurt: NDArray[np.bool_], away: NDArray[np.bool_], rested: NDArray[np.bool_]
) -> Ints:
    other = np.where(rng.random(hurt.shape) < 0.06, ABSENT, INJURY)
    return np.select([hurt, away, rested], [INJURY, ASSIGNED, RESTED], other)


def _report(
    rng: np.random.Generator, hurt: NDArray[np.bool_], healing: NDArray[np.bool_], away: NDArray[np.bool_]
) -> Ints:
    healthy = rng.choice(5, hurt.shape, p=HEALTHY_REPORTS)
    returning = rng.choice(5, hurt.shape, p=RETURNING_REPORTS)
    return np.select([hurt | away, healing], [OUT, returning], healthy)


def _spells(
    rng: np.random.Generator, rate: Floats, share_at_start: Floats | float, days: int, lengths: _Lengths
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(players, days) absent for certain, and in the days about the return when nobody is sure."""
    count = len(rate)
    remaining = np.where(rng.random(count) < share_at_start, lengths(rng, count), -np.inf)
    out, healing = np.zeros((count, days), bool), np.zeros((count, days), bool)
    for day in range(days):
        starts = (remaining <= -RETURN_DAYS) & (rng.random(count) < rate)
        remaining = np.where(starts, lengths(rng, count), remaining - 1)
        out[:, day] = remaining > RETURN_DAYS
        healing[:, day] = (remaining > -RETURN_DAYS) & ~out[:, day]
    return out, healing


def _injury_days(rng: np.random.Generator, count: int) -> Floats:
    kind = rng.choice(3, count, p=INJURY_KINDS)
    spans = np.array([[2.0, 8.0], [8.0, 28.0], [28.0, 110.0]])[kind]
    return rng.uniform(spans[:, 0], spans[:, 1])


def _assignment_days(rng: np.random.Generator, count: int) -> Floats:
    return rng.uniform(6.0, 40.0, count)


def _report_hours(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    usual = rng.uniform(1.1, 24.0, shape)
    return np.where(rng.random(shape) < LATE_SHARE, rng.uniform(0.1, 0.9, shape), usual)
