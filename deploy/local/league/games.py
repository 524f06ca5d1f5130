"""Plays the games: a box score for every man used, from one night's noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.local.league.night import AWARDED, Night, Pregame, draw_noise, unfold
from deploy.local.league.players import Floats, Ints, Players

MOST_FOULS = 6


@dataclass(frozen=True)
class Box:
    """(team-games, slots) counts of a season; `seconds` is 0 for who did not play."""

    plays: NDArray[np.bool_]
    starter: NDArray[np.bool_]
    position: NDArray[np.object_]
    seconds: Ints
    overtimes: Ints  # (team-games,)
    counts: dict[str, Ints]
    team_points: Ints  # (team-games,)


def play(rng: np.random.Generator, state: Pregame, players: Players, able: NDArray[np.bool_]) -> Box:
    """Every game of the season at once."""
    night = unfold(state, draw_noise(rng, state.plan.shape), able)
    seconds = _seconds(night)
    counts = _shooting(rng, state, night)
    _break_ties(rng, counts, night)
    counts |= _rest_of_the_box(rng, players, state.player, seconds)
    points = counts["points"].sum(1)
    counts["plus_minus"] = _plus_minus(rng, points - points[np.arange(len(points)) ^ 1], seconds, night)
    starter = _starters(state.plan, night.plays)
    return Box(
        plays=night.plays,
        starter=starter,
        position=_positions(starter, players.size[state.player]),
        seconds=seconds,
        overtimes=night.overtimes,
        counts=counts,
        team_points=points,
    )


def _seconds(night: Night) -> Ints:
    """Whole seconds that sum to 5 × the length of the game; nobody plays longer than it."""
    length = 60 * (48 + 5 * night.overtimes)
    weight = night.weight * night.plays
    exact = weight / weight.sum(1, keepdims=True) * 5 * length[:, None]
    for _ in range(4):
        over = np.maximum(exact - length[:, None], 0)
        room = np.where(exact < length[:, None], exact, 0)
        exact = np.minimum(exact, length[:, None]) + over.sum(1, keepdims=True) * room / room.sum(
            1, keepdims=True
        )
    return _round_to_sum(exact, 5 * length)


def _round_to_sum(exact: Floats, total: Ints) -> Ints:
    """Largest remainders: integers near `exact` (rows, columns) whose rows sum to `total`."""
    floor = np.floor(exact).astype(np.int64)
    rank = np.argsort(np.argsort(-(exact - floor), axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(floor + (rank < (total - floor.sum(1))[:, None]))


def _shooting(rng: np.random.Generator, state: Pregame, night: Night) -> dict[str, Ints]:
    ball = night.ball * night.plays
    uses = rng.multinomial(night.uses, ball / ball.sum(1, keepdims=True))
    threes = rng.binomial(uses, state.three_share)
    trips = rng.binomial(uses - threes, state.trip_share / (1 - state.three_share))
    twos = uses - threes - trips
    made_threes = rng.binomial(threes, state.three_pct * night.shooting[:, None])
    made_twos = rng.binomial(twos, state.two_pct * night.shooting[:, None])
    fta = rng.binomial(2 * trips, AWARDED)
    ftm = rng.binomial(fta, state.ft_pct)
    return {
        "points": 3 * made_threes + 2 * made_twos + ftm,
        "fgm": made_threes + made_twos,
        "fga": threes + twos,
        "fg3m": made_threes,
        "fg3a": threes,
        "ftm": ftm,
        "fta": fta,
    }


def _break_ties(rng: np.random.Generator, counts: dict[str, Ints], night: Night) -> None:
    """A level game is decided by one free throw of the man with most of the ball (3 % of games, in place)."""
    points = counts["points"].sum(1)
    for game in np.flatnonzero(points[::2] == points[1::2]):
        row = 2 * game + int(rng.integers(2))
        hero = int(np.argmax(night.ball[row] * night.plays[row]))
        for column in ("points", "ftm", "fta"):
            counts[column][row, hero] += 1


def _rest_of_the_box(
    rng: np.random.Generator, players: Players, player: Ints, seconds: Ints
) -> dict[str, Ints]:
    minutes = seconds / 60
    columns = ("oreb", "dreb", "ast", "stl", "blk", "turnovers")
    drawn = {name: rng.poisson(getattr(players, name)[player] * minutes) for name in columns}
    return drawn | {"pf": np.minimum(rng.poisson(players.fouls[player] * minutes), MOST_FOULS)}


def _plus_minus(rng: np.random.Generator, margin: Ints, seconds: Ints, night: Night) -> Ints:
    """Sums to five times the margin, as it does in every real box score."""
    part = seconds / (60 * (48 + 5 * night.overtimes))[:, None]
    noise = rng.normal(0, 8.5, seconds.shape) * np.sqrt(part * (1 - part))
    raw = margin[:, None] * part + noise
    slack = (5 * margin - raw.sum(1))[:, None]
    return np.where(night.plays, _round_to_sum(raw + slack * part / 5, 5 * margin), 0)


def _starters(plan: Floats, plays: NDArray[np.bool_]) -> NDArray[np.bool_]:
    order = np.argsort(-np.where(plays, plan, -1.0), axis=1, kind="stable")[:, :5]
    starter = np.zeros(plan.shape, bool)
    np.put_along_axis(starter, order, True, axis=1)
    return starter


def _positions(starter: NDArray[np.bool_], size: Floats) -> NDArray[np.object_]:
    """By size among the five: two guards, two forwards, a centre; None for who did not start."""
    order = np.argsort(np.where(starter, size, 9.0), axis=1, kind="stable")[:, :5]
    position = np.full(size.shape, None, dtype=object)
    np.put_along_axis(position, order, np.array([["G", "G", "F", "F", "C"]], dtype=object), axis=1)
    return position
