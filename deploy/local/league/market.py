"""What the bookmakers offer: player points lines with prices, from opening to tip, and spread and total.

A book knows the oracle's median with an error that shrinks towards tip. It never looks at the game as played.
Its early lines rest on the final injury report too, with more error: a simplification, not a leak of results.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from deploy.local.league.injuries import DOUBTFUL, Availability
from deploy.local.league.night import Pregame, used_chance
from deploy.local.league.oracle import Truth
from deploy.local.league.players import Floats

LEAST_POINTS = 7.2  # expected, for a line to be offered
TYPICAL_SD = 6.0  # of a player's points; errors scale with his own


@dataclass(frozen=True)
class Book:
    """A bookmaker by its Odds API key."""

    key: str
    hold: float  # what both prices' implied chances sum to above 1
    offers: float  # share of the listed players
    whole: float  # share of whole-point lines


@dataclass(frozen=True)
class Snapshot:
    """Hours before tip (from, to), error of the whole market at that time, share of lines posted by then."""

    hours: tuple[float, float]
    error: float
    posted: float


BOOKS = (
    Book("draftkings", 0.050, 0.95, 0.0),
    Book("fanduel", 0.053, 0.93, 0.0),
    Book("betmgm", 0.060, 0.82, 0.08),
    Book("caesars", 0.064, 0.78, 0.12),
)
SNAPSHOTS = (
    Snapshot((9.0, 11.0), 1.20, 0.72),
    Snapshot((3.5, 5.0), 0.85, 0.92),
    Snapshot((1.05, 1.5), 0.60, 0.97),
    Snapshot((5 / 60, 5 / 60), 0.42, 0.97),
)
BOOK_ERROR = 0.28
HOLD_NOISE = 0.003
ALTERNATE_BOOKS, ALTERNATE_SHARE, ALTERNATE_HOLD = 2, 0.22, 0.068
SPREAD_ERROR, TOTAL_ERROR = 1.3, 2.6


def listed(state: Pregame, availability: Availability) -> NDArray[np.bool_]:
    """(team-games, slots) of the players that books make a line for."""
    ball = state.plan * state.use_rate * state.chance * used_chance(state.plan, np.zeros((1, 1)))
    points = state.pace[:, None] * ball / ball.sum(1, keepdims=True) * state.points_a_use
    expected = points / np.maximum(state.chance, 0.3)
    return np.asarray((expected >= LEAST_POINTS) & (availability.status < DOUBTFUL))


def draw_closing(rng: np.random.Generator, state: Pregame) -> tuple[Floats, Floats]:
    """(games,) closing home spread, negative when the home side is favoured, and total, in half points."""
    spread = -state.margin[::2] + rng.normal(0, SPREAD_ERROR, len(state.margin) // 2)
    total = state.total[::2] + rng.normal(0, TOTAL_ERROR, len(spread))
    return _half(spread), _half(total)


def _half(value: Floats) -> Floats:
    return np.rint(value * 2) / 2 + 0.0


def draw_props(
    rng: np.random.Generator, truth: Truth, wanted: NDArray[np.bool_], tipoff: pd.DatetimeIndex
) -> pd.DataFrame:
    """Columns row, slot (into team-games × slots), bookmaker, line, over_odds, under_odds, snapshot_utc.

    `wanted` (team-games, slots) are the listed players, `tipoff` (team-games,).
    """
    row, slot = np.nonzero(wanted)
    median, sd = truth.median[wanted], truth.sd[wanted]
    opinion = _consensus(rng, median, sd)
    frames = []
    for number, book in enumerate(BOOKS):
        offered = rng.random(len(row)) < book.offers
        own = rng.normal(0, BOOK_ERROR, len(row)) * sd / TYPICAL_SD
        for when, snapshot in enumerate(SNAPSHOTS):
            shown = np.flatnonzero(offered & (rng.random(len(row)) < snapshot.posted))
            estimate = np.maximum(opinion[when] + own, 2.0)[shown]
            hours = rng.uniform(*snapshot.hours, len(wanted) // 2).repeat(2)[row[shown]]
            taken = {"row": row[shown], "slot": slot[shown], "bookmaker": book.key, "hours": hours}
            line = _main_line(rng, estimate, book.whole)
            frames.append(_priced(rng, taken, line, estimate, sd[shown], book.hold))
            if number < ALTERNATE_BOOKS and when >= 2:
                frames += _alternates(rng, taken, line, estimate, sd[shown])
    return _stamped(pd.concat(frames, ignore_index=True), tipoff)


def _consensus(rng: np.random.Generator, median: Floats, sd: Floats) -> list[Floats]:
    """The market's estimate at each of SNAPSHOTS: a walk that ends with the least error."""
    error = np.zeros(len(median))
    walk: list[Floats] = []
    known = 0.0
    for snapshot in reversed(SNAPSHOTS):
        error = error + rng.normal(0, np.sqrt(snapshot.error**2 - known**2), len(median))
        known = snapshot.error
        walk.insert(0, median + error * sd / TYPICAL_SD)
    return walk


def _main_line(rng: np.random.Generator, estimate: Floats, whole: float) -> Floats:
    half = np.rint(estimate - 0.5) + 0.5
    return np.where(rng.random(len(estimate)) < whole, np.rint(estimate), half)


def _alternates(
    rng: np.random.Generator, taken: dict[str, Any], line: Floats, estimate: Floats, sd: Floats
) -> list[pd.DataFrame]:
    some = rng.random(len(line)) < ALTERNATE_SHARE
    frames = []
    for step in (-4.0, 5.0):
        chosen = np.flatnonzero(some & (line + step > 1))
        kept = {key: value if isinstance(value, str) else value[chosen] for key, value in taken.items()}
        frames.append(_priced(rng, kept, line[chosen] + step, estimate[chosen], sd[chosen], ALTERNATE_HOLD))
    return frames


def _priced(
    rng: np.random.Generator, taken: dict[str, Any], line: Floats, estimate: Floats, sd: Floats, hold: float
) -> pd.DataFrame:
    push = np.where(line == np.rint(line), 0.5, 0.0)
    over = 1 - ndtr((line + push - estimate) / sd)
    under = ndtr((line - push - estimate) / sd)
    fair = over / (over + under)
    booked = 1 + hold + rng.normal(0, HOLD_NOISE, len(line)).clip(-0.005, 0.005)
    return pd.DataFrame(
        {
            **taken,
            "line": line,
            "over_odds": american(fair * booked),
            "under_odds": american((1 - fair) * booked),
        }
    )


def american(chance: Floats) -> Floats:
    """American odds, whole numbers, of an implied chance: 0.5 is +100, 0.6 is −150."""
    p = np.clip(chance, 0.02, 0.98)
    return np.rint(np.where(p > 0.5, -100 * p / (1 - p), 100 * (1 - p) / p))


def _stamped(props: pd.DataFrame, tipoff: pd.DatetimeIndex) -> pd.DataFrame:
    before = pd.to_timedelta((props["hours"] * 3600).round(), unit="s")
    props["snapshot_utc"] = tipoff[props["row"].to_numpy()] - before.to_numpy()
    return props.drop(columns="hours")
