"""Phase 4: precompute."""

from flask_openapi3 import OpenAPI

from data_processors.precompute.routes import add_routes
from data_processors.runner import create_phase_app
from shared.messages import Phase
from shared.settings import Settings


def create_app(settings: Settings | None = None) -> OpenAPI:
    """The precompute service."""
    return create_phase_app(Phase.PRECOMPUTE, settings, add_routes)
