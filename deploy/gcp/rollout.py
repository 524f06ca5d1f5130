"""Deploying services: built and started without traffic, proven at an address of their own, then served."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy.gcp.cloud_run import CloudRun, TrafficError
from deploy.gcp.gcloud import GcloudError
from deploy.gcp.preflight import PreflightError, commit_of_clean_tree
from deploy.gcp.records import Records
from deploy.gcp.release import Release, ReleaseError
from deploy.gcp.run_commands import CANDIDATE, deploy_command, split
from deploy.registry import Service
from deploy.smoke.checks import smoke
from deploy.smoke.report import failures
from deploy.smoke.target import NotReadyError, Target, wait_until_ready

SOURCE = "."


class SmokeError(RuntimeError):
    """A new revision is up and does not do what it should; the text has the first things that failed."""


@dataclass(frozen=True)
class Plan:
    """What to deploy.

    Args:
        mounts: service -> variable -> secret:version.
        keys: service -> a key that its new revision will accept.
        ready_seconds: how long a new revision may take to be ready.
        hold: stop before traffic, for a canary.
        force: although another release of the service has not ended.
        all_users: as of `deploy_command`.
    """

    commit: str
    mounts: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, str]
    ready_seconds: float
    hold: bool = False
    force: bool = False
    all_users: bool = False


class Rollout:
    """Deploys services one after the other.

    Args:
        commit_now: the commit that the folder is at. Raises PreflightError when it holds anything else.
    """

    def __init__(
        self,
        cloud_run: CloudRun,
        records: Records,
        say: Callable[[str], None],
        commit_now: Callable[[], str] = commit_of_clean_tree,
    ) -> None:
        self._cloud_run, self._records, self._say = cloud_run, records, say
        self._commit_now = commit_now

    def deploy_all(self, services: Sequence[Service], plan: Plan) -> None:
        """Deploys services in their order, and stops at the first that fails.

        Raises:
            ReleaseError: one failed; its old revision serves, and the ones after it were not touched.
        """
        for position, service in enumerate(services):
            try:
                self.deploy(service, plan)
            except ReleaseError as error:
                left = ", ".join(each.name for each in services[position + 1 :])
                raise ReleaseError(f"{error}" + (f". Not deployed: {left}" if left else "")) from None

    def deploy(self, service: Service, plan: Plan) -> None:
        """Deploys one service.

        Raises:
            ReleaseError: it failed; the old revision has all traffic.
            ReleaseInterrupted: the operator ended it, likewise.
        """
        try:
            before = self._cloud_run.serving(service)
            previous = before.only() if before else None
        except (GcloudError, TrafficError) as error:
            raise ReleaseError(f"{service.name}: {error}") from None
        release = Release(service, "deploy", self._cloud_run, self._records, self._say, previous, plan.commit)
        over = f" over {previous}" if previous else ", the first"
        release.begin(f"deploys {plan.commit[:12]}{over}", force=plan.force)
        with release.guarded(NotReadyError, SmokeError, PreflightError):
            candidate = self._build(release, plan)
            self._prove(release, plan, candidate)
            if plan.hold:
                release.record("HELD", 0, f"ready at {candidate.url}, without traffic")
                return
            self._serve(release, plan)

    def _build(self, release: Release, plan: Plan) -> Target:
        service, environment = release.service, self._cloud_run.environment
        command = deploy_command(
            environment,
            service,
            source=SOURCE,
            commit=plan.commit,
            mounts=plan.mounts[service.name],
            first=release.previous is None,
            all_users=plan.all_users,
        )
        # What is uploaded is the folder as it is now, minutes after it was looked at for the first service.
        if (now := self._commit_now()) != plan.commit:
            raise PreflightError(f"the folder is at {now[:12]} by now: deploy again")
        self._cloud_run.deploy(command)
        after = self._cloud_run.serving(service)
        tagged = after.tags.get(CANDIDATE) if after else None
        if tagged is None or after is None:
            raise TrafficError(f"gcloud deployed no revision with the tag {CANDIDATE}")
        release.revision = tagged.revision
        if release.previous is None:
            release.splits = [{tagged.revision: 100}]
        elif tagged.revision in after.traffic:
            raise TrafficError(
                f"{tagged.revision} was deployed without traffic and has some: {split(after.traffic)}"
            )
        return Target(service.name, tagged.url, plan.keys[service.name], plan.commit, tagged.revision)

    def _prove(self, release: Release, plan: Plan, candidate: Target) -> None:
        self._say(f"{release.service.name}: waiting for {candidate.revision} at {candidate.url}")
        wait_until_ready(candidate, plan.ready_seconds)
        checks = smoke(candidate, plan.ready_seconds)
        if failed := failures(checks):
            first = "; ".join(f"{check.name}: {check.problem}" for check in failed[:3])
            raise SmokeError(f"{len(failed)} of {len(checks)} smoke checks failed: {first}")
        self._say(f"{release.service.name}: {len(checks)} smoke checks passed")

    def _serve(self, release: Release, plan: Plan) -> None:
        """All traffic for the new revision, by its name: a pin, so that no later deploy takes it unasked."""
        assert release.revision is not None
        release.move({release.revision: 100}, remove_tags=(CANDIDATE,))
        serving = self._cloud_run.serving(release.service)
        if serving is None:
            raise TrafficError(f"{release.service.cloud_run} is gone")
        key = plan.keys[release.service.name]
        target = Target(release.service.name, serving.url, key, plan.commit, release.revision)
        wait_until_served(target, plan.ready_seconds)
        release.promoted(f"ready and smoke-tested; serves {plan.commit[:12]}")


def wait_until_served(target: Target, seconds: float) -> None:
    """Returns when a service's own address answers as a revision: after a change the old one may for a while.

    Raises:
        NotReadyError: it does not in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return wait_until_ready(target, max(0.0, deadline - time.monotonic()))
        except NotReadyError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(1.0)
