"""`nba-props gcp drift`: what of the cloud is not as the repository says."""

import typer

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.gcp_options import ENV, LEFT_TO_DO, REGION, Env, Project, Region, gcloud_for, say


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("drift")(drift_command)


def drift_command(project: Project, region: Region = REGION, env: Env = ENV) -> None:
    """Compares services, variables, schedules, subscriptions, grants and monitoring with the repository.

    Changes nothing. Exit status 0: all as it should be; 2: something differs; 1: it could not be read.

    Example: nba-props gcp drift --project my-project
    """
    from deploy.gcp.bootstrap import steps
    from deploy.gcp.changes import look_at
    from deploy.gcp.monitoring import steps as monitoring
    from deploy.gcp.services import DeployedServices

    with friendly():
        gcloud = gcloud_for(project, region, env, dry_run=False)
        parts = [*steps(gcloud.environment), DeployedServices(), *monitoring.steps(None)[1:]]
        found = look_at(parts, gcloud, say)
    count = found.changes + len(found.waiting) + len(found.strange) + len(found.broken)
    if count:
        console.print(f"{count} things are not as the repository says.")
        raise typer.Exit(LEFT_TO_DO)
    console.print("Everything is as the repository says.")
