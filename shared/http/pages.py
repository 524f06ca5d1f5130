"""Reading a table over HTTP in pages, by conditions and an order that the caller's code names."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field

from shared.http.problems import ProblemError
from shared.outcomes import TransientError
from shared.warehouse.warehouse import Warehouse

MAX_ROWS = 1000
AUTOMATIC = ("generation", "run_id", "written_at")
Rows = list[dict[str, Any]]


class Page(BaseModel):
    """Which part of the rows to read."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MAX_ROWS, description="How many rows at most.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="How many rows to leave out first.")

    @property
    def bounds(self) -> dict[str, int]:
        """Query values for `LIMIT @taken OFFSET @skipped`: one row more than is shown."""
        return {"skipped": self.offset, "taken": self.limit + 1}


def read_page(
    warehouse: Warehouse,
    table: str,
    page: Page,
    *,
    where: Sequence[str],
    order: str,
    **values: Any,
) -> Response:
    """One page as {count, next_offset, rows}; next_offset is null on the last. As `page_rows`."""
    return page_response(page_rows(warehouse, table, page, where=where, order=order, **values), page)


def page_rows(
    warehouse: Warehouse,
    table: str,
    page: Page,
    *,
    where: Sequence[str],
    order: str,
    **values: Any,
) -> Rows:
    """The rows of a page and the one after it, if there is one.

    Args:
        table: with its dataset, as the code names it; never from a request.
        where: conditions over columns and @values, all of which hold.
        order: the columns that tell all rows apart, by which they are sorted.

    Raises:
        ProblemError: 503 while the warehouse cannot answer.
    """
    # Not numbered rows: for those every row of the table is sorted with all its columns.
    sql = " ".join(
        (
            "SELECT * EXCEPT (" + ", ".join(AUTOMATIC) + ")",
            "FROM " + table + " WHERE " + " AND ".join(where),
            "ORDER BY " + order + " LIMIT @taken OFFSET @skipped",
        )
    )
    return read_rows(warehouse, sql, **page.bounds, **values)


def read_rows(warehouse: Warehouse, sql: str, **values: Any) -> Rows:
    """The rows of a statement as JSON values.

    Raises:
        ProblemError: 503 while the warehouse cannot answer.
    """
    try:
        rows = warehouse.rows(sql, **values)
    except TransientError as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"Try again: {error}") from error
    return [{name: json_value(value) for name, value in row.items()} for row in rows]


def page_response(rows: Rows, page: Page, **beside: Any) -> Response:
    """Rows read by `page.bounds` as {count, next_offset, rows}, with what the caller says beside them."""
    shown = rows[: page.limit]
    following = page.offset + page.limit if len(rows) > page.limit else None
    return jsonify({**beside, "count": len(shown), "next_offset": following, "rows": shown})


def json_value(value: Any) -> Any:
    """Dates and times in ISO form, also inside lists and records."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return [json_value(each) for each in value]
    if isinstance(value, Mapping):
        return {name: json_value(each) for name, each in value.items()}
    return value
