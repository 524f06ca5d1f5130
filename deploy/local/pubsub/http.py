"""The emulator's HTTP side, for this machine only: certificates, statistics, faults, tokens."""

import threading
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from deploy.local.pubsub.oidc import TokenIssuer
from deploy.local.pubsub.store import Store

STOP_LATENCY = 0.05
_FAULTS: dict[str, type] = {"duplicate": bool, "outage": bool, "disorder_seconds": float}


def create_app(store: Store, issuer: TokenIssuer) -> Flask:
    """Return the application.

    GET /certs      {key id: PEM certificate}, for google.oauth2.id_token.verify_token(certs_url=...)
    GET /stats      {"idle": no push subscription has anything left, "subscriptions": {name: Store.stats}}
    POST /faults    {"duplicate": bool}: deliver every push message a second time after its acknowledgement
                    {"outage": bool}: nothing can be published, and nothing is delivered
                    {"disorder_seconds": number}: deliver each message up to so much later, in any order
    POST /token     {"audience": str, "email": str} -> {"token": str}
    """
    app = Flask(__name__)
    # A web page that points a name of its own at 127.0.0.1 gets no tokens.
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.register_error_handler(HTTPException, _problem)

    @app.get("/certs")
    def certs() -> Response:
        response = jsonify(issuer.certificates())
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    @app.get("/stats")
    def stats() -> dict[str, Any]:
        subscriptions = store.stats()
        idle = all(each["backlog"] == 0 for each in subscriptions.values() if each["push"])
        return {"idle": idle, "subscriptions": subscriptions}

    @app.post("/faults")
    def faults() -> dict[str, bool | float]:
        asked = _some_fields(_FAULTS)
        for name, value in asked.items():
            setattr(store, name, value)
        store.bell.ring()
        return {name: getattr(store, name) for name in asked}

    @app.post("/token")
    def token() -> dict[str, str]:
        return {"token": issuer.token(**_fields({"audience": str, "email": str}))}

    return app


class HttpServer:
    """Serves the application in a thread of its own. Raises OSError when the port is taken."""

    def __init__(self, app: Flask, port: int) -> None:
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_LATENCY,), name="http", daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Waiting for idleness asks /stats often: no line for each."""


def _fields(expected: dict[str, type]) -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict) or body.keys() != expected.keys():
        raise BadRequest(f"send a JSON object with exactly these fields: {', '.join(expected)}")
    return _checked(body, expected)


def _some_fields(known: dict[str, type]) -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict) or not body or body.keys() - known.keys():
        raise BadRequest(f"send a JSON object with some of these fields: {', '.join(known)}")
    return _checked(body, {field: known[field] for field in body})


def _checked(body: dict[str, Any], expected: dict[str, type]) -> dict[str, Any]:
    for field, kind in expected.items():
        if kind is float and not _is_seconds(body[field]):
            raise BadRequest(f"{field}: must be a number of seconds from 0 to 60")
        if kind is not float and (not isinstance(body[field], kind) or body[field] == ""):
            raise BadRequest(f"{field}: must be a {'boolean' if kind is bool else 'non-empty string'}")
    return body


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 60


def _problem(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    response = jsonify({"title": error.name, "status": status, "detail": error.description})
    response.mimetype = "application/problem+json"
    return response, status
