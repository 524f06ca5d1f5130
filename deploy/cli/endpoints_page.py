"""docs/endpoints.md: the services' OpenAPI documents as tables to read. `make docs` writes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.registry import Service, services
from deploy.smoke.checks import METHODS
from shared.http.auth import OPEN_PATHS
from shared.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "endpoints.md"
_OPEN = " and ".join(f"`{path}`" for path in sorted(OPEN_PATHS))
_INTRODUCTION = f"""# The endpoints

Written by `make docs` from the services' own OpenAPI documents (`GET /openapi.json` of each, with its key).
Change the routes there. Every route but {_OPEN} asks for the service's `X-API-Key`, or for a Google-signed
token for its audience of an account on its list; without one it answers 401. Errors are problem documents
(RFC 9457); 422 names each field that is wrong. The coordinator's pages for a browser, under `/console`, have
a login of their own and are not listed."""
_KEY = "endpoints-page"


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(line for s in services().values() for line in _section(s))]) + "\n"


def document(service: Service) -> dict[str, Any]:
    """A service's OpenAPI document, by its own route; nothing is started and no dependency asked."""
    settings = Settings(
        SERVICE=service.name,
        PORT=8080,
        GOOGLE_CLOUD_PROJECT="none",
        VALID_API_KEYS=(_KEY,),
        OIDC_AUDIENCE=service.audience,
        OIDC_SERVICE_ACCOUNTS=("none",),
    )
    answer = service.app_factory()(settings).test_client().get("/openapi.json", headers={"X-API-Key": _KEY})
    return dict(answer.get_json())


def _section(service: Service) -> Iterator[str]:
    described = document(service)
    yield f"\n## {service.name}: {described['info']['title'].removeprefix('NBA props: ')}"
    keys = f"keys in the secret `{service.api_key_secret}`"
    yield f"Cloud Run `{service.cloud_run}`, audience `{service.audience}`, {keys}.\n"
    yield "| route | what | parameters and body |"
    yield "|---|---|---|"
    for path, operations in sorted(described["paths"].items()):
        for method in (each for each in METHODS if each in operations):
            operation = operations[method]
            takes = "; ".join([*_parameters(operation), *_body(operation, described)])
            yield f"| `{method.upper()} {path}` | {operation.get('summary', '')} | {takes} |"


def _parameters(operation: Mapping[str, Any]) -> Iterator[str]:
    """The query's: those in the path are in the route."""
    for each in operation.get("parameters", ()):
        if each["in"] == "query":
            yield f"`?{each['name']}`{' (required)' if each.get('required') else ''}"


def _body(operation: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {})
    for media in content.values():
        name = media["schema"].get("$ref", "").rpartition("/")[2]
        schema = described["components"]["schemas"].get(name, media["schema"])
        required = schema.get("required", ())
        for field in schema.get("properties", {}):
            yield f"`{field}`{' (required)' if field in required else ''}"


if __name__ == "__main__":
    PAGE.write_text(page())
