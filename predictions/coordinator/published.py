"""Reading a date's predictions over HTTP, bounded."""

from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.warehouse.parameters import nullable
from shared.warehouse.warehouse import Warehouse

MAX_ROWS = 2000
_SQL = Path(__file__).with_name("published.sql").read_text()


class DatePath(BaseModel):
    """The date in the path."""

    game_date: date = Field(description="The US/Eastern date of the games, YYYY-MM-DD.")


class PredictionFilter(BaseModel):
    """Which of a date's predictions to read."""

    model_config = ConfigDict(extra="forbid")

    player_lookup: str | None = Field(default=None, pattern=r"^[a-z0-9]{1,100}$")
    system_id: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,100}$")
    limit: int = Field(default=500, ge=1, le=MAX_ROWS)


def read_predictions(warehouse: Warehouse, game_date: date, wanted: PredictionFilter) -> list[dict[str, Any]]:
    """The rows of a date as JSON values, timestamps and dates in ISO form."""
    rows = warehouse.rows(
        _SQL,
        game_date=game_date,
        player_lookup=nullable(wanted.player_lookup, "STRING"),
        system_id=nullable(wanted.system_id, "STRING"),
        row_limit=wanted.limit,
    )
    return [{name: _json_value(value) for name, value in row.items()} for row in rows]


def _json_value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
