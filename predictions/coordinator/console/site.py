"""The console as a blueprint: its gate, its headers, its pages, and errors as pages instead of JSON."""

import logging
from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_openapi3 import OpenAPI
from jinja2 import StrictUndefined
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from orchestration.platform import Platform
from predictions.coordinator.console.formats import FILTERS
from predictions.coordinator.console.gate import ConsoleGate, current_session
from predictions.coordinator.console.logs_links import log_url
from predictions.coordinator.console.pages.grid import add_grid
from predictions.coordinator.console.pages.letters import add_letters
from predictions.coordinator.console.pages.login import add_login
from predictions.coordinator.console.pages.predictions import add_predictions
from predictions.coordinator.console.pages.record import add_record
from predictions.coordinator.console.pages.runs import add_runs
from predictions.coordinator.console.pages.sources import add_sources
from predictions.coordinator.console.session import Sessions
from shared import logs
from shared.http.auth import register_guarded
from shared.http.problems import ProblemError, field_errors
from shared.outcomes import PermanentError, TransientError

_LOG = logging.getLogger(__name__)
_PAGES = (
    ("console.grid", "Dates"),
    ("console.predictions", "Predictions"),
    ("console.record", "Track record"),
    ("console.sources", "Sources"),
    ("console.runs", "Runs"),
    ("console.letters", "Dead letters"),
)
# No script at all, nothing from elsewhere, no frame around it. The charts are images in the page (data:).
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer, with which browsers leave out the Origin of forms too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_console(app: OpenAPI, platform: Platform) -> None:
    """Serves /console and everything below it."""
    sessions = Sessions(platform.settings.VALID_API_KEYS)
    console = Blueprint(
        "console", __name__, url_prefix="/console", template_folder="templates", static_folder="static"
    )
    add_login(console, sessions)
    for add in (add_grid, add_predictions, add_record, add_sources, add_runs, add_letters):
        add(console, platform)
    _add_errors(console)
    console.after_request(_secure)
    console.context_processor(_context)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["log_url"] = partial(log_url, platform.settings)
    app.jinja_env.undefined = StrictUndefined
    register_guarded(app, console, ConsoleGate(sessions))


def _secure(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers.update(_HEADERS)
    if request.endpoint != "console.static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _context() -> dict[str, object]:
    session = current_session()
    return {
        "pages": _PAGES,
        "csrf_token": session.csrf_token if session else "",
        "signed_in": session is not None,
    }


def _add_errors(console: Blueprint) -> None:
    console.register_error_handler(ProblemError, lambda error: _page(error.status, error.detail))
    console.register_error_handler(ValidationError, _on_bad_question)
    console.register_error_handler(HTTPException, _on_http_error)
    console.register_error_handler(TransientError, _on_transient)
    console.register_error_handler(PermanentError, lambda error: _page(HTTPStatus.CONFLICT, str(error)))
    console.register_error_handler(Exception, _on_crash)

    @console.get("/<path:page>")
    def unknown(page: str) -> AnyResponse:
        abort(HTTPStatus.NOT_FOUND)


def _on_bad_question(error: ValidationError) -> Response:
    reasons = "; ".join(f"{e['field']}: {e['reason']}" for e in field_errors(error))
    return _page(HTTPStatus.UNPROCESSABLE_ENTITY, reasons)


def _on_http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    return _page(status, error.description or status.phrase)


def _on_transient(error: TransientError) -> Response:
    _LOG.warning("transient failure: %s", error)
    return _page(HTTPStatus.SERVICE_UNAVAILABLE, "The warehouse does not answer now; try again.")


def _on_crash(error: Exception) -> Response:
    _LOG.error("unhandled error", exc_info=error)
    return _page(HTTPStatus.INTERNAL_SERVER_ERROR, "The console failed; the log has the reason.")


def _page(status: HTTPStatus, detail: str) -> Response:
    correlation_id = logs.bound().get("correlation_id", "")
    page = render_template("console/error.html", status=status, detail=detail, correlation_id=correlation_id)
    return make_response(page, status)
