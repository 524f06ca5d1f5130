"""What the learned system sees: columns of the feature store, and figures that follow from them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictions.systems.distribution import Floats

Matrix = npt.NDArray[np.float32]
_HOME_POINTS = 2.5
_TEAM_MINUTES = 240.0

# Taken from the feature store as they are.
FORM_COLUMNS = (
    "points_ewma_2",
    "points_ewma_8",
    "points_ewma_30",
    "minutes_ewma_2",
    "minutes_ewma_4",
    "minutes_ewma_8",
    "minutes_ewma_30",
    "plays_ewma_3",
    "defensive_rebounds_ewma_20",
    "regulation_minutes_ewma_5",
    "close_game_minutes_ewma_8",
    "points_avg_last_3",
    "points_avg_last_10",
    "minutes_avg_last_3",
    "minutes_std_last_10",
    "minutes_std_last_25",
    "minutes_median_last_10",
    "last_game_minutes",
    "last_game_points",
    "last_game_team_margin",
    "minutes_in_last_7_days",
    "points_avg_season",
    "minutes_avg_season",
    "games_played_season",
    "games_for_team_season",
    "team_games_season",
    "team_days_rest",
    "days_rest",
    "team_games_missed",
    "team_last_margin",
    "margin_ewma_8",
    "absolute_margin_ewma_15",
    "off_rating_ewma_8",
    "players_used_ewma_10",
    "opponent_points_allowed_ewma_8",
    "opponent_points_allowed_ewma_30",
    "opponent_margin_ewma_8",
    "opponent_allowed_beyond_usual",
    "opponent_big_allowed_beyond_usual",
    "rotation_minutes",
    "rotation_points",
    "lately_missing_minutes",
    "lately_missing_points",
    "rotation_rank",
    "alike_minutes_rotation",
    "alike_minutes_lately_missing",
    "team_last_absent_minutes",
    "team_last_absent_points",
    "absent_minutes_ewma_8",
    "absent_points_ewma_8",
    "absent_minutes_ewma_25",
    "played_points_ewma_8",
    "last_game_played_minutes",
)
AVAILABILITY_COLUMNS = (
    "available_minutes_today",
    "available_minutes_4_today",
    "available_points_today",
    "available_plays_today",
    "minutes_rank_today",
    "points_rank_today",
    "alike_minutes_out",
    "alike_minutes_new_out",
    "alike_minutes_returning",
    "alike_minutes_available",
    "alike_minutes_above",
    "new_out_minutes_today",
    "opponent_out_minutes",
    "opponent_available_points",
    "available_points_ewma_8",
    "available_minutes_ewma_25",
    "out_minutes_ewma_25",
    "out_points_ewma_25",
)
# What only the figures below rest on.
_PARTS = (
    "fg_attempts_ewma_8",
    "fg_attempts_ewma_25",
    "ft_attempts_ewma_8",
    "ft_attempts_ewma_25",
    "fg_makes_ewma_20",
    "ft_makes_ewma_20",
    "three_pt_makes_ewma_20",
    "margin_ewma_30",
    "opponent_margin_ewma_30",
    "home_away",
    "last_game_absent_minutes",
    "size",
    "plays_ewma_8",
    "is_available_today",
    "out_minutes_today",
    "out_points_today",
    "out_plays_today",
    "out_size_today",
    "available_size_today",
    "last_game_out_minutes",
    "last_game_out_points",
    "last_game_out_size",
    "last_game_available_minutes",
    "out_minutes_ewma_3",
    "out_points_ewma_3",
    "out_minutes_ewma_8",
    "out_points_ewma_8",
    "out_plays_ewma_8",
    "out_size_ewma_8",
    "available_minutes_ewma_8",
    "available_size_ewma_8",
)
STORE_COLUMNS = (*FORM_COLUMNS, *AVAILABILITY_COLUMNS, *_PARTS)
# The report of the game is known: NULL columns of today would not be a sign of health.
REPORT_COLUMN = "out_minutes_today"
# Which column of with_minutes is the points at the expected minutes and the player's longest-known rate.
USUAL_AT_MINUTES = -2


def form_inputs(features: pd.DataFrame) -> pd.DataFrame:
    """The inputs that rest on the past and the schedule alone: (n, 60), NaN where something is missing."""
    f = _columns(features)
    rate_30 = _over(f["points_ewma_30"], f["minutes_ewma_30"])
    field_goals = f["fg_attempts_ewma_8"] * _over(
        2 * f["fg_makes_ewma_20"] + f["three_pt_makes_ewma_20"], f["fg_attempts_ewma_25"]
    )
    free_throws = f["ft_attempts_ewma_8"] * _over(f["ft_makes_ewma_20"], f["ft_attempts_ewma_25"])
    venue = np.where(f["home_away"] == 1, _HOME_POINTS, -_HOME_POINTS)
    made = {
        # Recent minutes at a longer-known rate of scoring.
        "points_at_minutes_2": f["minutes_ewma_2"] * rate_30,
        "points_at_minutes_4": f["minutes_ewma_4"] * rate_30,
        # Recent attempts at longer-known shares made.
        "points_at_attempts_8": field_goals + free_throws,
        "points_per_minute_season": _over(f["points_avg_season"], f["minutes_avg_season"]),
        "expected_margin": f["margin_ewma_30"] - f["opponent_margin_ewma_30"] + venue,
        "minutes_share": _over(_TEAM_MINUTES * f["minutes_ewma_8"], f["rotation_minutes"]),
        "points_share": _over(f["points_ewma_8"], f["rotation_points"]),
        "absent_minutes_change": f["last_game_absent_minutes"] - f["absent_minutes_ewma_8"],
    }
    return _frame(features, {**{name: f[name] for name in FORM_COLUMNS}, **made})


def availability_inputs(features: pd.DataFrame) -> pd.DataFrame:
    """The inputs that rest on the game's injury report: (n, 41), NaN throughout without one."""
    f = _columns(features)
    available = f["is_available_today"]
    own = 1 - np.where(np.isnan(available), 0, available)
    changes = {
        f"out_{what}_change_{span}": f[f"out_{what}_today"] - f[f"out_{what}_ewma_{span}"]
        for what in ("minutes", "points")
        for span in (3, 8, 25)
    }
    size_change = f["out_size_today"] - f["out_size_ewma_8"]
    available_change = f["available_size_today"] - f["available_size_ewma_8"]
    made = {
        "minutes_share_today": _over(
            _TEAM_MINUTES * f["minutes_ewma_8"], f["available_minutes_today"] + own * f["minutes_ewma_8"]
        ),
        "minutes_share_4_today": _over(
            _TEAM_MINUTES * f["minutes_ewma_4"], f["available_minutes_4_today"] + own * f["minutes_ewma_4"]
        ),
        "points_share_today": _over(f["points_ewma_8"], f["available_points_today"]),
        "plays_share_today": _over(f["plays_ewma_8"], f["available_plays_today"]),
        "out_minutes_since_last": f["out_minutes_today"] - f["last_game_out_minutes"],
        "out_points_since_last": f["out_points_today"] - f["last_game_out_points"],
        "available_minutes_since_last": f["available_minutes_today"] - f["last_game_available_minutes"],
        **changes,
        "out_plays_change_8": f["out_plays_today"] - f["out_plays_ewma_8"],
        "out_size_change_8": size_change,
        "available_minutes_change_8": f["available_minutes_today"] - f["available_minutes_ewma_8"],
        "available_minutes_change_25": f["available_minutes_today"] - f["available_minutes_ewma_25"],
        "available_points_change_8": f["available_points_today"] - f["available_points_ewma_8"],
        "available_size_change_8": available_change,
        # A big man gains by a big man's absence.
        "out_role_change_8": size_change * f["size"],
        "available_role_change_8": available_change * f["size"],
        "out_role_since_last": (f["out_size_today"] - f["last_game_out_size"]) * f["size"],
    }
    return _frame(features, {**{name: f[name] for name in AVAILABILITY_COLUMNS}, **made})


