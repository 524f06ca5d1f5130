"""Phase 1, scrapers: POST /scrape runs a source, GET /scrapers lists them."""

from http import HTTPStatus

from flask import Response, jsonify
from flask_openapi3 import OpenAPI

from orchestration.platform import Platform
from scrapers.http_client import HttpClient
from scrapers.lifecycle import Lifecycle
from scrapers.registry import SOURCES
from scrapers.scrape_request import ScrapeRequest
from scrapers.source import NotReadyError
from shared.clock import utc_now
from shared.http.app import create_service
from shared.http.problems import ProblemError
from shared.settings import Settings, load_settings


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

    @app.get("/scrapers", summary="The sources that can be scraped")
    def scrapers() -> Response:
        return jsonify(
            [
                {
                    "source": source.name,
                    "provider": source.provider.name,
                    "description": source.description,
                    "days_ahead": source.days_ahead,
                }
                for source in SOURCES.values()
            ]
        )

    return app
