"""The app factory that all six services share; a service adds its routes and its readiness checks."""

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import Any

import sentry_sdk
from flask import Response, current_app, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask_openapi3 import Info, OpenAPI
from pydantic import ValidationError
from sentry_sdk.integrations.flask import FlaskIntegration

from shared import logs
from shared.http import auth, openapi, problems
from shared.messages import MAX_MESSAGE_BYTES
from shared.settings import Settings

_LOG = logging.getLogger(__name__)
# A Pub/Sub envelope carries the message in base64, a third longer than itself, and its attributes.
MAX_BODY_BYTES = 2 * MAX_MESSAGE_BYTES
# TRACE_ID/SPAN_ID;o=OPTIONS; anybody may send anything in its place.
_TRACE = re.compile(r"([0-9a-f]{32})(?:/|$)")
Check = Callable[[], None]
_READINESS = {"application/json": {"schema": {"type": "object"}}}


class _Json(DefaultJSONProvider):
    """Reads every request's JSON; what Python's parser gives up on is the caller's fault and not ours."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise problems.ProblemError(
                HTTPStatus.BAD_REQUEST, "body: is nested too deeply; send a flat JSON object"
            ) from None


def create_service(settings: Settings, title: str, checks: Mapping[str, Check]) -> OpenAPI:
    """A Flask app with auth, problem documents, logs, Sentry, OpenAPI, `/`, `/health` and `/ready`.

    Args:
        checks: name -> a callable that raises when the service could not do its job.
    """
    logs.configure(settings.SERVICE, settings.GOOGLE_CLOUD_PROJECT, settings.LOG_LEVEL, settings.secrets)
    _start_sentry(settings)
    app = OpenAPI(
        title,
        info=Info(title=f"NBA props: {title}", version="1"),
        security_schemes=openapi.CREDENTIALS,
        validation_error_callback=_refuse,
        # Its own pages would bring routes that have nothing behind them.
        doc_ui=False,
        static_folder=None,
    )
    app.json = _Json(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    # A redirect would answer before authentication does.
    app.url_map.merge_slashes = False
    app.before_request(_begin)
    auth.install(app, settings)
    app.before_request(_refuse_large_body)
    problems.install(app)
    app.register_error_handler(ValidationError, _refuse)
    app.after_request(_finish)
    _add_common_routes(app, settings, checks)
    return app


def _start_sentry(settings: Settings) -> None:
    if not settings.SENTRY_DSN:
        return
    redactor = logs.Redactor(settings.secrets)
    sentry_sdk.init(
        before_send=lambda event, _: redactor.scrub_all(event),
        before_breadcrumb=lambda crumb, _: redactor.scrub_all(crumb),
        dsn=settings.SENTRY_DSN,
        release=settings.COMMIT_SHA,
        server_name=settings.SERVICE,
        integrations=[FlaskIntegration()],
        send_default_pii=False,
        include_local_variables=False,
    )


def _begin() -> None:
    g.started = perf_counter()
    logs.clear()
    given = request.headers.get("X-Correlation-Id", "")
    logs.bind(correlation_id=given if given.isalnum() and len(given) <= 64 else uuid.uuid4().hex)
    if trace := _TRACE.match(request.headers.get("X-Cloud-Trace-Context", "")):
        logs.bind(trace=trace[1])


def _refuse_large_body() -> None:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise problems.ProblemError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body: larger than {MAX_BODY_BYTES} bytes"
        )


def _refuse(error: ValidationError) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    return problems.validation_response(error, openapi.models_of(view) if view else ())


def _finish(response: Response) -> Response:
    response.headers["X-Correlation-Id"] = logs.bound().get("correlation_id", "")
    response.headers["X-Content-Type-Options"] = "nosniff"
    _LOG.info(
        "%s %s %s",
        request.method,
        request.path,
        response.status_code,
        extra={"seconds": round(perf_counter() - g.started, 3)},
    )
    return response


def _add_common_routes(app: OpenAPI, settings: Settings, checks: Mapping[str, Check]) -> None:
    identity = {
        "service": settings.SERVICE,
        "revision": settings.K_REVISION,
        "commit": settings.COMMIT_SHA,
    }

    @app.get("/", summary="Which service this is")
    def index() -> Response:
        return jsonify(identity)

    @app.get("/health", summary="Alive, with identity")
    def health() -> Response:
        return jsonify({"status": "healthy", **identity})

    @app.get("/openapi.json", summary="This document")
    def document() -> Response:
        return jsonify(openapi.document(app))

    @app.get(
        "/ready",
        summary="Whether the service could do its job now",
        responses={"503": {"description": "It could not; `checks` says why.", "content": _READINESS}},
    )
    def ready() -> tuple[Response, int]:
        results = {name: _run_check(check) for name, check in checks.items()}
        ok = all(result["status"] == "pass" for result in results.values())
        body = {"status": "ready" if ok else "not_ready", **identity, "checks": results}
        return jsonify(body), HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE


def _run_check(check: Check) -> dict[str, str | float]:
    started = perf_counter()
    try:
        check()
    except Exception as error:  # noqa: BLE001  any failure of a dependency means: not ready
        _LOG.warning("readiness check failed", exc_info=error)
        return {"status": "fail", "reason": type(error).__name__, "seconds": perf_counter() - started}
    return {"status": "pass", "seconds": round(perf_counter() - started, 4)}
