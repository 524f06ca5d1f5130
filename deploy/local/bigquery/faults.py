"""python -m deploy.local.bigquery.faults --port N --target http://HOST:PORT

A door in front of the emulated BigQuery's REST side that fails on request, as BigQuery does on a bad day: it
turns requests away before they have an effect, or keeps back the answer to one that had it.
"""

import argparse
import random
import sys
import threading
from collections import Counter
from typing import Annotated, Any

import requests
from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.serving import WSGIRequestHandler, make_server

from deploy.local.drop import drop_connection

CONTROL = "/_faults"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# As long as the longest job; who asked gives up sooner.
_SECONDS = 600.0
# What belongs to one connection, and what requests has undone.
_OWN = {"connection", "content-encoding", "content-length", "host", "transfer-encoding", "accept-encoding"}
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
# https://cloud.google.com/bigquery/docs/error-messages
_REFUSALS = {
    "rate_limit": (403, "rateLimitExceeded", "Exceeded rate limits: too many api requests per user"),
    "internal": (500, "internalError", "An internal error occurred and the request could not be completed"),
    "unavailable": (503, "backendError", "The service is currently unavailable"),
}


class FaultPlan(BaseModel):
    """Shares of the requests that fail.

    Args:
        rate_limit, internal, unavailable: are refused, and have no effect.
        unanswered: have their effect, and the answer is lost with the connection.
        seed: what the shares are drawn from; None for another each time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate_limit: Share = 0
    internal: Share = 0
    unavailable: Share = 0
    unanswered: Share = 0
    seed: int | None = None


class Door:
    """The plan in force, and what it has done."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._lock, self._struck = threading.Lock(), Counter[str]()
        self._sessions = threading.local()
        self.change(FaultPlan())

    def change(self, plan: FaultPlan) -> None:
        """Puts another plan in force, and counts anew."""
        with self._lock:
            self._plan, self._random = plan, random.Random(plan.seed)
            self._struck.clear()

    def struck(self) -> dict[str, int]:
        """How often each fault has happened."""
        with self._lock:
            return dict(self._struck)

    def pass_on(self) -> Response:
        """The answer to the request at hand, or what the plan makes of it."""
        for kind in _REFUSALS:
            if self._strikes(kind):
                return _refusal(kind)
        answer = self._session().request(
            request.method,
            self.target + request.full_path.rstrip("?"),
            data=request.get_data(),
            headers={name: value for name, value in request.headers if name.lower() not in _OWN},
            allow_redirects=False,
            timeout=_SECONDS,
        )
        if request.method == "POST" and self._strikes("unanswered"):
            return drop_connection()
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN}
        return Response(answer.content, answer.status_code, headers)

    def _session(self) -> requests.Session:
        """One a thread: a session is not made to be shared."""
        if not hasattr(self._sessions, "one"):
            self._sessions.one = requests.Session()
            self._sessions.one.trust_env = False
        session: requests.Session = self._sessions.one
        return session

    def _strikes(self, kind: str) -> bool:
        with self._lock:
            happens: bool = self._random.random() < getattr(self._plan, kind)
            self._struck[kind] += happens
        return happens


def _refusal(kind: str) -> Response:
    status, reason, message = _REFUSALS[kind]
    details = [{"reason": reason, "message": message, "domain": "global"}]
    response = jsonify({"error": {"code": status, "message": message, "errors": details}})
    response.status_code = status
    return response


def create_app(target: str) -> Flask:
    """GET /_faults: {"struck": {kind: times}}; POST /_faults: a FaultPlan; all else is passed on."""
    app, door = Flask(__name__), Door(target)
    # Nothing of the target's is served from this package.
    app.static_folder = None

    @app.get(CONTROL)
    def struck() -> dict[str, Any]:
        return {"struck": door.struck()}

    @app.post(CONTROL)
    def change() -> tuple[dict[str, Any], int]:
        try:
            plan = FaultPlan.model_validate_json(request.get_data())
        except ValidationError as error:
            return {"error": str(error)}, 422
        door.change(plan)
        return plan.model_dump(), 200

    @app.route("/", defaults={"path": ""}, methods=_METHODS)
    @app.route("/<path:path>", methods=_METHODS)
    def pass_on(path: str) -> Response:
        try:
            return door.pass_on()
        except requests.RequestException:
            # The emulator is away: so is the connection.
            return drop_connection()

    return app


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """No line for each request: /_faults counts what matters."""


def main() -> int:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.bigquery.faults")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target", required=True, help="the emulator's REST address")
    options = parser.parse_args()
    app = create_app(options.target)
    make_server("127.0.0.1", options.port, app, threaded=True, request_handler=_QuietHandler).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
