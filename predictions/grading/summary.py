"""How good the systems were over a span of graded dates, beside the line and two naive baselines."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from predictions.systems.contract import load_contract
from shared.warehouse.parameters import nullable
from shared.warehouse.warehouse import Warehouse

By = Literal["system", "bookmaker", "line_band", "confidence_decile", "month"]
Cluster = Literal["game", "date"]
Row = dict[str, Any]
_SQL = Path(__file__).with_name("accuracy_summary.sql").read_text()
_COUNTS = ("row_count", "dates", "games", "players_voided", "pushes")
# Measure -> the name under which the number of its values is given; those of one bracket share it.
_NUMBERS = {
    "mae": "players_graded",
    "bias": None,
    "crps": None,
    "coverage_80": None,
    "mae_compared": "players_compared",
    "season_mae": None,
    "ewma_mae": None,
    "mae_lined": "players_lined",
    "line_mae_lined": None,
    "season_mae_lined": None,
    "ewma_mae_lined": None,
    "mae_minus_line": None,
    "brier": "brier_rows",
    "log_loss": None,
    "brier_priced": "priced_rows",
    "market_brier": None,
    "brier_minus_market": None,
    "pooled_brier": None,
    "pooled_brier_minus_market": None,
    "log_loss_priced": None,
    "pooled_log_loss": None,
    "market_log_loss": None,
    "hit_rate": "recommendations",
    "break_even_rate": None,
    "roi": "bets",
    "closing_line_value": "closing_line_rows",
    "closing_probability_value": "closing_probability_rows",
}


def accuracy_summary(
    warehouse: Warehouse,
    from_date: date,
    to_date: date,
    by: By = "system",
    cluster: Cluster = "game",
    system_id: str | None = None,
) -> list[Row]:
    """One mapping for each group of each system, figures None where nothing was there to measure.

    A player-game counts once for each system and group, however many lines it had; voids count in nothing but
    players_voided. Every measure X has its standard error X_se, clustered by game or date and None with fewer
    than two of them.

    Args:
        by: `group` is then the system, the book (none without a line), the band of the line evaluated, the
            confidence's decile (01 to 10) or the month (YYYY-MM).

    Returns:
        Points, of players_graded: mae (of the median), bias (above 0: too high), crps.
        Points, of players_compared, who have both baselines: mae_compared, season_mae (the season's average),
        ewma_mae (points_ewma_8). Of players_lined, who have a line as well: mae_lined, line_mae_lined (the
        median over books of their main lines), season_mae_lined, ewma_mae_lined, mae_minus_line.
        Shares: coverage_80 (between the 10 % and 90 % quantiles); hit_rate of `recommendations`, pushes
        apart, and break_even_rate, the one that their prices ask for.
        brier and log_loss (nats) of brier_rows; of priced_rows, both sides of which had a price, brier_priced
        and log_loss_priced of the system's own chances, pooled_brier and pooled_log_loss of those that it
        recommended by, market_brier and market_log_loss.
        Units: profit and roi of `bets`, pushes included at 0.
        closing_line_value in points, closing_probability_value as a difference of no-vig chances.
    """
    rows = warehouse.rows(
        _SQL,
        first=from_date,
        last=to_date,
        by=by,
        cluster=cluster,
        system_id=nullable(system_id, "STRING"),
        feature_version=load_contract().feature_version,
    )
    groups = groupby(rows, key=lambda row: (row["group_name"], row["system_id"]))
    return [_flat(system, group, list(measures)) for (group, system), measures in groups]


def _flat(system: str, group: str, rows: list[Row]) -> Row:
    measured = {row["measure"]: row for row in rows}
    counts = {name: rows[0][name] for name in _COUNTS}
    found = {"system_id": system, "group": group, **counts, **_figures(measured)}
    return {**found, "profit": None if found["roi"] is None else found["roi"] * found["bets"]}


def _figures(measured: Mapping[str, Row]) -> Row:
    nothing = {"n": 0, "mean": None, "standard_error": None}
    return dict(
        figure
        for measure, number in _NUMBERS.items()
        for figure in _named(measure, number, measured.get(measure, nothing))
    )


def _named(measure: str, number: str | None, row: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    if number:
        yield number, row["n"]
    yield measure, row["mean"]
    yield f"{measure}_se", row["standard_error"]
