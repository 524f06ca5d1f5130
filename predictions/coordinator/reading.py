"""What can be read here: batches, a date's predictions, the best bets among them, and how good they were."""

from collections.abc import Sized
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from orchestration.platform import Platform
from predictions.coordinator.batch import BatchId
from predictions.coordinator.status import BatchStatus, read_batch_statuses
from predictions.grading.performance import PerformanceQuery, performance
from predictions.systems.registry import SYSTEM_IDS
from shared.fields import IsoDate
from shared.http.pages import Page, Rows, json_value, page_response, page_rows, read_rows
from shared.http.problems import ProblemError, field_problem
from shared.messages import GameId
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.parameters import nullable
from shared.warehouse.warehouse import Warehouse

# The last is that of rows that no system made: of who is skipped, and of chunks that failed.
_SYSTEM_IDS = (*SYSTEM_IDS, "none")
_TABLE = "nba_predictions.player_prop_predictions"
ORDER = "game_id, player_lookup, system_id, bookmaker, line"
_BEST = Path(__file__).with_name("best.sql").read_text()
_NOTE = (
    "What the systems' own probabilities make of prices as last seen before the cutoff: no promise of "
    "profit. The best of many is flattered by chance, the more so the more systems it is the best of. "
    "win_probability and break_even_probability leave pushes aside; market_probability is the book's with "
    "its margin taken out. GET /api/v1/performance says how such bets have fared."
)
# The better side's; a side without a price leaves the other's.
BETTER_EV = "GREATEST(COALESCE(ev_over, ev_under), COALESCE(ev_under, ev_over))"
# Filter -> condition; those that are not given are left out.
_CONDITIONS = {
    "player_lookup": "player_lookup = @player_lookup",
    "game_id": "game_id = @game_id",
    "system_id": "system_id = @system_id",
    "bookmaker": "bookmaker = @bookmaker",
    "recommendation": "recommendation = @recommendation",
    "min_ev": f"{BETTER_EV} >= @min_ev",
}


class DatePath(BaseModel):
    """The date in the path."""

    game_date: IsoDate = Field(description="The US/Eastern date of the games, YYYY-MM-DD.")


class DateQuery(BaseModel):
    """The date in the query."""

    model_config = ConfigDict(extra="forbid")

    game_date: IsoDate = Field(description="The US/Eastern date of the games, YYYY-MM-DD.")


class BatchPath(BaseModel):
    """The batch in the path."""

    batch_id: str = Field(max_length=60, description="E.g. 20241203-1733200000000000.")


class SystemPage(Page):
    """Whose predictions to read."""

    system_id: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,100}$")


class PredictionsPage(SystemPage):
    """Which of a date's predictions to read."""

    player_lookup: str | None = Field(default=None, pattern=r"^[a-z0-9]{1,100}$")
    game_id: GameId | None = Field(default=None, description="YYYYMMDD_AWAY_HOME.")
    bookmaker: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,100}$")
    recommendation: Literal["OVER", "UNDER", "PASS", "NO_LINE"] | None = None
    min_ev: float | None = Field(
        default=None, ge=-1, le=100, description="Least expected value of the better side, in units."
    )

    def filters(self) -> dict[str, Any]:
        """The filters that are given, as query values."""
        return {name: value for name in _CONDITIONS if (value := getattr(self, name)) is not None}


def read_predictions(warehouse: Warehouse, day: date, query: PredictionsPage, order: str = ORDER) -> Rows:
    """A page of a date's predictions and the row after it, if there is one.

    Args:
        order: columns of the table, named by the code, that tell all rows apart.
    """
    given = query.filters()
    return page_rows(
        warehouse,
        _TABLE,
        query,
        where=["game_date = @game_date", *(_CONDITIONS[name] for name in given)],
        order=order,
        game_date=day,
        **given,
    )


def _check_system(system_id: str | None, rows: Sized) -> None:
    """Refuses a name that no system has. Stored rows of one that predicts no more can still be read."""
    if system_id and not rows and system_id not in _SYSTEM_IDS:
        raise field_problem("system_id", f"{system_id} is unknown; use {', '.join(_SYSTEM_IDS)}")


def add_reading_routes(app: OpenAPI, platform: Platform) -> None:
    """GET /batches[/{batch_id}], /api/v1/predictions/{game_date}[/best] and /api/v1/performance."""
    _add_batch_routes(app, platform)

    @app.get("/api/v1/predictions/<game_date>", summary="The predictions of a date")
    def predictions(path: DatePath, query: PredictionsPage) -> Response:
        rows = read_predictions(platform.warehouse, path.game_date, query)
        _check_system(query.system_id, rows)
        return page_response(rows, query)

    @app.get("/api/v1/predictions/<game_date>/best", summary="What the systems would bet on, best first")
    def best(path: DatePath, query: SystemPage) -> Response:
        system_id = nullable(query.system_id, "STRING")
        rows = read_rows(
            platform.warehouse, _BEST, game_date=path.game_date, system_id=system_id, **query.bounds
        )
        _check_system(query.system_id, rows)
        return page_response(rows, query, note=_NOTE)

    @app.get("/api/v1/performance", summary="How good the predictions of a span of graded dates were")
    def graded(query: PerformanceQuery) -> Response:
        try:
            found = performance(platform.warehouse, query)
        except TransientError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"Try again: {error}") from error
        _check_system(query.system_id, found["rows"])
        return jsonify(json_value(found))


def _add_batch_routes(app: OpenAPI, platform: Platform) -> None:
    @app.get("/batches", summary="The batches of a date, newest first")
    def batches(query: DateQuery) -> Response:
        statuses = _statuses(platform.warehouse, query.game_date)
        rows = [status.summary() for status in reversed(statuses)]
        return jsonify(json_value({"count": len(rows), "next_offset": None, "rows": rows}))

    @app.get("/batches/<batch_id>", summary="How a batch stands, chunk by chunk")
    def batch(path: BatchPath) -> Response:
        wanted = _batch_id(path.batch_id)
        found = [s for s in _statuses(platform.warehouse, wanted.game_date) if s.batch.id == wanted]
        if not found:
            where = f"/batches?game_date={wanted.game_date}"
            raise ProblemError(
                HTTPStatus.NOT_FOUND, f"No batch {path.batch_id} is stored; GET {where} lists its date's."
            )
        chunks = [vars(chunk) for chunk in found[0].chunks]
        return jsonify(json_value({**found[0].summary(), "chunks": chunks}))


def _batch_id(text: str) -> BatchId:
    try:
        return BatchId.parse(text)
    except PermanentError as error:
        raise field_problem("batch_id", str(error)) from error


def _statuses(warehouse: Warehouse, day: date) -> list[BatchStatus]:
    try:
        return read_batch_statuses(warehouse, day, day)
    except TransientError as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"Try again: {error}") from error
