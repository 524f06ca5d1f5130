"""`nba-props gcp deploy | canary | rollback | releases`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.table import Table

from deploy.cli.console import console
from deploy.cli.friendly import friendly
from deploy.cli.gcp_choices import chosen, seconds
from deploy.cli.gcp_options import ENV, REGION, DryRun, Env, Project, Region, gcloud_for, say
from deploy.cli.platforms import stopped_by_sigterm
from deploy.gcp import dry_run as shown
from deploy.gcp.canary import Canary, CanaryOptions
from deploy.gcp.cloud_run import CloudRun
from deploy.gcp.gate import Limits
from deploy.gcp.keys import service_key
from deploy.gcp.preflight import check_image, check_mounts, commit_of_clean_tree
from deploy.gcp.records import Records, records_of
from deploy.gcp.release import ReleaseInterrupted
from deploy.gcp.request_log import RequestLog
from deploy.gcp.rollback import Rollback
from deploy.gcp.rollout import Plan, Rollout
from deploy.gcp.run_commands import split
from deploy.registry import services

_INTERRUPTED = 130
Force = Annotated[
    bool, typer.Option("--force", help="Although another release of it has not ended: it was killed.")
]
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help=f"One of {', '.join(services())}.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("deploy")(deploy)
    app.command("canary")(canary)
    app.command("rollback")(rollback)
    app.command("releases")(releases)


@contextmanager
def _released() -> Iterator[None]:
    """What can go wrong in a line, and the status of an interrupted program after traffic is back."""
    with friendly(), stopped_by_sigterm():
        try:
            yield
        except ReleaseInterrupted as interrupted:
            say(f"Interrupted: {interrupted}")
            raise typer.Exit(_INTERRUPTED) from None


def deploy(
    project: Project,
    names: Annotated[list[str] | None, typer.Argument(metavar="SERVICE...", help="Which services.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All six, upstream to downstream.")] = False,
    hold: Annotated[
        bool, typer.Option("--no-traffic", help="Stop when it is ready, for `gcp canary`.")
    ] = False,
    allow_placeholder: Annotated[
        list[str] | None, typer.Option(help="A secret that may hold a placeholder; its source reports it.")
    ] = None,
    ready_within: Annotated[str, typer.Option(help="How long a new revision may take to be ready.")] = "5m",
    allow_unauthenticated: Annotated[
        bool,
        typer.Option("--allow-unauthenticated", help="Where a policy forbids --no-invoker-iam-check."),
    ] = False,
    force: Force = False,
    region: Region = REGION,
    env: Env = ENV,
    dry_run: DryRun = False,
) -> None:
    """Deploys services: proven here, built, started without traffic, smoke-tested, then served.

    Stops at the first that fails; its old revision serves on. Example: nba-props gcp deploy analytics worker
    """
    wanted = chosen(names, every=every)
    within = seconds("--ready-within", ready_within)
    with _released():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        if dry_run:
            shown.deploy(gcloud, wanted, hold=hold, all_users=allow_unauthenticated)
            return
        commit = commit_of_clean_tree()
        mounted = check_mounts(gcloud, wanted, tuple(allow_placeholder or ()))
        keys = {service.name: service_key(gcloud, service) for service in wanted}
        check_image(gcloud.environment, wanted, say)
        plan = Plan(commit, mounted, keys, within, hold, force, allow_unauthenticated)
        Rollout(CloudRun(gcloud), records_of(gcloud.environment), say).deploy_all(wanted, plan)


def canary(
    name: ServiceName,
    project: Project,
    steps: Annotated[str, typer.Option(help="Percents of the traffic, up to 100.")] = "10,50,100",
    watch: Annotated[str, typer.Option(help="How long each step is looked at.")] = "5m",
    min_requests: Annotated[int, typer.Option(min=1, help="Requests without which no step passes.")] = 20,
    log_delay: Annotated[str, typer.Option(help="How long a request may take to show in the log.")] = "30s",
    force: Force = False,
    region: Region = REGION,
    env: Env = ENV,
    dry_run: DryRun = False,
) -> None:
    """Gives the candidate of `deploy --no-traffic` traffic step by step, and takes it back if a gate fails.

    Gated by its error rate and p95 beside the serving revision's, and its readiness; Ctrl-C goes back too.

    Example: nba-props gcp canary analytics --steps 10,50,100 --watch 5m
    """
    (service,) = chosen([name], every=False)
    options = CanaryOptions(
        _percents(steps),
        seconds("--watch", watch),
        Limits(minimum=min_requests),
        seconds("--log-delay", log_delay),
        force=force,
    )
    with _released():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        if dry_run:
            shown.canary(gcloud, service, options.steps)
            return
        key = service_key(gcloud, service)
        Canary(CloudRun(gcloud), records_of(gcloud.environment), RequestLog(gcloud), say).run(
            service, key, options
        )


def _percents(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or found[-1] != 100 or list(found) != sorted(set(found)) or found[0] < 1:
        raise typer.BadParameter(f"--steps {text!r}: write rising percents up to 100, as 10,50,100")
    return found


def rollback(
    name: ServiceName,
    project: Project,
    to: Annotated[str | None, typer.Option(help="A revision; without it, the one recorded before.")] = None,
    region: Region = REGION,
    env: Env = ENV,
    dry_run: DryRun = False,
) -> None:
    """Gives all traffic back to the revision that served before the present one.

    Example: nba-props gcp rollback analytics
    """
    (service,) = chosen([name], every=False)
    with _released():
        gcloud = gcloud_for(project, region, env, dry_run=dry_run)
        revision = Rollback(CloudRun(gcloud), records_of(gcloud.environment), say).run(service, to)
        say(f"{service.name}: {revision} {'would have' if dry_run else 'has'} all traffic")


def releases(
    project: Project,
    names: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE...]", help="Which; all six.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many steps, newest first.")] = 20,
    region: Region = REGION,
    env: Env = ENV,
) -> None:
    """Shows what serves, what waits, and what was released when and why it ended.

    Example: nba-props gcp releases analytics
    """
    wanted = chosen(names, every=not names)
    with _released():
        gcloud = gcloud_for(project, region, env, dry_run=False)
        cloud_run = CloudRun(gcloud)
        serving = Table(title="what serves")
        for column in ("service", "traffic", "tagged"):
            serving.add_column(column)
        for service in wanted:
            found = cloud_run.serving(service)
            tags = ", ".join(f"{tag}: {each.revision}" for tag, each in found.tags.items()) if found else ""
            serving.add_row(service.name, split(found.traffic) if found else "never deployed", tags)
        console.print(serving)
        console.print(
            _steps_table(records_of(gcloud.environment), [service.name for service in wanted], limit)
        )


def _steps_table(records: Records, names: list[str], limit: int) -> Table:
    table = Table(title="steps, newest first")
    columns = ("when (UTC)", "service", "action", "state", "%", "revision", "before", "commit", "reason")
    for column in columns:
        table.add_column(column)
    for step in records.newest(*names)[:limit]:
        when = f"{step.occurred_at:%Y-%m-%d %H:%M}" if step.occurred_at else ""
        names_of = (step.revision or "", step.previous_revision or "", (step.commit_sha or "")[:12])
        table.add_row(when, step.service, step.action, step.state, str(step.percent), *names_of, step.reason)
    return table
