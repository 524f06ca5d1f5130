"""GET /api/v1/status/{date}: how a date stands, output by output."""

from flask import Response, jsonify
from flask_openapi3 import OpenAPI

from orchestration.platform import Platform
from orchestration.status import read_statuses
from predictions.coordinator.reading import DatePath
from shared.clock import utc_now


def add_status_route(app: OpenAPI, platform: Platform) -> None:
    """Serves the status of a date; a warehouse that cannot say now is a 503."""

    @app.get("/api/v1/status/<game_date>", summary="How a date stands: states, rows, ages, due times, health")
    def status(path: DatePath) -> Response:
        (found,) = read_statuses(platform, path.game_date, path.game_date, utc_now())
        return jsonify(found.as_json())
