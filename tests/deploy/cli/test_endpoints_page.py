"""docs/endpoints.md says what the services serve."""

import pytest

from deploy.cli.endpoints_page import PAGE, document, page
from deploy.registry import services
from deploy.smoke.checks import routes


def test_the_page_is_what_make_docs_writes() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


@pytest.mark.parametrize("name", services())
def test_every_route_is_on_it_with_what_it_is(name: str) -> None:
    section = page().partition(f"\n## {name}: ")[2].partition("\n## ")[0]
    found = list(routes(document(services()[name])))
    assert found
    for route in found:
        row = next(
            line for line in section.splitlines() if line.startswith(f"| `{route.method} {route.path}` |")
        )
        assert row.split("|")[2].strip(), f"{name} {route.path} has no summary"


@pytest.mark.parametrize("name", services())
def test_the_safe_read_of_the_registry_is_a_route(name: str) -> None:
    service = services()[name]
    assert any(route.read_by(service.safe_read) for route in routes(document(service)))
