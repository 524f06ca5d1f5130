"""`nba-props gcp bootstrap`: everything but the services themselves."""

import typer

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.gcp_options import ENV, LEFT_TO_DO, REGION, DryRun, Env, Project, Region, Yes, gcloud_for, say
from deploy.gcp.changes import Summary


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("bootstrap")(bootstrap_command)


def bootstrap_command(
    project: Project, region: Region = REGION, env: Env = ENV, dry_run: DryRun = False, yes: Yes = False
) -> None:
    """APIs, accounts, grants, secrets, tables, topics; after a deploy, subscriptions and schedules.

    Shows what differs from the repository, and changes it with --yes. Running it again changes nothing.
    Exit status 2: something differs and was not changed, for want of --yes.

    Example: nba-props gcp bootstrap --project my-project --yes
    """
    from deploy.gcp.bootstrap import steps
    from deploy.gcp.changes import apply, look_at

    with friendly():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        parts = steps(gcloud.environment)
        if yes or dry_run:
            end(apply(parts, gcloud, say), made=not dry_run)
        else:
            end(look_at(parts, gcloud, say), made=False, due=True)


def end(summary: Summary, *, made: bool, due: bool = False) -> None:
    """Says in a line how it ended, and ends with the status that says the same."""
    if summary.broken:
        console.print(f"[bold red]{len(summary.broken)} need a person[/], see above.")
        raise typer.Exit(1)
    if due and summary.changes:
        console.print(f"{summary.changes} changes are due. Run it again with --yes to make them.")
        raise typer.Exit(LEFT_TO_DO)
    waits = f"; {len(summary.waiting)} wait for a deploy" if summary.waiting else ""
    verb = "made and verified" if made else "changes"
    console.print(f"{summary.changes} {verb}{waits}." if summary.changes else f"Nothing to do{waits}.")
