"""The deployed services against the registry. Only a deploy changes them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy.gcp import commits
from deploy.gcp.changes import Change, Difference, Found, compared
from deploy.gcp.cloud_run import mounted
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.grants import bindings
from deploy.gcp.secret_store import secret_specs
from deploy.gcp.secrets import newest_versions
from deploy.registry import Service, services

# What a deploy writes, and differs from one to the next.
_OWN_OF_A_DEPLOY = {"COMMIT_SHA"}


class DeployedServices:
    """How each service runs: variables, secrets, size, account, whose code, and what serves.

    Args:
        behind: how a commit's code differs from the checkout's, or None.
    """

    name = "services"

    def __init__(self, behind: Callable[[str], str | None] = commits.behind) -> None:
        self._behind = behind

    def look(self, gcloud: Gcloud) -> Found:
        place = f"--region={gcloud.environment.region}"
        rows = gcloud.find("run", "services", "list", place) or ()
        there = {row["metadata"]["name"]: row for row in rows}
        newest = newest_versions(gcloud)
        changes, waiting = [], []
        for name, service in services().items():
            row = there.get(service.cloud_run)
            if row is None:
                waiting.append(f"service {service.cloud_run}: `nba-props gcp deploy {name}`")
            elif differs := (*_differs(gcloud, row, service, newest), *self._commit(row)):
                changes.append(Change(f"service {service.cloud_run}", _deploy(name), differs))
        return Found(tuple(changes), tuple(waiting))

    def _commit(self, row: Mapping[str, Any]) -> Iterator[Difference]:
        commit = row["metadata"].get("labels", {}).get("commit", "")
        if told := self._behind(commit):
            yield Difference("commit", commit[:12] or "nothing", told)


def _deploy(name: str) -> Any:
    return lambda gcloud: gcloud.say(f"nba-props gcp deploy {name}")


def _differs(
    gcloud: Gcloud, row: Mapping[str, Any], service: Service, newest: Mapping[str, str]
) -> Iterator[Difference]:
    environment = gcloud.environment
    yield from compared(_read(row), _wanted(service, environment))
    if not _without_gate(row) and not _open_to_all(gcloud, service):
        yield Difference("invoker check", "on", "off, or open to allUsers")
    template = row["spec"]["template"]["spec"]
    container = template["containers"][0]
    values = {e["name"]: e["value"] for e in container.get("env", ()) if "value" in e}
    wanted = environment.variables(service)
    yield from compared(values, wanted)
    for name in sorted(values.keys() - wanted.keys() - _OWN_OF_A_DEPLOY):
        yield Difference(name, values[name], "nothing")
    yield from _secrets(mounted(template), service, newest)
    yield from _traffic(row)


def _wanted(service: Service, environment: Environment) -> dict[str, str]:
    run = service.run
    return {
        "memory": run.memory,
        "cpu": str(run.cpu),
        "concurrency": str(service.concurrency),
        "timeout": str(service.timeout_seconds),
        "least instances": str(run.min_instances),
        "most instances": str(run.max_instances),
        "account": environment.runtime_account(service),
        "ingress": "all",
    }


def _read(row: Mapping[str, Any]) -> dict[str, str]:
    """How a service is to run, as Cloud Run tells it."""
    spec, notes = row["spec"]["template"]["spec"], row["spec"]["template"]["metadata"].get("annotations", {})
    limits = spec["containers"][0].get("resources", {}).get("limits", {})
    return {
        "memory": limits.get("memory", ""),
        "cpu": _cpus(limits.get("cpu", "")),
        "concurrency": str(spec.get("containerConcurrency", "")),
        "timeout": str(spec.get("timeoutSeconds", "")),
        "least instances": notes.get("autoscaling.knative.dev/minScale", "0"),
        "most instances": notes.get("autoscaling.knative.dev/maxScale", ""),
        "account": spec.get("serviceAccountName", ""),
        "ingress": row["metadata"].get("annotations", {}).get("run.googleapis.com/ingress", "all"),
    }


def _without_gate(row: Mapping[str, Any]) -> bool:
    """Whether Cloud Run asks nobody who he is: the app is the one gate."""
    said = row["metadata"].get("annotations", {}).get("run.googleapis.com/invoker-iam-disabled")
    return str(said).lower() == "true"


def _open_to_all(gcloud: Gcloud, service: Service) -> bool:
    """Whether Cloud Run's gate lets everybody through, as after `deploy --allow-unauthenticated`."""
    place = f"--region={gcloud.environment.region}"
    policy = gcloud.find("run", "services", "get-iam-policy", service.cloud_run, place)
    return ("roles/run.invoker", "allUsers") in bindings(policy)


def _cpus(text: str) -> str:
    """Cloud Run says 1000m or 1."""
    return str(int(text[:-1]) // 1000) if text.endswith("000m") else text


def _secrets(there: Mapping[str, str], service: Service, newest: Mapping[str, str]) -> Iterator[Difference]:
    """An optional secret may be left out; what is mounted is the newest version of what the registry says.

    Args:
        there: variable -> secret:version. newest: secret -> version.
    """
    wanted = {
        variable: f"{name}:{newest[name]}" if name in newest else name
        for variable, name in service.secrets.items()
    }
    required = {v: text for v, text in wanted.items() if secret_specs()[service.secrets[v]].required}
    yield from compared(there, required)
    for variable, text in sorted(there.items()):
        if variable not in required and wanted.get(variable) != text:
            yield Difference(variable, text, wanted.get(variable, "nothing"))


def _traffic(row: Mapping[str, Any]) -> Iterator[Difference]:
    """A pinned revision goes on serving whatever is deployed; nobody sees it but here."""
    status = row.get("status", {})
    newest = status.get("latestReadyRevisionName", "")
    serving = {t.get("revisionName", ""): t["percent"] for t in status.get("traffic", ()) if t.get("percent")}
    if newest and serving != {newest: 100}:
        told = ", ".join(f"{name} {percent} %" for name, percent in serving.items())
        yield Difference("traffic", told or "nothing", f"{newest} 100 %")
