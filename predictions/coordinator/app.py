"""The prediction coordinator: starts and closes batches, grades, retrains, looks after what went wrong."""

from flask_openapi3 import OpenAPI

from orchestration.platform import Platform
from predictions.coordinator.check_routes import add_check_routes
from predictions.coordinator.dead_letters import add_dead_letter_route
from predictions.coordinator.handlers import Coordinator
from predictions.coordinator.letter_routes import add_letter_routes
from predictions.coordinator.orders import add_order_routes
from predictions.coordinator.reading import add_reading_routes
from predictions.coordinator.retraining import add_models_route, add_retrain_route
from predictions.coordinator.status_routes import add_status_route
from predictions.systems.contract import load_contract
from shared.http.app import create_service
from shared.http.push import add_push_route
from shared.messages import PhaseMessage, PredictionReady
from shared.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> OpenAPI:
    """The coordinator's Flask app."""
    settings = settings or load_settings()
    platform = Platform(settings)
    coordinator, letters = Coordinator(platform), platform.dead_letters
    checks = {**platform.checks(), "feature contract": _check_contract}
    app = create_service(settings, "prediction coordinator", checks)
    add_push_route(app, "/process", PhaseMessage, coordinator.process, letters)
    add_push_route(app, "/complete", PredictionReady, coordinator.complete, letters)
    add_dead_letter_route(app, coordinator)
    add_order_routes(app, coordinator)
    add_check_routes(app, coordinator)
    add_status_route(app, platform)
    add_letter_routes(app, platform)
    add_reading_routes(app, platform)
    add_retrain_route(app, platform)
    add_models_route(app, platform)
    return app


def _check_contract() -> None:
    load_contract()
