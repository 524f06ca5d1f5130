"""How good the systems were over a span of graded dates, beside the line and the season's average."""

from datetime import date
from pathlib import Path
from typing import Any

from predictions.systems.contract import load_contract
from shared.warehouse.warehouse import Warehouse

_SQL = Path(__file__).with_name("accuracy_summary.sql").read_text()


def accuracy_summary(warehouse: Warehouse, from_date: date, to_date: date) -> list[dict[str, Any]]:
    """One mapping for each system, figures None where nothing was there to measure.

    A player-game counts once for each system, however many lines it had; voids count in nothing but
    players_voided. Standard errors (`_se`) are clustered by game and None with fewer than two games.

    Returns:
        Points: mae (of the median) and season_mae (the season's average) of the same players; on those with a
        line mae_lined, line_mae_lined (the median over books of their main lines), season_mae_lined and
        mae_minus_line; bias (above 0: too high) and crps.
        Shares: coverage_80 (between the 10 % and 90 % quantiles), hit_rate of `recommendations` (pushes
        apart); brier is of `brier_rows`.
        Units: profit and roi of `bets`, pushes included at 0.
        closing_line_value is in points over closing_line_rows.
    """
    feature_version = load_contract().feature_version
    return warehouse.rows(_SQL, first=from_date, last=to_date, feature_version=feature_version)
