"""Every field-goal attempt of the box scores: zone, distance, time. Attempts and makes agree with the box."""

import numpy as np
import pandas as pd

ZONES = (
    "Above the Break 3",
    "Restricted Area",
    "In The Paint (Non-RA)",
    "Mid-Range",
    "Left Corner 3",
    "Right Corner 3",
    "Backcourt",
)
# Shares of ZONES given kind and outcome, from the real seasons 2022-23 to 2024-25.
_TWO_MADE, _TWO_MISSED = (0, 0.592, 0.268, 0.140, 0, 0, 0), (0, 0.360, 0.406, 0.234, 0, 0, 0)
_THREE_MADE, _THREE_MISSED = (0.728, 0, 0, 0, 0.141, 0.131, 0), (0.749, 0, 0, 0, 0.127, 0.116, 0.008)
CHANCES = np.array([[_TWO_MISSED, _TWO_MADE], [_THREE_MISSED, _THREE_MADE]])  # [is_three][made]
NEAREST = np.array([23, 0, 4, 8, 22, 22, 47])
FARTHEST = np.array([28, 3, 13, 21, 23, 23, 75])
ACTIONS = (
    ("Jump Shot", "Pullup Jump shot", "Step Back Jump shot"),
    ("Driving Layup Shot", "Layup Shot", "Cutting Dunk Shot"),
    ("Driving Floating Jump Shot", "Turnaround Hook Shot", "Floating Jump shot"),
    ("Pullup Jump shot", "Jump Shot", "Turnaround Fadeaway shot"),
    ("Jump Shot", "Jump Shot", "Running Jump Shot"),
    ("Jump Shot", "Jump Shot", "Running Jump Shot"),
    ("Jump Shot", "Jump Shot", "Jump Shot"),
)
ACTION_TYPES = sorted({action for row in ACTIONS for action in row})
ACTION_CODES = np.array([[ACTION_TYPES.index(action) for action in row] for row in ACTIONS])


def draw_shots(rng: np.random.Generator, box: pd.DataFrame, overtimes: np.ndarray) -> pd.DataFrame:
    """One row an attempt of `box` (rows that played, archive columns); `overtimes` is one a row of it."""
    threes, made_threes = box["fg3a"].to_numpy(int), box["fg3m"].to_numpy(int)
    twos, made_twos = box["fga"].to_numpy(int) - threes, box["fgm"].to_numpy(int) - made_threes
    kinds = ((0, 0, twos - made_twos), (0, 1, made_twos), (1, 0, threes - made_threes), (1, 1, made_threes))
    row = np.concatenate([np.repeat(np.arange(len(box)), n) for _, _, n in kinds])
    is_three = np.concatenate([np.full(n.sum(), three) for three, _, n in kinds])
    made = np.concatenate([np.full(n.sum(), hit) for _, hit, n in kinds])
    zone = _zones(rng, is_three, made)
    period = _periods(rng, overtimes[row])
    clock = np.where(period <= 4, 720, 300)
    shots = pd.DataFrame(
        {
            "game_id": box["game_id"].to_numpy()[row],
            "player_id": box["player_id"].to_numpy()[row],
            "team": pd.Categorical(box["team"].to_numpy()[row]),
            "shot_made": made.astype(bool),
            "is_three": is_three.astype(bool),
            "shot_distance": rng.integers(NEAREST[zone], FARTHEST[zone] + 1).astype(np.int16),
            "basic_zone": pd.Categorical.from_codes(zone, ZONES),
            "action_type": pd.Categorical.from_codes(
                ACTION_CODES[zone, rng.choice(3, len(zone), p=[0.6, 0.25, 0.15])], ACTION_TYPES
            ),
            "period": period.astype(np.int8),
            "seconds_left": rng.integers(0, clock).astype(np.int16),
        }
    )
    order = np.lexsort((-shots["seconds_left"].to_numpy(), period, pd.factorize(shots["game_id"])[0]))
    return shots.iloc[order].reset_index(drop=True)


def _zones(rng: np.random.Generator, is_three: np.ndarray, made: np.ndarray) -> np.ndarray:
    edges = CHANCES.cumsum(axis=2)
    edges /= edges[:, :, -1:]
    return np.asarray((rng.random(len(made))[:, None] >= edges[is_three, made]).sum(1))


def _periods(rng: np.random.Generator, overtimes: np.ndarray) -> np.ndarray:
    """By length: four quarters of 12 minutes and overtimes of 5."""
    minute = rng.random(len(overtimes)) * (48 + 5 * overtimes)
    return np.asarray(np.where(minute < 48, minute // 12 + 1, (minute - 48) // 5 + 5))
