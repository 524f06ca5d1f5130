"""The figures of a span of graded dates as an operator reads them, with what they are to be held against."""

from typing import Any

from pydantic import Field

from predictions.grading.summary import By, accuracy_summary
from shared.messages import DateSpan
from shared.warehouse.warehouse import Warehouse

# What must be won of bets at -110, the usual price: 110 / 210.
BREAK_EVEN_AT_MINUS_110 = 0.5238
_NOTE = (
    "Every _se is a standard error clustered by game date, null with fewer than two dates; a difference "
    "within two of them means nothing. mae_lined, line_mae_lined, season_mae_lined and ewma_mae_lined are "
    "of the same players_lined; brier_priced, pooled_brier and market_brier, and the log losses, of the same "
    "priced_rows; pooled is the system's chance after the market had its say. A hit rate has to beat "
    "break_even_rate, 52.38 % at -110, for a profit. Voids count in players_voided alone, pushes in roi at 0."
)


class PerformanceQuery(DateSpan):
    """Which graded dates, and by what."""

    by: By = Field(default="system", description="What a group is.")
    system_id: str | None = Field(
        default=None, pattern=r"^[a-z0-9_]{1,100}$", description="One system; every one when omitted."
    )


def performance(warehouse: Warehouse, query: PerformanceQuery) -> dict[str, Any]:
    """The figures of each group, {count, rows}, beside the break-even and how to read them."""
    rows = accuracy_summary(
        warehouse, query.from_date, query.to_date, query.by, cluster="date", system_id=query.system_id
    )
    return {
        "from_date": query.from_date,
        "to_date": query.to_date,
        "by": query.by,
        "clustered_by": "game_date",
        "break_even_at_minus_110": BREAK_EVEN_AT_MINUS_110,
        "note": _NOTE,
        "count": len(rows),
        "rows": rows,
    }
