"""How a body becomes bytes: UTF-8 JSON without spaces, as both providers send it."""

from __future__ import annotations

import json
from typing import Any

from flask import Response


def encode(body: Any) -> bytes:
    """`body` as JSON. ValueError on NaN, which no provider sends."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def joined(meta: bytes, name: str, body: bytes) -> bytes:
    """A kept body under a meta that is new for each request."""
    return b'{"meta":' + meta + b',"' + name.encode() + b'":' + body + b"}"


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    raw = body if isinstance(body, bytes) else encode(body)
    return Response(raw, status, headers, content_type="application/json; charset=utf-8")
