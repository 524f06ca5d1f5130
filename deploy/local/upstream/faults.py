"""Faults on request: what a provider does on a bad day."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import Annotated, Literal, get_args

from flask import Flask, Response, g, request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from deploy.local.drop import drop_connection
from deploy.local.upstream.drift import Drift

BLOCK_PAGE = (
    "<!DOCTYPE html><html><head><title>Access Denied</title></head>"
    "<body><h1>Access Denied</h1><p>You don't have permission to access this resource.</p></body></html>"
)
BROKEN_JSON = b'{"resultSets": [{"name": "PlayerStats", "rowSet": [['
OTHER_JSON = b'{"resource": "maintenance", "parameters": {}, "resultSets": []}'

Spoiling = Literal["truncated", "drift", "content_type", "empty"]
"""Kinds that spoil the true answer; the others stand in its place or delay it."""
Kind = Literal["status", "malformed", "other_shape", "slow", "html", "drop", Spoiling]


class Fault(BaseModel):
    """What happens to the next `times` requests below `path_prefix` whose query contains `contains`, or to a
    `share` of them until it has happened so often.

    `drift` goes with its kind and names the key; `content_type` is what kind content_type claims.
    """

    model_config = ConfigDict(extra="forbid")

    path_prefix: Annotated[str, Field(pattern=r"^/[a-z]")]
    kind: Kind
    times: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    share: Annotated[float, Field(gt=0, le=1)] = 1
    status: Annotated[int, Field(ge=400, le=599)] = 503
    retry_after: Annotated[int, Field(ge=0, le=86_400)] | None = None
    seconds: Annotated[float, Field(ge=0, le=120)] = 0
    contains: str = ""
    drift: Drift | None = None
    content_type: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+")] = "text/html; charset=utf-8"

    @model_validator(mode="after")
    def _drift_with_its_kind(self) -> Fault:
        if (self.kind == "drift") != (self.drift is not None):
            raise ValueError("`drift` goes with kind drift, and only with it")
        return self


class FaultPlan(BaseModel):
    """The body of POST /_control/faults; shares are drawn from `seed`, where there is one."""

    model_config = ConfigDict(extra="forbid")

    faults: Annotated[list[Fault], Field(max_length=1000)]
    seed: int | None = None


class FaultBook:
    """The faults still to come, first match first; `struck` counts by kind those of the plan that came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._random = random.Random()
        self.struck = Counter[str]()

    def replace(self, plan: FaultPlan) -> None:
        with self._lock:
            self._faults = [fault.model_copy() for fault in plan.faults]
            self._random = random.Random(plan.seed)
            self.struck.clear()

    def pending(self) -> list[Fault]:
        with self._lock:
            return [fault.model_copy() for fault in self._faults]

    def take(self, path: str, query: str) -> Fault | None:
        """The fault of this request, used up by one."""
        with self._lock:
            for fault in self._faults:
                matches = path.startswith(fault.path_prefix) and fault.contains in query
                if matches and self._random.random() < fault.share:
                    fault.times -= 1
                    self.struck[fault.kind] += 1
                    self._faults = [each for each in self._faults if each.times > 0]
                    return fault
        return None


def install_faults(app: Flask, book: FaultBook) -> None:
    """Puts the faults in front of every provider's routes."""

    @app.before_request
    def strike() -> Response | None:
        if request.path.startswith("/_control"):
            return None
        fault = book.take(request.path, request.query_string.decode("latin-1"))
        return _answer(fault) if fault else None

    @app.after_request
    def spoil(response: Response) -> Response:
        fault: Fault | None = g.get("fault")
        return _spoilt(response, fault) if fault else response


def _answer(fault: Fault) -> Response | None:
    """The response that the fault gives instead; None lets the request through."""
    if fault.seconds:
        time.sleep(fault.seconds)
    if fault.kind == "slow":
        return None
    if fault.kind in get_args(Spoiling):
        g.fault = fault
        return None
    if fault.kind == "drop":
        return drop_connection()
    return _body(fault)


def _spoilt(response: Response, fault: Fault) -> Response:
    body = response.get_data()
    if fault.kind == "content_type":
        response.content_type = fault.content_type
    elif fault.drift is None:
        response.set_data(body[: len(body) // 2] if fault.kind == "truncated" else b"")
    elif (drifted := fault.drift.applied(body)) is not None:
        response.set_data(drifted)
    else:
        # an experiment that changes nothing must not pass for one that does
        text = f"simulated drift: the body has no {fault.drift.path}"
        return Response(text, 500, content_type="text/plain")
    return response


def _body(fault: Fault) -> Response:
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.kind == "status":
        return Response(f"simulated fault {fault.status}", fault.status, headers, content_type="text/plain")
    if fault.kind == "html":
        return Response(BLOCK_PAGE, 200, headers, content_type="text/html; charset=utf-8")
    body = BROKEN_JSON if fault.kind == "malformed" else OTHER_JSON
    return Response(body, 200, headers, content_type="application/json; charset=utf-8")
