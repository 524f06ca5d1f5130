"""How the predictions fared: what GET /api/v1/performance answers, as tables and charts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from pydantic import BaseModel, ConfigDict, Field

from orchestration.platform import Platform
from predictions.coordinator.console import charts
from predictions.coordinator.console.charts import Figure
from predictions.coordinator.console.questions import asked, newest_date
from predictions.grading.performance import PerformanceQuery, performance
from predictions.grading.summary import By
from shared.fields import IsoDate

_BYS = ("system", "bookmaker", "line_band", "confidence_decile", "month")
_DAYS = 30
# More are no picture.
_MOST_LABELS = 14
# A share of fewer is noise, and stands in the table alone.
FEWEST = 20
_ERRORS = {
    "the system": "mae_lined",
    "the line": "line_mae_lined",
    "season's average": "season_mae_lined",
    "EWMA": "ewma_mae_lined",
}
Rows = Sequence[Mapping[str, Any]]


class RecordQuestion(BaseModel):
    """Which graded dates, and by what; thirty days up to the newest, if not given."""

    model_config = ConfigDict(extra="forbid")

    from_date: IsoDate | None = None
    to_date: IsoDate | None = None
    by: By = "system"
    system_id: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,100}$")


def add_record(console: Blueprint, platform: Platform) -> None:
    """GET /console/record."""

    @console.get("/record")
    def record() -> str:
        query = _query(platform, asked(RecordQuestion))
        found = performance(platform.warehouse, query)
        deciles = performance(platform.warehouse, query.model_copy(update={"by": "confidence_decile"}))[
            "rows"
        ]
        return render_template(
            "console/record.html",
            query=query,
            bys=_BYS,
            found=found,
            rows=found["rows"],
            deciles=deciles,
            systems=sorted({row["system_id"] for row in deciles} | {query.system_id or ""} - {""}),
            size=(charts.WIDTH, charts.HEIGHT),
            pictures=pictures(query, found["rows"], deciles),
        )


def _query(platform: Platform, question: RecordQuestion) -> PerformanceQuery:
    last = question.to_date or newest_date(platform.warehouse, "prediction_accuracy")
    first = question.from_date or last - timedelta(days=_DAYS - 1)
    return PerformanceQuery(from_date=first, to_date=last, by=question.by, system_id=question.system_id)


def pictures(query: PerformanceQuery, rows: Rows, deciles: Rows) -> list[tuple[str, str]]:
    """Each chart with what it shows; none of nothing."""
    found = []
    lined = [row for row in rows if row["players_lined"]]
    if 0 < len(lined) <= _MOST_LABELS:
        series = {name: _figures(lined, measure) for name, measure in _ERRORS.items()}
        text = "Mean absolute error beside line and baselines on the same rows, with two standard errors"
        found.append((text, charts.bars(_labels(query, lined), series, "points")))
    if said := [row for row in deciles if row["recommendations"] >= FEWEST]:
        found.append(_calibration(said))
    bet = [row for row in rows if row["bets"] and row["priced_rows"]]
    if 0 < len(bet) <= _MOST_LABELS:
        series = {"return": _figures(bet, "roi")}
        text = "Return of a unit on each recommendation, with two standard errors"
        found.append((text, charts.bars(_labels(query, bet), series, "units a bet")))
    return found


def _calibration(rows: Rows) -> tuple[str, str]:
    groups = sorted({row["group"] for row in rows})
    by_system: dict[str, dict[str, Figure]] = {}
    for row in rows:
        by_system.setdefault(row["system_id"], {})[row["group"]] = Figure(row["hit_rate"], row["hit_rate_se"])
    nothing = Figure(None)
    series = {system: [own.get(g, nothing) for g in groups] for system, own in by_system.items()}
    # A decile's name is its upper end in tenths; its rows lie around its middle.
    ends = [int(group) for group in groups]
    labels = [f"{10 * end - 10} to {10 * end} %" for end in ends]
    text = f"Share of recommendations that won, by their confidence, where there are at least {FEWEST}"
    return text, charts.calibration(labels, [(end - 0.5) / 10 for end in ends], series)


def _figures(rows: Rows, measure: str) -> list[Figure]:
    return [Figure(row[measure], row[f"{measure}_se"]) for row in rows]


def _labels(query: PerformanceQuery, rows: Rows) -> list[str]:
    if query.by == "system":
        return [row["system_id"] for row in rows]
    return [row["group"] if query.system_id else f"{row['group']} {row['system_id']}" for row in rows]
