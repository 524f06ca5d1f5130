"""`nba-props gcp`: the platform on Google Cloud."""

import typer

from deploy.cli import gcp_bootstrap, gcp_cost, gcp_daily, gcp_drift, gcp_logs, gcp_release
from deploy.cli.gcp_monitoring import monitoring_app
from deploy.cli.gcp_secrets import secrets_app

gcp_app = typer.Typer(
    no_args_is_help=True,
    help="Sets the platform up on Google Cloud, deploys it and looks after it.\n\n"
    "Example: nba-props gcp bootstrap --project my-project --dry-run",
)
gcp_bootstrap.register(gcp_app)
gcp_release.register(gcp_app)
gcp_logs.register(gcp_app)
gcp_drift.register(gcp_app)
gcp_cost.register(gcp_app)
gcp_daily.register(gcp_app)
gcp_app.add_typer(secrets_app, name="secrets")
gcp_app.add_typer(monitoring_app, name="monitoring")
