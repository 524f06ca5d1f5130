"""Back to the revision that served before, by its recorded name."""

from collections.abc import Callable, Mapping

from deploy.gcp.cloud_run import CloudRun, Revision, TrafficError
from deploy.gcp.gcloud import GcloudError
from deploy.gcp.interrupts import interrupted_once
from deploy.gcp.records import Records
from deploy.gcp.release import UNRECORDED, Release, ReleaseError
from deploy.gcp.run_commands import CANDIDATE, STABLE, split
from deploy.registry import Service


class Rollback:
    """Puts traffic back."""

    def __init__(self, cloud_run: CloudRun, records: Records, say: Callable[[str], None]) -> None:
        self._cloud_run, self._records, self._say = cloud_run, records, say

    def run(self, service: Service, to: str | None) -> str:
        """Gives all traffic to a revision, the recorded one when none is named; returns its name.

        Nothing but the record of it is needed to choose one, and nothing at all when it is named.

        Raises:
            ReleaseError: no revision to go back to is known or ready, or traffic did not move.
        """
        try:
            serving = self._cloud_run.serving(service)
            if serving is None:
                raise ReleaseError(f"{service.name} was never deployed")
            chosen = to or self._recorded(service, serving.traffic)
            self._check(service, chosen)
            if serving.traffic == {chosen: 100}:
                raise ReleaseError(f"{service.name}: {chosen} has all traffic already; nothing was changed")
            leader = max(serving.traffic, key=lambda name: serving.traffic[name], default=None)
            release = Release(service, "rollback", self._cloud_run, self._records, self._say, leader)
            release.revision = chosen
            with interrupted_once() as ignore:
                ignore()
                self._cloud_run.move(service, {chosen: 100}, remove_tags=(CANDIDATE, STABLE))
                if not self._cloud_run.dry_run:
                    self._record(release, chosen)
        except (GcloudError, TrafficError) as error:
            raise ReleaseError(f"{service.name}: {error}") from None
        return chosen

    def _recorded(self, service: Service, traffic: Mapping[str, int]) -> str:
        try:
            step = self._records.before(service.name, traffic)
        except UNRECORDED as error:
            raise ReleaseError(
                f"{service.name}: nba_orchestration.deployments cannot be read ({error}): "
                f"name the revision by --to; {self._known(service)}"
            ) from None
        if step is None or step.previous_revision is None:
            raise ReleaseError(
                f"{service.name}: no revision before {split(traffic)} is recorded: name one by --to; "
                f"{self._known(service)}"
            )
        return step.previous_revision

    def _check(self, service: Service, name: str) -> None:
        found = {revision.name: revision for revision in self._cloud_run.revisions(service)}
        if name not in found:
            raise ReleaseError(f"{service.name} has no revision {name}; {self._known(service)}")
        if not found[name].ready:
            raise ReleaseError(f"{service.name}: {name} is not ready; {self._known(service)}")
        if disabled := self._disabled(found[name]):
            told = ", ".join(disabled)
            raise ReleaseError(
                f"{service.name}: {name} mounts {told}, which is not enabled, so it would not start: "
                f"name another by --to, or `gcloud secrets versions enable` it; {self._known(service)}"
            )

    def _disabled(self, revision: Revision) -> list[str]:
        """Secrets that cannot be looked at do not stop the way back."""
        try:
            return self._cloud_run.unmountable(revision)
        except GcloudError as error:
            self._say(f"whether {revision.name} can mount its secrets is not known: {error}")
            return []

    def _known(self, service: Service) -> str:
        ready = [each.name for each in self._cloud_run.revisions(service) if each.ready]
        return f"ready are {', '.join(ready[:5]) or 'none'}"

    def _record(self, release: Release, chosen: str) -> None:
        try:
            release.record("ROLLED_BACK", 100, f"the operator went back to {chosen}")
        except UNRECORDED as error:
            raise ReleaseError(
                f"{release.service.name}: {chosen} has all traffic, but that is not recorded: {error}"
            ) from None
