"""A service's OpenAPI document: its routes as flask-openapi3 has them, and what holds for all of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_openapi3 import OpenAPI, SecurityScheme
from pydantic import BaseModel

from shared.http.auth import OPEN_PATHS

View = TypeVar("View", bound=Callable[..., Any])
CREDENTIALS: dict[str, SecurityScheme | dict[str, Any]] = {
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "oidc": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A Google-signed OIDC token for this service's audience.",
    },
}
_TAKES = "takes_bodies"
_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_REFUSALS = {
    "400": "The body is no JSON, or no Pub/Sub envelope.",
    "401": "No credential, or one that is not valid here.",
    "404": "There is no such thing.",
    "409": "It cannot be done as things stand; `detail` says why.",
    "413": "The body is too large.",
    "422": "A field is missing or wrong; `errors` names it.",
}
_FAILURES = {
    "500": "The service failed; its log has the reason under the correlation id.",
    "503": "Not now; try again.",
}
# flask-openapi3's own idea of a refusal, which no route answers with.
_OTHER_PROBLEM = "ValidationErrorModel"
_REF = "#/components/schemas/{}"


def takes(*models: type[BaseModel]) -> Callable[[View], View]:
    """Says which bodies a view reads by itself: any one of the models."""

    def mark(view: View) -> View:
        setattr(view, _TAKES, models)
        return view

    return mark


def models_of(view: Callable[..., Any]) -> tuple[type[BaseModel], ...]:
    """Every model that a view is asked with: its arguments' and of bodies that it reads by itself."""
    arguments = (each for each in view.__annotations__.values() if isinstance(each, type))
    return *(each for each in arguments if issubclass(each, BaseModel)), *getattr(view, _TAKES, ())


def document(app: OpenAPI) -> dict[str, Any]:
    """The document, with credentials, problem documents and the bodies that views read by themselves."""
    described: dict[str, Any] = app.api_doc
    schemas = described["components"].setdefault("schemas", {})
    schemas.pop(_OTHER_PROBLEM, None)
    schemas["Problem"] = _PROBLEM
    rules = app.url_map.iter_rules()
    bodies = {rule.rule: getattr(app.view_functions[rule.endpoint], _TAKES, ()) for rule in rules}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            # The one answer that flask-openapi3 adds by itself is none of ours; what a route says stays.
            own = {status: answer for status, answer in operation["responses"].items() if status != "422"}
            operation["responses"] = {**_answers(guarded=path not in OPEN_PATHS), **own}
            if path not in OPEN_PATHS:
                operation["security"] = [{name: []} for name in CREDENTIALS]
            if models := bodies.get(path, ()):
                operation["requestBody"] = _body(models, schemas)
    return described


def _answers(*, guarded: bool) -> dict[str, Any]:
    done = {"application/json": {"schema": {"oneOf": [{"type": "object"}, {"type": "array"}]}}}
    content = {"application/problem+json": {"schema": {"$ref": _REF.format("Problem")}}}
    told = {**_REFUSALS, **_FAILURES} if guarded else _FAILURES
    problems = {status: {"description": text, "content": content} for status, text in told.items()}
    return {"2XX": {"description": "Done, or what was asked for.", "content": done}, **problems}


def _body(models: tuple[type[BaseModel], ...], schemas: dict[str, Any]) -> dict[str, Any]:
    for model in models:
        schema = model.model_json_schema(ref_template=_REF.format("{model}"))
        schemas |= {**schema.pop("$defs", {}), model.__name__: schema}
    refs = [{"$ref": _REF.format(model.__name__)} for model in models]
    schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
    return {"required": True, "content": {"application/json": {"schema": schema}}}
