"""What the command line shows, as tables."""

from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Any

from rich.table import Table

from shared.warehouse.counts import row_counts
from shared.warehouse.specs import all_specs
from shared.warehouse.warehouse import Warehouse

_SLATE = """
SELECT player_name, team_abbr, opponent_team_abbr, game_id, bookmaker, line, over_price, under_price,
       predicted_points, p_over, ev_over, ev_under, recommendation, quality_score
FROM nba_predictions.player_prop_predictions
WHERE game_date = @day AND status = 'PREDICTED' AND line IS NOT NULL AND is_main_line
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY player_lookup, system_id ORDER BY GREATEST(ev_over, ev_under) DESC, bookmaker) = 1
ORDER BY GREATEST(ev_over, ev_under) DESC, player_name
"""
_COUNTS = """
SELECT COUNT(DISTINCT CONCAT(game_id, player_lookup)) AS players,
       COUNT(DISTINCT IF(line IS NOT NULL, player_lookup, NULL)) AS lined,
       COUNT(DISTINCT IF(status = 'PREDICTED', NULL, player_lookup)) AS unpredicted,
       COUNT(*) AS predictions
FROM nba_predictions.player_prop_predictions WHERE game_date BETWEEN @first AND @last
"""


def slate_counts(warehouse: Warehouse, first: date, last: date) -> dict[str, int]:
    """Predictions stored between two dates: rows, players, those with a line, those skipped."""
    (counts,) = warehouse.rows(_COUNTS, first=first, last=last)
    return counts


def slate_table(warehouse: Warehouse, day: date, limit: int) -> Table:
    """The day's predictions: for each lined player the book whose main line has the best expected value."""
    counts = slate_counts(warehouse, day, day)
    rows = warehouse.rows(_SLATE, day=day)
    table = Table(
        title=f"Predictions for {day}",
        caption=(
            f"{counts['predictions']} rows: {counts['players']} players, {counts['lined']} with a line, "
            f"{counts['unpredicted']} not predicted, with the reason in their row. "
            f"Shown: {min(limit, len(rows))} of {len(rows)} lined players, at the book with the best value"
        ),
    )
    for name in ("player", "game", "line", "book", "median", "P(over)", "EV", "recommend", "quality"):
        table.add_column(name, justify="left" if name in ("player", "game", "book", "recommend") else "right")
    for row in rows[:limit]:
        table.add_row(*_slate_row(row))
    return table


def _slate_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    best = max(row["ev_over"], row["ev_under"])
    _, away, home = row["game_id"].split("_")
    return (
        row["player_name"],
        f"{away} @ {home}",
        f"{row['line']:g}",
        row["bookmaker"],
        f"{row['predicted_points']:.1f}",
        f"{row['p_over']:.3f}",
        f"{best:+.3f}",
        row["recommendation"],
        f"{row['quality_score']:.0f}",
    )


def stored_table(warehouse: Warehouse) -> Table:
    """Every table of the platform with its rows, phase by phase."""
    specs = [s for s in all_specs().values() if s.kind != "view"]
    counts = row_counts(warehouse)
    table = Table(title="What is stored")
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("one row is", no_wrap=True)
    for spec in sorted(specs, key=lambda s: (_DATASETS.index(s.dataset), s.name)):
        if counts[spec.table]:
            table.add_row(spec.table, f"{counts[spec.table]:,}", spec.row)
    return table


_DATASETS = [
    "nba_raw",
    "nba_analytics",
    "nba_precompute",
    "nba_predictions",
    "nba_orchestration",
    "nba_reference",
]


def time_table(timings: Mapping[str, list[float]]) -> Table:
    """Where the time went: seconds in all, and for what ran several times the median and the range."""
    table = Table(title="Where the time went")
    table.add_column("step")
    for name in ("times", "seconds", "median", "min", "max"):
        table.add_column(name, justify="right")
    for step, spent in timings.items():
        figures = (sum(spent), median(spent), min(spent), max(spent))
        table.add_row(step, str(len(spent)), *(f"{figure:.1f}" for figure in figures))
    table.add_row("total", "", f"{sum(map(sum, timings.values())):.1f}", style="bold")
    return table


def accuracy_table(rows: list[dict[str, Any]]) -> Table:
    """The measured accuracy, a column a system: figures beside the line and the naive baseline."""
    table = Table(title="Graded" if rows else "Nothing was graded")
    table.add_column("measure")
    for row in rows:
        table.add_column(str(row["system_id"]), justify="right")
    for name in rows[0] if rows else ():
        if name not in ("system_id", "group") and not name.endswith("_se"):
            table.add_row(name, *(_measured(row, name) for row in rows))
    return table


def _measured(row: Mapping[str, Any], name: str) -> str:
    """A figure, with its standard error where it has one."""
    error = row.get(f"{name}_se")
    return _figure(row[name]) + (f" ± {_figure(error)}" if error is not None else "")


def _figure(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def verdict(rows: list[dict[str, Any]]) -> str:
    """What the graded figures say, in a sentence a system."""
    return "\n".join(_verdict(row) for row in rows if row["mae_minus_line"] is not None)


def _verdict(row: Mapping[str, Any]) -> str:
    difference, error = row["mae_minus_line"], row["mae_minus_line_se"]
    spread = f" ± {error:.2f}" if error is not None else ""
    than = "worse than" if difference > 0 else "better than"
    return (
        f"{row['system_id']} on {row['games']} games: {abs(difference):.2f}{spread} points {than} the line "
        f"on {row['players_lined']} lined players; {row['profit'] or 0:+.1f} units on {row['bets']} bets. "
        "A difference within two standard errors means nothing."
    )
