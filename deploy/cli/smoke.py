"""`nba-props smoke`: looks at services from outside, wherever they run; nothing is run by it."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.console import console, steps
from deploy.cli.friendly import check_place, friendly
from deploy.cli.gcp_choices import chosen, seconds
from deploy.cli.gcp_options import ENV, REGION, Env, Region, gcloud_for
from deploy.cli.service import API_KEY_VARIABLE, given_key
from deploy.cli.status import FOLDER
from deploy.gcp.cloud_run import CloudRun
from deploy.gcp.keys import service_key
from deploy.gcp.release import ReleaseError
from deploy.local.stack import running_services
from deploy.registry import Service
from deploy.smoke.checks import Check, smoke
from deploy.smoke.report import failures, table, write_junit
from deploy.smoke.target import Target


def smoke_command(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE...]", help="Which; all six.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help=f"The address of one service; its key is read from {API_KEY_VARIABLE}.")
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="The platform in --state.")] = False,
    gcp: Annotated[bool, typer.Option("--gcp", help="What serves in --project.")] = False,
    project: Annotated[str | None, typer.Option(envvar="GOOGLE_CLOUD_PROJECT", help="For --gcp.")] = None,
    region: Region = REGION,
    env: Env = ENV,
    state: Annotated[
        Path, typer.Option(help="With --local: the folder in which `nba-props up` runs.")
    ] = FOLDER,
    within: Annotated[str, typer.Option(help="How long a service may take to come up.")] = "60s",
    junit: Annotated[Path | None, typer.Option(help="Write the checks to this file, as JUnit does.")] = None,
) -> None:
    """Health, readiness, identity, who may call each route of its OpenAPI document, and a safe read.

    Example: nba-props smoke --local --junit smoke.xml
    """
    if sum((base_url is not None, local, gcp)) != 1:
        raise typer.BadParameter("give one of --base-url, --local and --gcp")
    wanted, patience = chosen(names, every=not names), seconds("--within", within)
    if base_url is not None and len(wanted) != 1:
        raise typer.BadParameter("--base-url is one service's: name that SERVICE")
    if gcp and not project:
        raise typer.BadParameter("--gcp needs --project")
    with friendly():
        check_place("--junit", junit)
        if base_url is not None:
            name = wanted[0].name
            targets = [Target(name, base_url, given_key(name, base_url))]
        elif local:
            targets = _local(wanted, state)
        else:
            targets = _deployed(wanted, str(project), region, env)
        checks: list[Check] = []
        with steps() as progress:
            for number, target in enumerate(targets):
                progress.at(f"{target.service} at {target.url}", number, len(targets))
                checks.extend(smoke(target, patience))
        if junit:
            write_junit(checks, junit)
    console.print(table(checks))
    if failures(checks):
        raise typer.Exit(1)


def _local(wanted: list[Service], state: Path) -> list[Target]:
    running = running_services(state)
    return [Target(service.name, *running[service.name]) for service in wanted]


def _deployed(wanted: list[Service], project: str, region: str, env: str) -> list[Target]:
    gcloud = gcloud_for(project, region, env, dry_run=False)
    cloud_run, targets = CloudRun(gcloud), []
    for service in wanted:
        serving = cloud_run.serving(service)
        if serving is None:
            raise ReleaseError(f"{service.name} was never deployed: `nba-props gcp deploy {service.name}`")
        # Of a split either may answer. The newest revision need not be the one that serves.
        revision = serving.only() if len(serving.traffic) == 1 else None
        commit = cloud_run.commit_of(service, revision) if revision else None
        targets.append(Target(service.name, serving.url, service_key(gcloud, service), commit, revision))
    return targets
