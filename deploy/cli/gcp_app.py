"""`nba-props gcp`: everything that an operator does on Google Cloud."""

import typer

from deploy.cli import gcp_release

gcp_app = typer.Typer(
    no_args_is_help=True,
    help="Deploys to Google Cloud, and looks after what runs there.\n\n"
    "Example: nba-props gcp deploy --all --project my-project",
)
gcp_release.register(gcp_app)
