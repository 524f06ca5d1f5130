"""The emulator's HTTP side, for this machine only: certificates, statistics, faults, tokens."""

import threading
from typing import Any

from flask import Flask, Response, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from deploy.local.pubsub.faults import FaultPlan
from deploy.local.pubsub.oidc import TokenIssuer
from deploy.local.pubsub.store import Store

STOP_LATENCY = 0.05
_FAULTS = ", ".join(FaultPlan.model_fields)


def create_app(store: Store, issuer: TokenIssuer) -> Flask:
    """Return the application.

    GET /certs      {key id: PEM certificate}, for google.oauth2.id_token.verify_token(certs_url=...)
    GET /stats      {"idle": no push subscription has anything left, "subscriptions": {name: Store.stats},
                    "struck": {fault: how often it has happened}}
    POST /faults    some fields of FaultPlan -> the whole of it
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
        return {"idle": idle, "subscriptions": subscriptions, "struck": dict(store.faults.struck)}

    @app.post("/faults")
    def faults() -> dict[str, Any]:
        body = request.get_json()
        if not isinstance(body, dict) or not body:
            raise BadRequest(f"send a JSON object with some of these fields: {_FAULTS}")
        try:
            plan = store.faults.change(body)
        except ValidationError as error:
            raise BadRequest(_told(error)) from error
        store.bell.ring()
        return plan.model_dump()

    @app.post("/token")
    def token() -> dict[str, str]:
        return {"token": issuer.token(**_texts("audience", "email"))}

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


def _texts(*expected: str) -> dict[str, str]:
    body = request.get_json()
    if not isinstance(body, dict) or body.keys() != set(expected):
        raise BadRequest(f"send a JSON object with exactly these fields: {', '.join(expected)}")
    for field in expected:
        if not isinstance(body[field], str) or not body[field]:
            raise BadRequest(f"{field}: must be a non-empty string")
    return body


def _told(error: ValidationError) -> str:
    found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return f"{'; '.join(found)}; the fields are {_FAULTS}"


def _problem(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    response = jsonify({"title": error.name, "status": status, "detail": error.description})
    response.mimetype = "application/problem+json"
    return response, status
