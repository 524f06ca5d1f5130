"""Phase 1, scrapers: POST /scrape runs a source, POST /workflows/{name} several, GET /scrapers lists them."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from time import monotonic
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import OpenAPI

from orchestration.platform import Platform
from scrapers.http_client import HttpClient
from scrapers.lifecycle import Lifecycle, Run
from scrapers.registry import SOURCES
from scrapers.scrape_request import ScrapeRequest
from scrapers.source import NotReadyError, Source, Task
from scrapers.windows import DueSources, sources_due
from scrapers.workflow_request import WorkflowPath, WorkflowRequest
from shared.clock import utc_now
from shared.http.app import create_service
from shared.http.problems import ProblemError
from shared.settings import Settings, load_settings

_LOG = logging.getLogger(__name__)
# All sources of a workflow together, under the service's request timeout of 600 s.
_WORKFLOW_SECONDS = 480.0


def create_app(settings: Settings | None = None) -> OpenAPI:
    """The scrapers service."""
    settings = settings or load_settings()
    platform = Platform(settings)
    lifecycle = Lifecycle(platform, HttpClient(settings.UPSTREAM_BASE_URL))
    app = create_service(settings, "scrapers", platform.checks())

    @app.post("/scrape", summary="Run one source for one or more dates")
    def scrape(body: ScrapeRequest) -> Response:
        source, task = body.parsed(SOURCES, utc_now())
        try:
            return jsonify(lifecycle.run(source, task).summary())
        except NotReadyError as error:
            raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None

    @app.post("/workflows/<name>", summary="Run a workflow's sources, one after the other")
    def workflow(path: WorkflowPath, body: WorkflowRequest) -> Response:
        now, chosen = utc_now(), path.workflow()
        day = body.day(chosen, now)
        asked = {scrape.source: scrape.parsed(SOURCES, now) for scrape in body.scrapes(chosen.sources, day)}
        due = (
            sources_due(platform, chosen, day, now)
            if body.if_due
            else DueSources(chosen.sources, "asked for")
        )
        runs = _run_together(lifecycle, [asked[source] for source in due.sources])
        status = "ran" if due.sources else "not_due"
        _LOG.info("%s of %s: %s, %s", path.name, day, status, due.reason)
        return jsonify({"workflow": path.name, "status": status, "reason": due.reason, "runs": runs})

    @app.get("/scrapers", summary="The sources that can be scraped")
    def scrapers() -> Response:
        return jsonify(
            [
                {
                    "source": source.name,
                    "provider": source.provider.name,
                    "description": source.description,
                    "days_ahead": source.days_ahead,
                    "by_game": source.by_game,
                }
                for source in SOURCES.values()
            ]
        )

    return app


def _run_together(lifecycle: Lifecycle, asked: Sequence[tuple[Source, Task]]) -> list[dict[str, Any]]:
    """Runs sources of one task and announces them at once, so that what rests on several is made once.

    One that is not ready stops no other; those that ran are announced also when a later one could not be
    recorded.
    """
    ends, runs, told = monotonic() + _WORKFLOW_SECONDS, list[Run](), list[dict[str, Any]]()
    try:
        for source, task in asked:
            try:
                run = lifecycle.run_unannounced(source, task, ends - monotonic())
            except NotReadyError as error:
                told.append({"source": source.name, "status": "not_ready", "reason": str(error)})
            else:
                runs.append(run)
                told.append(run.summary())
    finally:
        if runs:
            lifecycle.announce(runs, asked[0][1])
    return told
