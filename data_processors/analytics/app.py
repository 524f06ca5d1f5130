"""Phase 3: analytics."""

from flask_openapi3 import OpenAPI

from data_processors.analytics.routes import add_routes
from data_processors.runner import create_phase_app
from shared.messages import Phase
from shared.settings import Settings


def create_app(settings: Settings | None = None) -> OpenAPI:
    """The analytics service."""
    return create_phase_app(Phase.ANALYTICS, settings, add_routes)
