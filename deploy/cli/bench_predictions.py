"""How many predictions a second the systems make on one core, the arrow table of the rows included."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
from rich.table import Table

from predictions.systems.players import feature_frame, players_table
from predictions.systems.registry import without_model
from predictions.systems.rows import prediction_table

_TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
_BOOKS = ("betmgm", "caesars", "draftkings", "fanatics", "fanduel")


@dataclass(frozen=True)
class Speed:
    """Seconds of each repetition, of the systems alone and of the whole table."""

    players: int
    systems: int
    rows: int
    systems_seconds: list[float]
    table_seconds: list[float]

    @property
    def rows_per_second(self) -> float:
        return self.rows / median(self.table_seconds)

    def table(self) -> Table:
        """A line for each of the two."""
        title = f"{self.players} players x {self.systems} systems: {self.rows:,} predictions, one core"
        shown = Table(title=title)
        for name in ("what", "median ms", "fastest ms", "slowest ms", "predictions a second"):
            shown.add_column(name, justify="left" if name == "what" else "right")
        for what, seconds in (
            ("systems alone", self.systems_seconds),
            ("prediction_table", self.table_seconds),
        ):
            times = (f"{1000 * value:.2f}" for value in (median(seconds), min(seconds), max(seconds)))
            shown.add_row(what, *times, f"{self.rows / median(seconds):,.0f}")
        return shown


def measure(players: int, lines: int, repetitions: int) -> Speed:
    """Predicts a made-up slate with every formula system, after one run that is not counted."""
    slate, systems = made_up_slate(players, lines), without_model()
    rows = prediction_table(slate, systems).num_rows
    alone = _timed(lambda: systems.run(feature_frame(slate)), repetitions)
    whole = _timed(lambda: prediction_table(slate, systems), repetitions)
    return Speed(players, len(systems.system_ids), rows, alone, whole)


def _timed(work: Any, repetitions: int) -> list[float]:
    seconds = []
    for _ in range(repetitions):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return seconds


def made_up_slate(players: int, lines: int) -> pa.Table:
    """Players with random features, each with a number of lines: for timing only."""
    rng = np.random.default_rng(7)
    return players_table(_player(rng, number, lines) for number in range(players))


def _player(rng: np.random.Generator, number: int, lines: int) -> dict[str, Any]:
    usual = rng.uniform(3, 30)
    averages = ("points_avg_last_5", "points_avg_last_10", "points_avg_season", "similarity_baseline")
    spreads = ("points_std_last_10", "similarity_points_std")
    return {
        **_identity(number),
        **{name: usual + rng.normal(0, 2) ** 2 for name in averages},
        **{name: rng.uniform(3, 9) for name in spreads},
        **dict(zip(("pct_paint", "pct_mid_range", "pct_three"), rng.dirichlet((4, 2, 4)), strict=True)),
        "pct_free_throw": rng.uniform(0, 0.4),
        "opponent_def_rating": rng.normal(113, 3),
        "home_away": number % 2,
        "back_to_back": int(rng.random() < 0.2),
        "fatigue_score": int(rng.integers(20, 101)),
        "shot_zone_mismatch_score": rng.normal(0, 2),
        "pace_score": rng.normal(0, 1),
        "usage_spike_score": rng.normal(0, 0.5),
        "games_played_season": int(rng.integers(1, 60)),
        "similar_games": int(rng.integers(5, 21)),
        "lines": [_offer(rng, _BOOKS[n % len(_BOOKS)], round(usual) + n - 1.5) for n in range(lines)],
    }


def _identity(number: int) -> dict[str, Any]:
    return {
        "game_date": date(2024, 12, 3),
        "game_id": f"20241203_A{number // 30:02d}_H{number // 30:02d}",
        "tip_at": _TIP,
        "cutoff": _TIP,
        "player_lookup": f"player{number}",
        "player_id": number,
        "player_name": f"Player {number}",
        "team_abbr": "HHH",
        "opponent_team_abbr": "AAA",
        "quality_score": 100.0,
        "feature_version": "v3",
    }


def _offer(rng: np.random.Generator, bookmaker: str, line: float) -> dict[str, Any]:
    prices = {"over_price": -int(rng.integers(105, 130)), "under_price": -int(rng.integers(105, 130))}
    return {"bookmaker": bookmaker, "line": line, **prices, "is_main": True, "snapshot_at": _TIP}
