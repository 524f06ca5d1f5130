"""Upstream bodies as models: what a provider must send for its body to be valid."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

_REASONS = 3
_YEARS = range(1900, 2101)
# Half of a surrogate pair is JSON but no text: nothing can store it.
_MAYBE_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


class BodyError(ValueError):
    """A body is not what its provider sends; the text says where and why."""


class Upstream(BaseModel):
    """A part of a body. Fields that we do not read may come and go; they are only counted."""

    model_config = ConfigDict(extra="allow", frozen=True)


@dataclass(frozen=True)
class Rejected:
    """A row of a body that is not what its provider sends; the other rows stand."""

    reason: str
    row: Any


def _is_of_the_league(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError(f"the year is not between {_YEARS[0]} and {_YEARS[-1]}")
    return moment


def _is_text(moment: Any) -> Any:
    """A number would be taken for seconds since 1970."""
    if not isinstance(moment, str | datetime):
        raise ValueError("a time is sent as text")
    return moment


# Bounds are far from anything real: what lies outside would only break the arithmetic that comes later.
Moment = Annotated[AwareDatetime, BeforeValidator(_is_text), AfterValidator(_is_of_the_league)]
CalendarMoment = Annotated[datetime, BeforeValidator(_is_text), AfterValidator(_is_of_the_league)]
Count = Annotated[int, Field(ge=0, le=1000)]

U = TypeVar("U", bound=Upstream)
T = TypeVar("T")


def _or_rejected(row: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(row)
    except ValidationError as error:
        return Rejected(_reasons(error), row)


def _some_kept(rows: list[Any]) -> list[Any]:
    if rows and not kept(rows):
        raise ValueError(f"none of {len(rows)} rows can be read, the first: {rows[0].reason}")
    return rows


# A list of these keeps its good rows when one is bad: read it through `kept`, and `rejected` for the others.
OrRejected = Annotated[T, WrapValidator(_or_rejected)]
# What a body is about. When none of its rows can be read the provider has changed, and the body is refused.
Rows = Annotated[list[OrRejected[T]], AfterValidator(_some_kept)]


def kept(rows: Iterable[T]) -> list[T]:
    """The rows that are as they should be."""
    return [row for row in rows if not isinstance(row, Rejected)]


def rejected(rows: Iterable[Any]) -> list[Rejected]:
    """The rows that are not."""
    return [row for row in rows if isinstance(row, Rejected)]


def unknown_fields(part: Any) -> set[str]:
    """The fields of a body that no model reads, as Model.field: a provider's change changes their number."""
    return set(_unknown(part))


def _unknown(part: Any) -> Iterator[str]:
    if isinstance(part, BaseModel):
        yield from (f"{type(part).__name__}.{name}" for name in part.model_extra or ())
        part = [getattr(part, name) for name in type(part).model_fields]
    elif isinstance(part, Mapping):
        part = list(part.values())
    if isinstance(part, list | tuple):
        for each in part:
            yield from _unknown(each)


def read_json(raw: bytes) -> Any:
    """The JSON of a body. Raises BodyError when it is none."""
    try:
        body = json.loads(raw)
        if _MAYBE_HALF_A_PAIR.search(raw):
            json.dumps(body, ensure_ascii=False).encode()
        return body
    except ValueError as error:
        start = raw[:40].decode("utf-8", "replace")
        raise BodyError(f"body: not JSON, begins with {start!r}: {error}") from None
    except RecursionError:
        raise BodyError("body: nested too deeply") from None


def read_body(model: type[U], raw: bytes) -> U:
    """A body as a model. Raises BodyError naming the first fields that are missing or wrong."""
    return check_body(model, read_json(raw))


def check_body(model: type[U], body: Any) -> U:
    """Decoded JSON as a model. Raises BodyError naming the first fields that are missing or wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BodyError(_reasons(error)) from None


def _reasons(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    reasons = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in found[:_REASONS]]
    more = f" and {len(found) - _REASONS} more" if len(found) > _REASONS else ""
    return "; ".join(reasons) + more
