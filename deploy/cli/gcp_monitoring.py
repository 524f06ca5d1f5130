"""`nba-props gcp monitoring`: metrics, alert policies and dashboards."""

import re
from typing import Annotated

import typer

from deploy.cli.friendly import friendly
from deploy.cli.gcp_bootstrap import end
from deploy.cli.gcp_options import ENV, REGION, DryRun, Env, Project, Region, Yes, gcloud_for, say

monitoring_app = typer.Typer(
    no_args_is_help=True,
    help="What is watched, and who is told.\n\n"
    "Example: nba-props gcp monitoring apply --project my-project --email ops@example.com",
)


@monitoring_app.command("apply")
def apply_command(
    project: Project,
    email: Annotated[
        str | None, typer.Option(help="Who is told of alerts; needed as long as nobody is.")
    ] = None,
    region: Region = REGION,
    env: Env = ENV,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Log-based metrics, alert policies and dashboards, as the JSON of deploy/gcp/monitoring says.

    Shows what differs, and changes it with --yes. Exit status 2: something differs and was not changed.

    Example: nba-props gcp monitoring apply --project my-project --email ops@example.com --yes
    """
    from deploy.gcp.changes import apply, look_at
    from deploy.gcp.monitoring.steps import steps

    if email is not None and not re.fullmatch(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+", email):
        raise typer.BadParameter(f"{email!r} is no e-mail address", param_hint="--email")
    with friendly():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        if yes or dry_run:
            end(apply(steps(email), gcloud, say), made=not dry_run)
        else:
            end(look_at(steps(email), gcloud, say), made=False, due=True)
