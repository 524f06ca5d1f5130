"""Schema drift: a body that is right but for one key, renamed, gone or of another type."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deploy.local.upstream.bodies import encode

_TYPES: dict[str, Callable[[Any], Any]] = {
    "null": lambda value: None,
    "string": lambda value: value if isinstance(value, str) else json.dumps(value),
    "number": lambda value: len(json.dumps(value)),
    "list": lambda value: [value],
    "object": lambda value: {"value": value},
}


class Drift(BaseModel):
    """`path` names a key: names joined by dots, [] behind a list for each of its elements.

    `to` is the new name when `action` is rename, one of null, string, number, list, object for retype.
    """

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Field(pattern=r"^(\[\]\.)?[^.\[\]]+((\[\])*\.[^.\[\]]+)*$")]
    action: Literal["rename", "drop", "retype"]
    to: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Drift:
        if self.action == "rename" and self.to is None:
            raise ValueError("rename needs the new name in `to`")
        if self.action == "retype" and self.to not in _TYPES:
            raise ValueError(f"retype needs one of {', '.join(_TYPES)} in `to`")
        return self

    def applied(self, body: bytes) -> bytes | None:
        """The JSON with each such key changed; None when it is no JSON or has no such key."""
        try:
            tree = json.loads(body)
        except ValueError:
            return None
        *way, key = self.path.replace("[]", ".[]").strip(".").split(".")
        holders = [each for each in _reach(tree, way) if isinstance(each, dict) and key in each]
        for holder in holders:
            self._change(holder, key)
        return encode(tree) if holders else None

    def _change(self, holder: dict[str, Any], key: str) -> None:
        if self.action == "retype" and self.to:
            holder[key] = _TYPES[self.to](holder[key])
        elif self.action == "rename" and self.to:
            renamed = {self.to if name == key else name: value for name, value in holder.items()}
            holder.clear()
            holder.update(renamed)
        else:
            del holder[key]


def _reach(tree: Any, way: list[str]) -> list[Any]:
    found = [tree]
    for step in way:
        if step == "[]":
            found = [element for each in found if isinstance(each, list) for element in each]
        else:
            found = [each[step] for each in found if isinstance(each, dict) and step in each]
    return found