def with_minutes(inputs: pd.DataFrame, minutes: npt.NDArray[np.float32]) -> Matrix:
    """The inputs beside expected minutes, and what those give at three known rates: (n, inputs + 4)."""
    at_8 = minutes / np.maximum(inputs["minutes_ewma_8"].to_numpy(dtype="float32"), 1)
    at_30 = minutes / np.maximum(inputs["minutes_ewma_30"].to_numpy(dtype="float32"), 1)
    columns = [
        inputs.to_numpy(dtype="float32"),
        minutes,
        at_8 * inputs["points_ewma_8"].to_numpy(dtype="float32"),
        at_30 * inputs["points_ewma_30"].to_numpy(dtype="float32"),
        at_8 * inputs["points_at_attempts_8"].to_numpy(dtype="float32"),
    ]
    matrix: Matrix = np.column_stack(columns).astype("float32")
    return matrix


def _columns(features: pd.DataFrame) -> dict[str, Floats]:
    """Each column as an array, (n,): as series, the figures below would take longer than the trees."""
    values = features.to_numpy(dtype="float64")
    return {name: values[:, place] for place, name in enumerate(features.columns)}


def _frame(features: pd.DataFrame, columns: dict[str, Floats]) -> pd.DataFrame:
    return pd.DataFrame(np.array(list(columns.values())).T, index=features.index, columns=list(columns))


def _over(above: Floats, below: Floats) -> Floats:
    """A quotient, NaN where it would divide by zero."""
    quotient: Floats = above / np.where(below != 0, below, np.nan)
    return quotient
