"""`nba-props gcp logs`: the lines of the services, once or as they come."""

from datetime import timedelta
from typing import Annotated

import typer

from deploy.cli.friendly import friendly
from deploy.cli.gcp_choices import chosen, seconds
from deploy.cli.gcp_options import ENV, REGION, DryRun, Env, Project, Region, gcloud_for, say
from deploy.cli.platforms import stopped_by_sigterm
from deploy.gcp import dry_run as shown
from deploy.gcp import logs as queries


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("logs")(logs)


def logs(
    project: Project,
    names: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE...]", help="Which; all six.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Errors, and answers of 500 and above.")] = False,
    auth: Annotated[bool, typer.Option("--auth", help="Refused callers.")] = False,
    quality: Annotated[bool, typer.Option("--quality", help="Quality, fallbacks, degraded dates.")] = False,
    correlation: Annotated[str | None, typer.Option(help="Everything about one correlation id.")] = None,
    since: Annotated[str, typer.Option(help="How far back.")] = "1h",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many lines at most.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    region: Region = REGION,
    env: Env = ENV,
    dry_run: DryRun = False,
) -> None:
    """Shows log lines, oldest first, and those that come with --follow.

    Example: nba-props gcp logs worker --errors --follow
    """
    wanted = chosen(names, every=not names)
    asked = [name for name, on in (("errors", errors), ("auth", auth), ("quality", quality)) if on]
    back = timedelta(seconds=seconds("--since", since))
    with friendly(), stopped_by_sigterm():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        text = queries.query(gcloud.environment, wanted, asked, correlation)
        if dry_run:
            shown.logs(gcloud, text, limit)
            return
        found = (
            queries.follow(gcloud, text, back, limit) if follow else queries.read(gcloud, text, back, limit)
        )
        for entry in found:
            say(queries.line(entry))
