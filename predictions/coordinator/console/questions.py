"""What a page is asked: the query of its address, read by a model like the API's."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import BaseModel

from shared.clock import eastern_today
from shared.http.pages import Page, Rows
from shared.warehouse.warehouse import Warehouse

M = TypeVar("M", bound=BaseModel)
NewestOf = Literal["pipeline_events", "player_prop_predictions", "prediction_accuracy"]
_NEWEST: Mapping[NewestOf, str] = {
    "pipeline_events": """
        SELECT MAX(game_date) AS newest FROM nba_orchestration.pipeline_events WHERE game_date <= @today
        """,
    "player_prop_predictions": """
        SELECT MAX(game_date) AS newest FROM nba_predictions.player_prop_predictions WHERE game_date <= @today
        """,
    "prediction_accuracy": """
        SELECT MAX(game_date) AS newest FROM nba_predictions.prediction_accuracy WHERE game_date <= @today
        """,
}


def asked(model: type[M]) -> M:
    """The query as the model has it; a field left empty in a form is one that is not given.

    Raises:
        ValidationError: a value is none of the field's.
    """
    return model.model_validate({name: value for name, value in request.args.items() if value != ""})


def link(path: str, values: Mapping[str, Any]) -> str:
    """The address of a page with what is asked of it."""
    return f"{path}?{urlencode({name: value for name, value in values.items() if value is not None})}"


def newest_date(warehouse: Warehouse, table: NewestOf) -> date:
    """The newest date of a table that is not later than today; today when it has none."""
    today = eastern_today()
    newest: date | None = warehouse.rows(_NEWEST[table], today=today)[0]["newest"]
    return newest or today


def turned(page: Page, found: Rows, to: Callable[[int], str]) -> dict[str, Any]:
    """What a template shows of a list: its rows, and the addresses of the pages `earlier` and `later`.

    Args:
        found: the rows of the page and the one after it, if there is one.
        to: the address of the page at an offset.
    """
    return {
        "rows": found[: page.limit],
        "earlier": to(max(0, page.offset - page.limit)) if page.offset else None,
        "later": to(page.offset + page.limit) if len(found) > page.limit else None,
    }
