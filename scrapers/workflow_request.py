"""What POST /workflows/{name} takes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from orchestration.pipeline import load_pipeline
from orchestration.timetable import Workflow
from scrapers.scrape_request import ScrapeRequest
from shared.clock import eastern_date
from shared.fields import LeadMinutes, Moment, NamedDay, Switch
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

    game_date: NamedDay | None = Field(
        default=None, description="US/Eastern, or today or yesterday; the workflow's own without it."
    )
    as_of: Moment | None = Field(default=None, description="Nothing known later is fetched.")
    lead_minutes: LeadMinutes | None = Field(
        default=None, description="Replay: what was known so long before each tip-off."
    )
    if_due: Switch = Field(default=False, description="Only what has something to do now, by its window.")

    def day(self, workflow: Workflow, now: datetime) -> date:
        """The date that it is about."""
        days_back = 1 if workflow.date == "yesterday" else 0
        return self.game_date or eastern_date(now) - timedelta(days=days_back)

    def scrapes(self, sources: Sequence[str], day: date) -> list[ScrapeRequest]:
        """One request a source, in order.

        Raises:
            ProblemError: 422; whether something is due now does not depend on what was known another time.
        """
        if self.if_due and (self.as_of or self.lead_minutes is not None):
            raise field_problem("if_due", "is about now: leave it out, or as_of and lead_minutes")
        known = {"as_of": self.as_of, "lead_minutes": self.lead_minutes}
        return [ScrapeRequest(source=source, game_date=day, **known) for source in sources]
