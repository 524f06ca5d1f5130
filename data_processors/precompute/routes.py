"""Reading features and recent form."""

from flask import Response
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, Field

from orchestration.platform import Platform
from shared.clock import eastern_today
from shared.fields import IsoDate
from shared.http.pages import Page, read_page

_STORE, _CACHE = "nba_predictions.ml_feature_store", "nba_precompute.player_daily_cache"


class DatePath(BaseModel):
    """The date in the path."""

    game_date: IsoDate = Field(description="The US/Eastern date of the games, YYYY-MM-DD.")


class PlayerPath(DatePath):
    """The date and the player in the path."""

    player_lookup: str = Field(pattern=r"^[a-z0-9]{1,100}$", description="E.g. lukadoncic.")


class CachePage(Page):
    """Whose recent form to read."""

    game_date: IsoDate | None = Field(default=None, description="The date of the games; today when omitted.")


def add_routes(app: OpenAPI, platform: Platform) -> None:
    """GET /api/v1/features/{game_date}[/{player_lookup}] and /api/v1/cache/players."""

    @app.get("/api/v1/features/<game_date>", summary="The features of a date's players")
    def features(path: DatePath, query: Page) -> Response:
        return read_page(
            platform.warehouse,
            _STORE,
            query,
            where=["game_date = @game_date"],
            order="game_id, player_lookup",
            game_date=path.game_date,
        )

    @app.get("/api/v1/features/<game_date>/<player_lookup>", summary="The features of one player")
    def player_features(path: PlayerPath) -> Response:
        return read_page(
            platform.warehouse,
            _STORE,
            Page(limit=10),
            where=["game_date = @game_date", "player_lookup = @player_lookup"],
            order="feature_version DESC",
            game_date=path.game_date,
            player_lookup=path.player_lookup,
        )

    @app.get("/api/v1/cache/players", summary="The recent form of a date's players")
    def cache(query: CachePage) -> Response:
        return read_page(
            platform.warehouse,
            _CACHE,
            query,
            where=["game_date = @game_date"],
            order="game_id, player_lookup",
            game_date=query.game_date or eastern_today(),
        )
