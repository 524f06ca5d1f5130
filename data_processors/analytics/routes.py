"""Reading what players and teams did, game by game, newest first."""

from datetime import date

from flask import Response
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, Field

from orchestration.platform import Platform
from shared.fields import FIRST_DAY, LAST_DAY, IsoDate
from shared.http.pages import Page, read_page
from shared.http.problems import field_problem


class PlayerPath(BaseModel):
    """The player in the path."""

    player_lookup: str = Field(pattern=r"^[a-z0-9]{1,100}$", description="E.g. lukadoncic.")


class TeamPath(BaseModel):
    """The team in the path."""

    team_abbr: str = Field(pattern=r"^[A-Z]{3}$", description="Tricode, e.g. DAL.")


class GamesPage(Page):
    """Which games to read."""

    from_date: IsoDate = Field(default=FIRST_DAY, description="First game_date (US/Eastern).")
    to_date: IsoDate = Field(default=LAST_DAY, description="Last game_date, included.")

    def checked(self) -> dict[str, date]:
        """The dates as query values. Raises ProblemError 422 naming the field."""
        if self.to_date < self.from_date:
            raise field_problem("to_date", f"is before from_date {self.from_date}")
        return {"from_date": self.from_date, "to_date": self.to_date}


def add_routes(app: OpenAPI, platform: Platform) -> None:
    """GET /api/v1/players/{player_lookup}/games and /api/v1/teams/{team_abbr}/games."""
    between = "game_date BETWEEN @from_date AND @to_date"

    @app.get("/api/v1/players/<player_lookup>/games", summary="A player's games, newest first")
    def player_games(path: PlayerPath, query: GamesPage) -> Response:
        return read_page(
            platform.warehouse,
            "nba_analytics.player_game_summary",
            query,
            where=["player_lookup = @player_lookup", between],
            order="game_date DESC, game_id",
            player_lookup=path.player_lookup,
            **query.checked(),
        )

    @app.get("/api/v1/teams/<team_abbr>/games", summary="A team's games with the ball, newest first")
    def team_games(path: TeamPath, query: GamesPage) -> Response:
        return read_page(
            platform.warehouse,
            "nba_analytics.team_offense_game_summary",
            query,
            where=["team_abbr = @team_abbr", between],
            order="game_date DESC, game_id",
            team_abbr=path.team_abbr,
            **query.checked(),
        )
