"""Every error is a JSON problem document (RFC 9457): what, why, which field, and never a stack trace."""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException

from shared.outcomes import PermanentError, TransientError

_LOG = logging.getLogger(__name__)


class ProblemError(Exception):
    """Ends a request with a problem document."""

    def __init__(self, status: HTTPStatus, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors or []


def field_problem(
    field: str, reason: str, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
) -> ProblemError:
    """One bad field, by name."""
    return ProblemError(status, f"{field}: {reason}", [{"field": field, "reason": reason}])


def problem_response(status: HTTPStatus, detail: str, **extra: Any) -> Response:
    """A problem document as a response."""
    response = jsonify({"title": status.phrase, "status": status.value, "detail": detail, **extra})
    response.status_code = status.value
    response.mimetype = "application/problem+json"
    return response


# By what pydantic's kinds of errors begin with.
_REMEDIES = {
    "date": "; use YYYY-MM-DD, e.g. 2024-12-03",
    "datetime": "; use ISO 8601, e.g. 2024-12-03T18:00:00Z",
    "timezone": "; add Z or an offset, e.g. 2024-12-03T18:00:00Z",
}
_OBJECT = "must be a JSON object, {} if it says nothing, sent with Content-Type: application/json"


def _reason(kind: str, message: str) -> str:
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return _OBJECT
    # What JSON has as a list is a tuple in our models.
    told = message.removeprefix("Value error, ").replace("valid tuple", "list").replace("Tuple", "List")
    return told + _REMEDIES.get(kind.split("_")[0], "")


def field_errors(error: ValidationError, models: Iterable[type[BaseModel]] = ()) -> list[dict[str, str]]:
    """A pydantic error as fields and reasons, without the offending values.

    Args:
        models: those that may have been validated; of the one that was, an unknown field is told the names.
    """
    model = next((each for each in models if each.__name__ == error.title), None)
    return [
        {
            "field": ".".join(map(str, e["loc"])) or "body",
            "reason": (model and _remedy(e, model)) or _reason(e["type"], e["msg"]),
        }
        for e in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _remedy(error: ErrorDetails, model: type[BaseModel]) -> str | None:
    """What a caller has to send instead, where that takes knowing what was asked."""
    if error["type"] == "json_invalid":
        # flask-openapi3 takes a JSON string for the text of a body, and calls it invalid when it is none.
        return _OBJECT
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        return f"is unknown; use {', '.join(model.model_fields) or 'no field at all, as in {}'}"
    return None


def validation_response(error: ValidationError, models: Iterable[type[BaseModel]] = ()) -> Response:
    """422 that names each bad field; as `field_errors`."""
    errors = field_errors(error, models)
    detail = "; ".join(f"{e['field']}: {e['reason']}" for e in errors)
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def _on_problem(error: ProblemError) -> Response:
    extra = {"errors": error.errors} if error.errors else {}
    return problem_response(error.status, error.detail, **extra)


def _on_http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    response = problem_response(status, error.description or status.phrase)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _on_transient(error: TransientError) -> Response:
    _LOG.warning("transient failure: %s", error)
    return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, f"Not now, try again: {error}")


def _on_permanent(error: PermanentError) -> Response:
    _LOG.error("permanent failure: %s", error)
    return problem_response(HTTPStatus.CONFLICT, str(error))


def _on_crash(error: Exception) -> Response:
    _LOG.error("unhandled error", exc_info=error)
    return problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The service failed; its log has the reason under this correlation_id.",
    )


def install(app: Flask) -> None:
    """Maps every way of failing to a problem document."""
    app.register_error_handler(ProblemError, _on_problem)
    app.register_error_handler(TransientError, _on_transient)
    app.register_error_handler(PermanentError, _on_permanent)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_crash)
