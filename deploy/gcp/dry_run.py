"""The command lines of a release without the release; what it would make or read has a made-up name."""

from collections.abc import Mapping, Sequence

from deploy.gcp.cloud_run import CloudRun
from deploy.gcp.gcloud import Command, Gcloud, GcloudError
from deploy.gcp.preflight import head_commit
from deploy.gcp.rollout import SOURCE
from deploy.gcp.run_commands import CANDIDATE, STABLE, deploy_command, traffic_command
from deploy.registry import Service

_NEW, _OLD, _VERSION = "NEW-REVISION", "OLD-REVISION", "NEWEST-VERSION"


def deploy(gcloud: Gcloud, wanted: Sequence[Service], *, hold: bool, all_users: bool = False) -> None:
    """Says what `deploy` would run for each service, with every secret of the registry mounted."""
    place, commit = gcloud.environment, head_commit()
    for service in wanted:
        gcloud.run(
            deploy_command(
                place,
                service,
                source=SOURCE,
                commit=commit,
                mounts={variable: f"{name}:{_VERSION}" for variable, name in service.secrets.items()},
                first=_is_first(gcloud, service),
                all_users=all_users,
            )
        )
        if not hold:
            gcloud.run(traffic_command(place, service, {_NEW: 100}, remove_tags=(CANDIDATE,)))


def canary(gcloud: Gcloud, service: Service, steps: Sequence[int]) -> None:
    """Says what `canary` would run, with the way back at its end."""
    place = gcloud.environment
    for percent in steps:
        traffic: Mapping[str, int] = {_NEW: percent} | ({_OLD: 100 - percent} if percent < 100 else {})
        gcloud.run(traffic_command(place, service, traffic, add_tags={STABLE: _OLD}))
    gcloud.run(traffic_command(place, service, {_NEW: 100}, remove_tags=(CANDIDATE, STABLE)))
    gcloud.say("and when a gate fails, or on Ctrl-C:")
    gcloud.run(traffic_command(place, service, {_OLD: 100}, remove_tags=(CANDIDATE, STABLE)))


def logs(gcloud: Gcloud, text: str, limit: int) -> None:
    """Says how the log is read."""
    args = ("logging", "read", text, f"--limit={limit}", "--order=desc", "--format=json")
    gcloud.run(Command(args, "reads the log"))


def _is_first(gcloud: Gcloud, service: Service) -> bool:
    """Whether nothing serves yet; where the project cannot be read, as for a service that is there."""
    try:
        serving = CloudRun(gcloud).serving(service)
    except GcloudError as error:
        gcloud.say(f"{service.name} cannot be looked up ({str(error)[:200]}); shown as for one that is there")
        return False
    return serving is None or not serving.traffic
