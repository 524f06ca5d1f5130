"""A slate's predictions: what the API's route reads, in an order of one's choice, with distributions."""

from datetime import date
from pathlib import Path
from typing import Any, Literal

from flask import Blueprint, render_template, request, url_for
from pydantic import Field

from orchestration.platform import Platform
from predictions.coordinator.console.questions import asked, link, newest_date, turned
from predictions.coordinator.console.spread import Spread
from predictions.coordinator.reading import BETTER_EV, ORDER, PredictionsPage, read_predictions
from shared.fields import IsoDate
from shared.http.pages import Rows
from shared.warehouse.warehouse import Warehouse

_CHOICES = Path(__file__).with_name("choices.sql").read_text()
# What the page calls a column -> how its rows are put in order; the rest of the order tells equal ones apart.
_ORDERS = {
    "player": "player_lookup",
    "game": "game_id",
    "system": "system_id",
    "book": "bookmaker",
    "line": "line",
    "median": "predicted_points DESC",
    "over": "p_over DESC",
    "ev": f"{BETTER_EV} DESC",
    "confidence": "confidence DESC",
    "quality": "quality_score",
}
Sort = Literal["player", "game", "system", "book", "line", "median", "over", "ev", "confidence", "quality"]
_RECOMMENDATIONS = ("OVER", "UNDER", "PASS", "NO_LINE")


class PredictionsQuestion(PredictionsPage):
    """Which predictions of which date, and in which order."""

    game_date: IsoDate | None = Field(default=None, description="The newest that is stored, if not given.")
    sort: Sort = "game"


def add_predictions(console: Blueprint, platform: Platform) -> None:
    """GET /console/predictions."""

    @console.get("/predictions")
    def predictions() -> str:
        question = asked(PredictionsQuestion)
        day = question.game_date or newest_date(platform.warehouse, "player_prop_predictions")
        choices = _choices(platform.warehouse, day)
        if "system_id" not in request.args and "ensemble" in choices["system_id"]:
            question.system_id = "ensemble"
        order = f"{_ORDERS[question.sort]}, {ORDER}"
        found = read_predictions(platform.warehouse, day, question, order)
        page = turned(question, found, lambda offset: _link(question, day, offset=offset))
        page["rows"] = [{**row, "spread": Spread.of(row), "ev": _better(row)} for row in page["rows"]]
        return render_template(
            "console/predictions.html",
            day=day,
            question=question,
            choices=choices,
            directions={name: _direction(order) for name, order in _ORDERS.items()},
            player_link=lambda player: link(
                url_for("console.predictions"), {"game_date": day, "player_lookup": player, "system_id": ""}
            ),
            sorts={name: _link(question, day, sort=name, offset=None) for name in _ORDERS},
            **page,
        )


def _direction(order: str) -> str:
    return "descending" if order.endswith(" DESC") else "ascending"


def _better(row: dict[str, Any]) -> float | None:
    """The better side's expected value, as the filter has it."""
    known = [row[side] for side in ("ev_over", "ev_under") if row[side] is not None]
    return max(known) if known else None


def _choices(warehouse: Warehouse, day: date) -> dict[str, list[str]]:
    """What the date's rows can be filtered by."""
    rows: Rows = warehouse.rows(_CHOICES, game_date=day)
    found: dict[str, list[str]] = {"game_id": [], "system_id": [], "bookmaker": []}
    for row in rows:
        found[row["name"]].append(row["value"])
    return {**found, "recommendation": list(_RECOMMENDATIONS)}


def _link(question: PredictionsQuestion, day: date, **changes: Any) -> str:
    """The same question with something changed."""
    kept = {"system_id": "", **question.filters(), "game_date": day, "sort": question.sort}
    return link(url_for("console.predictions"), kept | changes)
