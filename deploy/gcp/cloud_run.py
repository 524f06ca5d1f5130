"""Cloud Run as releases see it: what serves, what is tagged, and moving traffic until it has moved."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Command, Gcloud, GcloudError
from deploy.gcp.run_commands import split, traffic_command
from deploy.gcp.secrets import unmountable
from deploy.registry import Service

_SETTLE_SECONDS, _POLL_SECONDS = 30.0, 1.0


class TrafficError(RuntimeError):
    """Traffic is not where it has to be; the text says where it is."""


@dataclass(frozen=True)
class Tagged:
    """A revision with an address of its own."""

    revision: str
    url: str


@dataclass(frozen=True)
class Serving:
    """A service as it stands.

    Args:
        traffic: revision -> percent, of those that have any.
    """

    url: str
    traffic: Mapping[str, int]
    tags: Mapping[str, Tagged]

    def only(self) -> str | None:
        """The one revision that has all traffic; None when none ever started.

        Raises:
            TrafficError: several share it.
        """
        if len(self.traffic) > 1:
            raise TrafficError(
                f"traffic is split ({split(self.traffic)}): end that first, by `nba-props gcp canary` "
                "or `nba-props gcp rollback`"
            )
        return next(iter(self.traffic), None)


@dataclass(frozen=True)
class Revision:
    """One revision of a service.

    Args:
        mounts: variable -> secret:version.
    """

    name: str
    created: str
    commit: str
    ready: bool
    mounts: Mapping[str, str]


class CloudRun:
    """The Cloud Run services of an environment, by gcloud."""

    def __init__(self, gcloud: Gcloud) -> None:
        self._gcloud = gcloud

    @property
    def environment(self) -> Environment:
        return self._gcloud.environment

    @property
    def dry_run(self) -> bool:
        return self._gcloud.dry_run

    def serving(self, service: Service) -> Serving | None:
        """How a service stands; None when it was never deployed. Raises GcloudError."""
        region = f"--region={self.environment.region}"
        found = self._gcloud.find("run", "services", "describe", service.cloud_run, region)
        return _serving(found) if found else None

    def revisions(self, service: Service) -> list[Revision]:
        """A service's revisions, newest first. Raises GcloudError."""
        region = f"--region={self.environment.region}"
        rows = self._gcloud.read(
            "run", "revisions", "list", f"--service={service.cloud_run}", region, "--limit=200"
        )
        found = [_revision(row) for row in rows or ()]
        return sorted(found, key=lambda revision: revision.created, reverse=True)

    def unmountable(self, revision: Revision) -> list[str]:
        """The secret:version that a revision mounts and that are disabled. Raises GcloudError."""
        return unmountable(self._gcloud, revision.mounts.values())

    def commit_of(self, service: Service, revision: str) -> str | None:
        """The commit that a revision was deployed from, if that is known. Raises GcloudError."""
        return next((each.commit for each in self.revisions(service) if each.name == revision), None) or None

    def deploy(self, command: Command) -> None:
        """Runs a deploy command. Raises GcloudError."""
        self._gcloud.run(command)

    def move(self, service: Service, traffic: Mapping[str, int], **tags: Any) -> None:
        """Gives revisions these percents of the traffic, and returns when they have them.

        gcloud may end badly after its change was made, or well before it shows; what counts is what serves.

        Args:
            tags: as of `traffic_command`.

        Raises:
            TrafficError: the traffic is somewhere else.
        """
        failure: GcloudError | None = None
        try:
            self._gcloud.run(traffic_command(self.environment, service, traffic, **tags))
        except GcloudError as error:
            failure = error
        if not self.dry_run:
            self._expect(service, traffic, failure)

    def _expect(self, service: Service, traffic: Mapping[str, int], failure: GcloudError | None) -> None:
        wanted = {revision: percent for revision, percent in traffic.items() if percent}
        deadline = time.monotonic() + (0 if failure else _SETTLE_SECONDS)
        while True:
            found, unread = self._traffic(service)
            if found == wanted:
                return
            if time.monotonic() >= deadline:
                why = f"; {failure or unread}" if failure or unread else ""
                raise TrafficError(
                    f"{service.cloud_run} has its traffic on {split(found)}, not {split(wanted)}{why}"
                )
            time.sleep(_POLL_SECONDS)

    def _traffic(self, service: Service) -> tuple[Mapping[str, int], GcloudError | None]:
        try:
            serving = self.serving(service)
        except GcloudError as error:
            return {}, error
        return (serving.traffic if serving else {}), None


def _serving(found: Mapping[str, Any]) -> Serving:
    status = found.get("status", {})
    traffic: dict[str, int] = {}
    tags = {}
    for target in status.get("traffic", ()):
        name = target.get("revisionName", "")
        if target.get("percent"):
            traffic[name] = traffic.get(name, 0) + int(target["percent"])
        if target.get("tag"):
            tags[target["tag"]] = Tagged(name, target.get("url", ""))
    return Serving(status.get("url", ""), traffic, tags)


def _revision(row: Mapping[str, Any]) -> Revision:
    metadata = row["metadata"]
    conditions = {each["type"]: each.get("status") for each in row.get("status", {}).get("conditions", ())}
    return Revision(
        metadata["name"],
        metadata.get("creationTimestamp", ""),
        metadata.get("labels", {}).get("commit", ""),
        conditions.get("Ready") == "True",
        mounted(row.get("spec", {})),
    )


def mounted(spec: Mapping[str, Any]) -> dict[str, str]:
    """Variable -> secret:version, of the one container of a revision."""
    containers: Sequence[Mapping[str, Any]] = spec.get("containers") or ({},)
    rows = containers[0].get("env", ())
    refs = {row["name"]: row.get("valueFrom", {}).get("secretKeyRef") for row in rows}
    return {variable: f"{ref['name']}:{ref['key']}" for variable, ref in refs.items() if ref}
