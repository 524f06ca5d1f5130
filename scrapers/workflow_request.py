"""What POST /workflows/{name} takes."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from orchestration.pipeline import Workflow, load_pipeline
from scrapers.scrape_request import ScrapeRequest
from shared.clock import eastern_date
from shared.fields import IsoDate, LeadMinutes, Moment
from shared.http.problems import field_problem


class WorkflowPath(BaseModel):
    """The path of the route."""

    name: str = Field(description="A workflow of orchestration/pipeline.yaml.")

    def workflow(self) -> Workflow:
        """The workflow. Raises ProblemError 422 naming those that there are."""
        workflows = load_pipeline().workflows
        if self.name not in workflows:
            raise field_problem("name", f"unknown workflow; there are {', '.join(sorted(workflows))}")
        return workflows[self.name]


class WorkflowRequest(BaseModel):
    """The date, unless it is the workflow's own, and what may be known."""

    model_config = ConfigDict(extra="forbid")

    game_date: IsoDate | None = Field(default=None, description="US/Eastern; the workflow's own without it.")
    as_of: Moment | None = Field(default=None, description="Nothing known later is fetched.")
    lead_minutes: LeadMinutes | None = Field(
        default=None, description="Replay: what was known so long before each tip-off."
    )

    def scrapes(self, workflow: Workflow, now: datetime) -> list[ScrapeRequest]:
        """One request a source, in the workflow's order."""
        days_back = 1 if workflow.date == "yesterday" else 0
        day = self.game_date or eastern_date(now) - timedelta(days=days_back)
        known = {"as_of": self.as_of, "lead_minutes": self.lead_minutes}
        return [ScrapeRequest(source=source, game_date=day, **known) for source in workflow.sources]
