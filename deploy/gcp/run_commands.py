"""The gcloud commands that change a Cloud Run service: one deploys a candidate, one splits traffic."""

from collections.abc import Mapping

from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Command
from deploy.registry import Service

# The tag of a revision that waits for traffic, and of the one that a canary is compared with.
CANDIDATE, STABLE = "candidate", "stable"


def traffic_command(
    environment: Environment,
    service: Service,
    traffic: Mapping[str, int],
    *,
    add_tags: Mapping[str, str] | None = None,
    remove_tags: tuple[str, ...] = (),
) -> Command:
    """The command that splits a service's traffic, by names: what is latest would follow a later deploy."""
    percents = ",".join(f"{revision}={percent}" for revision, percent in traffic.items())
    args = ["run", "services", "update-traffic", service.cloud_run, f"--region={environment.region}"]
    args.append(f"--to-revisions={percents}")
    if add_tags:
        args.append("--update-tags=" + ",".join(f"{tag}={name}" for tag, name in add_tags.items()))
    if remove_tags:
        args.append("--remove-tags=" + ",".join(remove_tags))
    return Command(tuple(args), f"traffic of {service.name}: {split(traffic)}")


def deploy_command(
    environment: Environment,
    service: Service,
    *,
    source: str,
    commit: str,
    mounts: Mapping[str, str],
    first: bool,
    all_users: bool = False,
) -> Command:
    """The command that builds a service from a folder and deploys it as the candidate, without traffic.

    Args:
        mounts: variable -> secret:version. What else the registry could mount is taken off.
        first: gcloud refuses --no-traffic for a service that does not exist, so a first revision gets it all.
        all_users: let everybody through Cloud Run's gate, where a policy forbids to leave it out.
    """
    run = service.run
    env = {**environment.variables(service), "COMMIT_SHA": commit}
    unmounted = [variable for variable in service.secrets if variable not in mounts]
    args = (
        *("run", "deploy", service.cloud_run, f"--source={source}", f"--region={environment.region}"),
        # The app is the one gate: behind Cloud Run's own, callers with a key would be refused.
        "--allow-unauthenticated" if all_users else "--no-invoker-iam-check",
        *("--ingress=all", f"--tag={CANDIDATE}", *(() if first else ("--no-traffic",))),
        f"--service-account={environment.runtime_account(service)}",
        f"--build-service-account=projects/{environment.project}/serviceAccounts/{environment.build_account}",
        *(f"--memory={run.memory}", f"--cpu={run.cpu}", f"--concurrency={service.concurrency}"),
        *(f"--timeout={service.timeout_seconds}", f"--min-instances={run.min_instances}"),
        f"--max-instances={run.max_instances}",
        f"--update-env-vars={_pairs(env)}",
        f"--update-secrets={_pairs(mounts)}",
        *((f"--remove-secrets={','.join(unmounted)}",) if unmounted else ()),
        f"--update-labels={_pairs({'commit': commit, 'env': environment.env, 'service': service.name})}",
    )
    return Command(args, f"deploys {service.name} at {commit[:12]}")


def split(traffic: Mapping[str, int]) -> str:
    """A split of traffic in words."""
    return ", ".join(f"{revision} {percent} %" for revision, percent in traffic.items()) or "nothing"


def _pairs(values: Mapping[str, str]) -> str:
    """KEY=VALUE,..., with another separator where a value has a comma (`gcloud topic escaping`)."""
    pairs = [f"{key}={value}" for key, value in values.items()]
    return "^;^" + ";".join(pairs) if any("," in pair for pair in pairs) else ",".join(pairs)
