"""What every `nba-props gcp` command is told: where, and whether to change anything."""

from typing import Annotated

import typer

from deploy.cli.console import console
from deploy.gcp.environment import DEFAULT_ENV, DEFAULT_REGION, Environment
from deploy.gcp.gcloud import Gcloud

Project = Annotated[
    str, typer.Option(envvar="GOOGLE_CLOUD_PROJECT", help="The Google Cloud project.", show_default=False)
]
Region = Annotated[str, typer.Option(help="Where services, schedules and datasets live.")]
Env = Annotated[str, typer.Option(help="The label of this deployment.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only print the command lines; reads, and changes nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Make the changes; without it they are only shown.")]
REGION, ENV = DEFAULT_REGION, DEFAULT_ENV
# Nothing has failed, and something is left to do.
LEFT_TO_DO = 2


def say(text: str) -> None:
    """A line as it is, so that a command can be copied."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def gcloud_for(project: str, region: str, env: str, *, dry_run: bool) -> Gcloud:
    """gcloud for a deployment. Raises EnvironmentNameError."""
    return Gcloud(Environment(project, region, env), say, dry_run=dry_run)
