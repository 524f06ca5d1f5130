"""Whatever pipeline.yaml posts to is a route of that service, and takes what is posted."""

import inspect
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from deploy.registry import services
from orchestration.bus_setup import DEAD_LETTERS_PATH
from orchestration.pipeline import load_pipeline
from predictions.coordinator.orders import GradeRequest
from scrapers.workflow_request import WorkflowPath
from shared.http.problems import ProblemError
from shared.settings import Settings

PIPELINE = load_pipeline()
# Reads its body by itself, for it is pushed to as well.
TAKEN_BY_HAND = {"/grade": GradeRequest}


@cache
def app_of(service: str) -> Flask:
    module, _, factory = services()[service].factory.removesuffix("()").partition(":")
    settings = Settings(
        SERVICE=service,
        PORT=8080,
        GOOGLE_CLOUD_PROJECT="nba-local",
        VALID_API_KEYS=("first-test-key",),
        OIDC_AUDIENCE=services()[service].audience,
        OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
    )
    app: Flask = getattr(import_module(module), factory)(settings)
    return app


def route(service: str, path: str) -> tuple[str, Any]:
    """The endpoint that a POST reaches, and the path's values."""
    routes: MapAdapter = app_of(service).url_map.bind("localhost")
    try:
        return routes.match(path, method="POST")
    except HTTPException as error:
        pytest.fail(f"{service} has no POST {path}: {error}")


def check_posted(service: str, path: str, body: Any) -> None:
    """Fails when the route does not take the body."""
    endpoint, values = route(service, path)
    taken = inspect.signature(app_of(service).view_functions[endpoint]).parameters
    for name, value in (("path", values), ("body", body)):
        if name in taken:
            taken[name].annotation.model_validate(value)
    if "body" not in taken:
        TAKEN_BY_HAND[path].model_validate(body)


@pytest.mark.parametrize("subscription", PIPELINE.subscriptions, ids=lambda s: s.name)
def test_every_subscription_is_pushed_to_a_route(subscription: Any) -> None:
    route(subscription.service, subscription.path)


def test_dead_letters_are_pushed_to_a_route() -> None:
    route("coordinator", DEAD_LETTERS_PATH)


@pytest.mark.parametrize("schedule", PIPELINE.schedules, ids=lambda s: s.name)
def test_every_schedule_posts_what_its_route_takes(schedule: Any) -> None:
    check_posted(schedule.service, schedule.path, schedule.body)


@pytest.mark.parametrize(
    "schedule", [s for s in PIPELINE.schedules if s.service == "scrapers"], ids=lambda s: s.name
)
def test_every_schedule_of_the_scrapers_runs_a_workflow_that_there_is_if_it_is_due(schedule: Any) -> None:
    _, values = route("scrapers", schedule.path)
    assert WorkflowPath(**values).workflow()
    assert schedule.body["if_due"] is True


def test_a_route_workflow_or_field_that_is_not_there_would_be_found() -> None:
    with pytest.raises(pytest.fail.Exception, match="no POST /grades"):
        route("coordinator", "/grades")
    with pytest.raises(ValidationError, match="if_dew"):
        check_posted("scrapers", "/workflows/post_game", {"if_dew": True})
    with pytest.raises(ProblemError, match="there are betting_lines"):
        WorkflowPath(name="nonsense").workflow()
