"""What deploy, canary and rollback share: recording steps, and putting traffic back however they end."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from deploy.gcp.cloud_run import CloudRun, Serving, TrafficError
from deploy.gcp.gcloud import GcloudError
from deploy.gcp.interrupts import interrupted_once
from deploy.gcp.records import Action, Records, State, Step
from deploy.gcp.run_commands import CANDIDATE, STABLE, split
from deploy.registry import Service
from shared.clock import utc_now
from shared.outcomes import TransientError

# What makes a record impossible to write, and is no fault of ours.
UNRECORDED = (TransientError, GoogleAPICallError, GoogleAuthError, OSError)
# A release that has not ended for longer was killed: no build and no step of a canary takes as long.
_UNENDED_FOR = timedelta(hours=1)


class ReleaseError(RuntimeError):
    """A release did not come to its end; the text says why, and where the traffic is."""


class TrafficMovedError(TrafficError):
    """Somebody else moved a service's traffic while a release was under way; the text says where it is."""

    def __init__(self, traffic: Mapping[str, int]) -> None:
        super().__init__(f"somebody else moved traffic to {split(traffic)}")


class ReleaseInterrupted(KeyboardInterrupt):
    """The operator ended a release; traffic is back where it was."""


@dataclass
class Release:
    """One deploy, canary or rollback of one service while it is under way.

    Args:
        previous: the revision that had all traffic when it began; None on a first deploy.
        revision: the one that is to get it, once there is one.
        splits: on what traffic is if nobody else moves it: what was last set, and what is just being set.
    """

    service: Service
    action: Action
    cloud_run: CloudRun
    records: Records
    say: Callable[[str], None]
    previous: str | None
    commit: str | None = None
    revision: str | None = None
    splits: list[Mapping[str, int]] = field(init=False)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self.splits = [{self.previous: 100}] if self.previous else []

    def record(self, state: State, percent: int, reason: str) -> None:
        """Writes a step. Raises what is in UNRECORDED when it cannot."""
        step = Step(
            deployment_id=self.id,
            service=self.service.name,
            action=self.action,
            state=state,
            revision=self.revision,
            previous_revision=self.previous,
            percent=percent,
            commit_sha=self.commit,
            reason=reason,
        )
        self.records.add(step)
        self.say(f"{self.service.name}: {state}, {reason}")

    def begin(self, reason: str, *, force: bool = False) -> None:
        """Records the beginning, without which nothing is changed.

        Args:
            force: although another release of the service has not ended.

        Raises:
            ReleaseError: another one has not ended, or the record cannot be read or written.
        """
        try:
            if not force:
                self._check_alone()
            self.record("STARTED", 0, reason)
        except UNRECORDED as error:
            raise ReleaseError(
                f"{self.service.name}: nba_orchestration.deployments cannot be written ({error}); "
                "nothing was changed"
            ) from None

    def _check_alone(self) -> None:
        newest = next(iter(self.records.newest(self.service.name)), None)
        if newest is None or newest.state not in ("STARTED", "STEP") or newest.occurred_at is None:
            return
        if utc_now() - newest.occurred_at < _UNENDED_FOR:
            raise ReleaseError(
                f"{self.service.name}: a {newest.action} has not ended; its last step was {newest.state} at "
                f"{newest.occurred_at:%H:%M} UTC, {newest.reason}. Wait for its end; if it was killed, "
                f"`nba-props gcp rollback {self.service.name}` or --force"
            )

    def move(self, traffic: Mapping[str, int], **tags: Any) -> None:
        """Moves traffic that is still as this release left it. `tags`: as of `traffic_command`.

        Raises:
            TrafficMovedError: it is not, and nothing was moved.
            TrafficError, GcloudError: it did not move, or cannot be looked at.
        """
        self.check_unmoved()
        self.splits.append(traffic)
        self.cloud_run.move(self.service, traffic, **tags)
        self.splits = [traffic]

    def check_unmoved(self) -> None:
        """Raises TrafficMovedError when traffic is not as it was left, GcloudError when that is unknown."""
        now = self.cloud_run.serving(self.service)
        traffic = now.traffic if now else {}
        if traffic not in self.splits:
            raise TrafficMovedError(traffic)

    def promoted(self, reason: str) -> None:
        """Records that the revision has all traffic. Raises as `check_unmoved` and `record`."""
        self.check_unmoved()
        self.record("PROMOTED", 100, reason)

    @contextmanager
    def guarded(self, *failures: type[Exception]) -> Iterator[None]:
        """Whatever goes wrong inside, traffic goes back to the previous revision, and the record says why.

        Traffic that somebody else has moved meanwhile is left alone.

        Raises:
            ReleaseError: one of `failures`, GcloudError or TrafficError, after traffic is back.
            ReleaseInterrupted: Ctrl-C or SIGTERM, likewise.
        """
        caught: tuple[type[Exception], ...] = (GcloudError, TrafficError, *UNRECORDED, *failures)
        with interrupted_once() as ignore:
            try:
                yield
            except KeyboardInterrupt:
                raise ReleaseInterrupted(self.put_back("interrupted by the operator")) from None
            except caught as error:
                ignore()
                raise ReleaseError(self.put_back(str(error))) from None

    def put_back(self, reason: str) -> str:
        """Gives all traffic to the previous revision and records it; returns what became of it in words.

        Raises:
            ReleaseError: traffic could not be put back.
        """
        name = self.service.name
        if self.previous is None:
            text = f"{name}: {reason}; a first deploy has no earlier revision to go back to"
            return text + self._record_end("FAILED", reason)
        now = self._now()
        if now is not None and now.traffic not in self.splits:
            told = str(TrafficMovedError(now.traffic))
            reason = reason if told in reason else f"{reason}; {told}"
            return f"{name}: {reason}, which was left alone" + self._record_end("FAILED", reason)
        moved = self._restore(now, reason)
        text = f"{name}: {reason}; {self.previous} has all traffic"
        return text + self._record_end("ROLLED_BACK" if moved else "FAILED", reason)

    def _restore(self, before: Serving | None, reason: str) -> bool:
        """Whether traffic had to be moved. The tags go too: one on a broken revision blocks later changes."""
        assert self.previous is not None
        if before is not None and before.traffic == {self.previous: 100} and not before.tags:
            return False
        try:
            self.cloud_run.move(self.service, {self.previous: 100}, remove_tags=(CANDIDATE, STABLE))
        except (GcloudError, TrafficError) as error:
            remedy = f"`nba-props gcp rollback {self.service.name} --to {self.previous}`"
            text = f"{self.service.name}: {reason}; and traffic is NOT back ({error}): run {remedy}"
            raise ReleaseError(text + self._record_end("FAILED", text)) from None
        return before is None or before.traffic != {self.previous: 100}

    def _now(self) -> Serving | None:
        """What serves; None when it cannot be looked at, which does not stop the way back."""
        try:
            return self.cloud_run.serving(self.service)
        except GcloudError:
            return None

    def _record_end(self, state: State, reason: str) -> str:
        """Records the end; what serves counts for more than the record, so failing to is only told."""
        try:
            self.record(state, 0, reason)
        except UNRECORDED as error:
            return f" (not recorded: {error})"
        return ""
