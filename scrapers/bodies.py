"""Upstream bodies as models: what a provider must send for its body to be valid."""

import json
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

_REASONS = 3
_YEARS = range(1900, 2101)


class BodyError(ValueError):
    """A body is not what its provider sends; the text says where and why."""


class Upstream(BaseModel):
    """A part of a body. Fields that we do not read may come and go."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _is_of_the_league(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError(f"the year is not between {_YEARS[0]} and {_YEARS[-1]}")
    return moment


# Bounds are far from anything real: what lies outside would only break the arithmetic that comes later.
Moment = Annotated[AwareDatetime, AfterValidator(_is_of_the_league)]
CalendarMoment = Annotated[datetime, AfterValidator(_is_of_the_league)]
Count = Annotated[int, Field(ge=0, le=1000)]

U = TypeVar("U", bound=Upstream)


def read_json(raw: bytes) -> Any:
    """The JSON of a body. Raises BodyError when it is none."""
    try:
        return json.loads(raw)
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
        found = error.errors(include_url=False, include_input=False, include_context=False)
        reasons = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in found[:_REASONS]]
        more = f" and {len(found) - _REASONS} more" if len(found) > _REASONS else ""
        raise BodyError("; ".join(reasons) + more) from None
