"""How like a real season a simulated one is: the same statistics of two archives side by side.

The oracle has no counterpart in reality, where nobody knows the truth. What stands in for it is the
best-informed model measured on 2024-25 (all rows, EWMA 4.655): 4.405 with availability known, 0.03 better
with the day's starting five, known to the oracle from the coach's plan. So REFERENCE_GAP is 0.28 (0.25
without them). A model that has to learn falls short of the truth: the real gap is larger still.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HALF_LIFE = 8
LEAST_HISTORY = 5  # games before, for a row to be scored
REGULAR_GAMES, REGULAR_POINTS = 20, 5.0  # whose sequence and variance are looked at
REFERENCE_GAP = 0.28
LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)


def compare(archive_a: Path, archive_b: Path, seasons_b: tuple[str, ...] | None = None) -> pd.DataFrame:
    """One row a statistic: `a`, `b`, and `ratio` a / b (NaN where b is 0). `seasons_b` picks seasons of b."""
    a, b = statistics(read_box(archive_a)), statistics(read_box(archive_b, seasons_b))
    return side_by_side(a, b)


def side_by_side(a: pd.Series, b: pd.Series) -> pd.DataFrame:
    """The table of `compare` from two results of `statistics`."""
    table = pd.DataFrame({"a": a, "b": b})
    table["ratio"] = table["a"] / table["b"].where(table["b"] != 0)
    return table


def read_box(archive: Path, seasons: tuple[str, ...] | None = None) -> pd.DataFrame:
    """player_box.parquet of an archive, of the named seasons or of all."""
    columns = ["season", "game_date", "game_id", "player_id", "status", "points", "minutes"]
    box = pd.read_parquet(Path(archive) / "player_box.parquet", columns=columns)
    return box if seasons is None else box[box["season"].isin(seasons)]


def played_rows(box: pd.DataFrame, by: tuple[str, ...] = ("season", "player_id")) -> pd.DataFrame:
    """Rows that played, by player and date, with `history`, `ewma` and `ewma_minutes` as before tip.

    History starts anew with each season; with `by` = ("player_id",) it goes on.
    """
    rows = box[box["status"] == "PLAYED"].sort_values([*by, "game_date", "game_id"])
    rows = rows.assign(points=rows["points"].astype(float)).reset_index(drop=True)
    groups = rows.groupby(list(by), sort=False)
    rows["history"] = groups.cumcount()
    for source, target in (("points", "ewma"), ("minutes", "ewma_minutes")):
        smooth = groups[source].ewm(halflife=HALF_LIFE).mean().droplevel(list(by))
        rows[target] = smooth.groupby([rows[key] for key in by]).shift(1)
    return rows


def statistics(box: pd.DataFrame) -> pd.Series:
    """The statistics that a simulated season is held against, by name."""
    rows = played_rows(box)
    scored = rows[rows["history"] >= LEAST_HISTORY]
    values = {"rows played": float(len(rows)) / box["season"].nunique()}
    for column in ("points", "minutes"):
        values |= _shape(rows[column], column)
    values["DNP rate"] = float((box["status"] != "PLAYED").mean())
    values |= _sequence(rows)
    values["EWMA MAE points"] = float((scored["points"] - scored["ewma"]).abs().mean())
    values["EWMA MAE minutes"] = float((scored["minutes"] - scored["ewma_minutes"]).abs().mean())
    return pd.Series(values)


def _shape(column: pd.Series, name: str) -> dict[str, float]:
    values = {f"{name} mean": column.mean(), f"{name} sd": column.std()}
    return values | {f"{name} q{round(100 * q)}": _smooth_quantile(column, q) for q in LEVELS}


def _smooth_quantile(column: pd.Series, level: float) -> float:
    """Points and minutes are taken in steps of one, each spread evenly over half a step either side."""
    step = np.rint(column.to_numpy())
    middle = np.quantile(step, level)
    return float(middle - 0.5 + (level - (step < middle).mean()) / (step == middle).mean())


def _sequence(rows: pd.DataFrame) -> dict[str, float]:
    """Lag-1 correlation of points, about the player's season mean and as it is, and variance over mean."""
    groups = rows.groupby(["season", "player_id"], sort=False)["points"]
    mean, size, following = groups.transform("mean"), groups.transform("size"), groups.shift(-1)
    pair = (size >= REGULAR_GAMES) & following.notna()
    regular = (size >= REGULAR_GAMES) & (mean >= REGULAR_POINTS)
    about = rows["points"] - mean
    return {
        "lag-1 r points, centred": _correlation(about[pair], (following - mean)[pair]),
        "lag-1 r points": _correlation(rows["points"][pair], following[pair]),
        "variance / mean points": float((about[regular] ** 2).sum() / (mean * (1 - 1 / size))[regular].sum()),
    }


def _correlation(one: pd.Series, two: pd.Series) -> float:
    return float(np.corrcoef(one, two)[0, 1])


def scored_with_oracle(archive: Path, oracle: Path) -> pd.DataFrame:
    """The rows with enough history, this season's and earlier ones', joined with the oracle's columns."""
    rows = played_rows(read_box(archive), by=("player_id",))
    truth = pd.read_parquet(oracle).drop(columns=["game_date", "season", "team"])
    joined = rows.merge(truth, on=["game_id", "player_id"], validate="one_to_one")
    return joined[joined["history"] >= LEAST_HISTORY]


def excess_error(rows: pd.DataFrame, predicted: pd.Series) -> tuple[float, float]:
    """Mean absolute error of `predicted` less the oracle's, and its standard error clustered by game."""
    excess = (rows["points"] - predicted).abs() - (rows["points"] - rows["median"]).abs()
    mean = float(excess.mean())
    by_game = (excess - mean).groupby(rows["game_id"]).sum()
    return mean, float(np.sqrt((by_game**2).sum()) / len(excess))
