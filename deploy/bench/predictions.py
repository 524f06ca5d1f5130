"""How many predictions a second the champion's systems make on one core, from features to the table of rows.

Seconds are of processor time, all threads together: what else the machine does is no part of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa
from rich.table import Table

from predictions.systems.contract import load_contract
from predictions.systems.inputs import STORE_COLUMNS
from predictions.systems.model import unpack_model
from predictions.systems.players import players_schema, players_table
from predictions.systems.rows import prediction_table
from predictions.training.champion import packaged_champion

_TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
_BOOKS = ("betmgm", "caesars", "draftkings", "fanatics", "fanduel")


@dataclass(frozen=True)
class Speed:
    """Processor seconds of each repetition.

    Args:
        rows: predictions of one repetition.
        whole: of features and lines in, the table of all systems' rows out.
        by_system: system_id -> of the same for this system alone; the ensemble's with its members.
    """

    players: int
    rows: int
    whole: list[float]
    by_system: dict[str, list[float]]

    @property
    def rows_per_second(self) -> float:
        """By the median repetition."""
        return self.rows / median(self.whole)

    def table(self) -> Table:
        """A line for each system alone, and one for all of them together."""
        systems = len(self.by_system)
        shown = Table(
            title=f"{self.players} players x {systems} systems: {self.rows:,} predictions, one core"
        )
        for name in ("what", "median ms", "fastest ms", "slowest ms", "predictions a second"):
            shown.add_column(name, justify="left" if name == "what" else "right")
        for system, seconds in self.by_system.items():
            shown.add_row(*_figures(system, seconds, self.rows // systems))
        shown.add_section()
        shown.add_row(*_figures("all together", self.whole, self.rows), style="bold")
        return shown


def _figures(what: str, seconds: list[float], rows: int) -> tuple[str, ...]:
    times = (f"{1000 * value:.2f}" for value in (median(seconds), min(seconds), max(seconds)))
    return what, *times, f"{rows / median(seconds):,.0f}"


def measure(players: int, lines: int, repetitions: int) -> Speed:
    """Predicts a made-up slate with every system of the champion that ships, after a run not counted."""
    slate, systems = made_up_slate(players, lines), unpack_model(packaged_champion()[0]).systems()
    rows = prediction_table(slate, systems).num_rows
    alone = {name: systems.only([name]) for name in systems.system_ids}
    whole = _timed(lambda: prediction_table(slate, systems), repetitions)
    by_system = {
        name: _timed(partial(prediction_table, slate, one), repetitions) for name, one in alone.items()
    }
    return Speed(players, rows, whole, by_system)


def _timed(work: Callable[[], object], repetitions: int) -> list[float]:
    seconds = []
    for _ in range(repetitions):
        started = process_time()
        work()
        seconds.append(process_time() - started)
    return seconds


def made_up_slate(players: int, lines: int) -> pa.Table:
    """Players with every feature, random, each with a number of lines: for timing only."""
    rng = np.random.default_rng(7)
    return players_table(_player(rng, number, lines) for number in range(players))


def _player(rng: np.random.Generator, number: int, lines: int) -> dict[str, Any]:
    usual = rng.uniform(3, 30)
    features = dict.fromkeys(load_contract().features, 0.0)
    features |= {name: rng.uniform(0, 40) for name in STORE_COLUMNS}
    averages = [name for name in features if name.startswith(("points_avg", "points_ewma"))]
    spreads = ("points_std_last_10", "similarity_points_std")
    return {
        **{name: _whole(name, value) for name, value in features.items()},
        **_identity(number),
        **{name: usual + rng.normal(0, 2) ** 2 for name in (*averages, "similarity_baseline")},
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
        "vegas_points_line": round(usual) + 0.5,
        "lines": [_offer(rng, _BOOKS[n % len(_BOOKS)], round(usual) + n - 1.5) for n in range(lines)],
    }


def _whole(feature: str, value: float) -> float | int:
    """In the type of the store's column."""
    return int(value) if pa.types.is_integer(players_schema().field(feature).type) else value


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
