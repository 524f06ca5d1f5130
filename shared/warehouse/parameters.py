"""Python values as typed BigQuery query parameters: the only way in which values reach SQL."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from google.cloud import bigquery

from shared.warehouse.specs import Column

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "INT64"),
    (float, "FLOAT64"),
    (str, "STRING"),
    (bytes, "BYTES"),
    (datetime, "TIMESTAMP"),
    (date, "DATE"),
)
Parameter = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter


class Null:
    """A NULL that knows its type."""

    def __init__(self, type_: str) -> None:
        self.type = type_


def nullable(value: Any, type_: str) -> Any:
    """The value, or a typed NULL when it is None."""
    return Null(type_) if value is None else value


def _type_of(value: Any) -> str:
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    raise TypeError(f"no BigQuery type for {type(value).__name__}; wrap None with nullable()")


def _parameter(name: str, value: Any) -> Parameter:
    if isinstance(value, Null):
        return bigquery.ScalarQueryParameter(name, value.type, None)
    if isinstance(value, (bigquery.ArrayQueryParameter, bigquery.ScalarQueryParameter)):
        value.name = name
        return value
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        if not value:
            raise TypeError(f"parameter {name}: an empty list has no type; skip the query instead")
        return bigquery.ArrayQueryParameter(name, _type_of(value[0]), value)
    return bigquery.ScalarQueryParameter(name, _type_of(value), value)


def parameters(values: Mapping[str, Any]) -> list[Parameter]:
    """Named parameters with types taken from the values."""
    return [_parameter(name, value) for name, value in values.items()]


def struct_rows(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> bigquery.ArrayQueryParameter:
    """Rows as one ARRAY<STRUCT<...>> parameter with the types of the columns."""
    structs = [
        bigquery.StructQueryParameter(
            None, *(bigquery.ScalarQueryParameter(c.name, c.type, row.get(c.name)) for c in columns)
        )
        for row in rows
    ]
    return bigquery.ArrayQueryParameter(None, "STRUCT", structs)
