"""`nba-props gcp daily`: the checklist of a morning as one command."""

from typing import Any

import typer
from rich.markup import escape

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.gcp_options import ENV, LEFT_TO_DO, REGION, Env, Project, Region, gcloud_for
from deploy.cli.service import ServiceClient
from deploy.local.driver import DriveError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("daily")(daily_command)


def daily_command(project: Project, region: Region = REGION, env: Env = ENV) -> None:
    """Readiness, yesterday and today, dead letters, secrets and drift; a line each, with a remedy.

    Changes nothing. Exit status 0: all is well; 2: a line says otherwise; 1: it could not be looked at.

    Example: nba-props gcp daily --project my-project
    """
    from deploy.gcp.bootstrap import steps
    from deploy.gcp.daily import Daily
    from deploy.gcp.monitoring import steps as monitoring
    from deploy.gcp.services import DeployedServices
    from shared.clock import eastern_today

    well = True
    with friendly():
        gcloud = gcloud_for(project, region, env, dry_run=False)
        parts = [*steps(gcloud.environment), DeployedServices(), *monitoring.steps(None)[1:]]
        for answer in Daily(gcloud, _get, DriveError).ask(eastern_today(), parts):
            mark = "[green]well[/]" if answer.well else "[bold red]look[/]"
            console.print(f"{mark}  {escape(answer.text)}", highlight=False, soft_wrap=True)
            well &= answer.well
    if not well:
        raise typer.Exit(LEFT_TO_DO)


def _get(url: str, key: str, path: str) -> dict[str, Any]:
    return ServiceClient(url, key).get(path)
