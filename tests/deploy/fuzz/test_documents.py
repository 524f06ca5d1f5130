"""Whatever an OpenAPI document allows or forbids, the service answers as it says and shows no inside."""

import os
import re
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.local.driver import Driver
from deploy.registry import services

# Of each route and mode; NBA_PROPS_FUZZ asks for more.
EXAMPLES = int(os.environ.get("NBA_PROPS_FUZZ", "4"))
# Trains a model for a minute whenever it is asked well; its body is tested with its route.
LEFT_OUT = {"POST /retrain"}
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
INSIDE = re.compile(r"Traceback|File \"/|/site-packages/|google\.api_core|sqlite3|duckdb", re.IGNORECASE)


def operations(driver: Driver, service: str) -> list[Any]:
    key = {"X-API-Key": driver.stack.keys[service]}
    document = requests.get(f"{driver.stack.url(service)}/openapi.json", headers=key, timeout=30).json()
    found = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
    return [operation for operation in found if operation.label not in LEFT_OUT]


def answers(driver: Driver, service: str, operation: Any, mode: GenerationMode, headers: Any) -> Counter[int]:
    """Sends what the document allows, or what it does not, and holds each answer against it."""
    statuses: Counter[int] = Counter()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        answer = case.call(base_url=driver.stack.url(service), headers=headers)
        told = f"{case.as_curl_command()}\n{answer.status_code} {answer.text[:500]}"
        assert answer.status_code < 500, told
        assert not INSIDE.search(answer.text), told
        case.validate_response(answer, checks=CHECKS)
        statuses[answer.status_code] += 1

    try:
        send()
    except Unsatisfiable:
        # A route that takes nothing can be asked in no wrong way.
        assert mode is GenerationMode.NEGATIVE
    return statuses


@pytest.mark.parametrize("service", services())
def test_each_route_answers_as_its_document_says(driver: Driver, service: str) -> None:
    key = {"X-API-Key": driver.stack.keys[service]}
    for operation in operations(driver, service):
        allowed = answers(driver, service, operation, GenerationMode.POSITIVE, key)
        answers(driver, service, operation, GenerationMode.NEGATIVE, key)
        assert allowed, operation.label
        assert 401 not in allowed, operation.label


@pytest.mark.parametrize("service", services())
def test_without_a_key_each_route_says_so_and_nothing_else(driver: Driver, service: str) -> None:
    for operation in operations(driver, service):
        statuses = answers(driver, service, operation, GenerationMode.POSITIVE, {})
        opened = {200} if operation.label in ("GET /", "GET /health") else {401}
        assert set(statuses) == opened, operation.label
