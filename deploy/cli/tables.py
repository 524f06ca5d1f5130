"""What the command line shows, as tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median
from typing import Any, Literal

from rich.table import Table

from predictions.systems.registry import ENSEMBLE, SYSTEM_IDS
from shared.warehouse.counts import row_counts
from shared.warehouse.specs import all_specs
from shared.warehouse.warehouse import Warehouse

# What was won at the prices, for which prices have to say something.
_AT_PRICES = ("bets", "roi", "profit")
# Each system's best book for each player, the best value first; a side without a price leaves the other's.
_SLATE = """
WITH offered AS (
  SELECT player_lookup, player_name, game_id, system_id, bookmaker, line, predicted_points, p_over,
         COALESCE(pooled_p_over, believed_p_over) AS believed,
         GREATEST(COALESCE(ev_over, ev_under), COALESCE(ev_under, ev_over)) AS ev,
         recommendation, quality_score
  FROM nba_predictions.player_prop_predictions
  WHERE game_date = @day AND status = 'PREDICTED' AND line IS NOT NULL AND is_main_line
)
SELECT * FROM offered
QUALIFY ROW_NUMBER() OVER (PARTITION BY player_lookup, system_id ORDER BY ev DESC, bookmaker) = 1
ORDER BY ev DESC, player_name
"""
_COUNTS = """
WITH players AS (
  SELECT COUNT(*) AS predictions, LOGICAL_OR(status = 'PREDICTED') AS predicted,
         LOGICAL_OR(status = 'PREDICTED' AND line IS NOT NULL) AS lined
  FROM nba_predictions.player_prop_predictions WHERE game_date BETWEEN @first AND @last
  GROUP BY game_id, player_lookup
)
SELECT COUNT(*) AS players, COUNTIF(lined) AS lined, COUNTIF(predicted) AS predicted,
       COUNTIF(NOT predicted) AS unpredicted, COALESCE(SUM(predictions), 0) AS predictions
FROM players
"""
# The later in the registry, the more of the others a system knows: the ensemble first, as in the console.
_RANK = {system_id: rank for rank, system_id in enumerate(reversed(SYSTEM_IDS))}
# Name -> how it is justified.
_COLUMNS: dict[str, Literal["left", "right"]] = {
    "player": "left",
    "game": "left",
    "line": "right",
    "book": "left",
    "system": "left",
    "median": "right",
    "P(over)": "right",
    "believed\nP(over)": "right",
    "EV": "right",
    "recommend": "left",
    "quality": "right",
}


def slate_counts(warehouse: Warehouse, first: date, last: date) -> dict[str, int]:
    """What is stored between two dates: `predictions` counts rows, the others players of a game.

    Of the `players` some system has `predicted` some, of whom `lined` have a line, and no system the others,
    `unpredicted`.
    """
    (counts,) = warehouse.rows(_COUNTS, first=first, last=last)
    return counts


def slate_table(warehouse: Warehouse, day: date, limit: int) -> Table:
    """The day's predictions, best value first: for each lined player the ensemble's at its best book."""
    counts = slate_counts(warehouse, day, day)
    rows = one_a_player(warehouse.rows(_SLATE, day=day))
    table = Table(title=f"Predictions for {day}", caption=_caption(counts, min(limit, len(rows)), len(rows)))
    for name, justify in _COLUMNS.items():
        table.add_column(name, justify=justify, overflow="fold")
    for row in rows[:limit]:
        table.add_row(*_slate_row(row))
    return table


def _caption(counts: Mapping[str, int], shown: int, lined: int) -> str:
    return (
        f"{counts['predictions']} rows of {counts['players']} players: {counts['predicted']} predicted by "
        f"some system, {counts['lined']} of them with a line, and {counts['unpredicted']} by none, the "
        "reason in their rows.\n"
        f"Shown: {shown} of {lined} players with a line, each by {ENSEMBLE}, or by the system named where "
        "that cannot, at the book with the best value.\n"
        "P(over) is the system's own. EV, the better side's, is by the believed P(over, if no push): drawn "
        "towards the line, and pooled with the market's where its prices say something."
    )


def one_a_player(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of each player (player_lookup) the row of the system (system_id) to go by, in the order given."""
    chosen: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: _RANK.get(row["system_id"], len(_RANK))):
        chosen.setdefault(row["player_lookup"], row)
    return [row for row in rows if chosen[row["player_lookup"]] is row]


def _slate_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    _, away, home = row["game_id"].split("_")
    return (
        row["player_name"],
        f"{away} @ {home}",
        f"{row['line']:g}",
        row["bookmaker"],
        row["system_id"],
        f"{row['predicted_points']:.1f}",
        f"{row['p_over']:.3f}",
        _or_dash(row["believed"], ".3f"),
        _or_dash(row["ev"], "+.3f"),
        row["recommendation"],
        f"{row['quality_score']:.0f}",
    )


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def stored_table(warehouse: Warehouse) -> Table:
    """Every table of the platform with its rows, phase by phase; where it is narrow, what a row is wraps."""
    specs = [s for s in all_specs().values() if s.kind != "view"]
    counts = row_counts(warehouse)
    table = Table(title="What is stored")
    table.add_column("table", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("one row is")
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
    hidden = {"system_id", "group", *(() if any(row["priced_rows"] for row in rows) else _AT_PRICES)}
    for name in rows[0] if rows else ():
        if name not in hidden and not name.endswith("_se"):
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
    # A price that is the same for everybody is no market's: what would have been won at it means nothing.
    units = (
        f"{row['profit'] or 0:+.1f} units on {row['bets']} bets"
        if row["priced_rows"]
        else "its prices say nothing of profit"
    )
    return (
        f"{row['system_id']} on {row['games']} games: {abs(difference):.2f}{spread} points {than} the line "
        f"on {row['players_lined']} lined players; {units}. "
        "A difference within two standard errors means nothing."
    )
