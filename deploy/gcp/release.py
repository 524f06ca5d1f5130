"""What deploy, canary and rollback share: recording steps, and putting traffic back however they end."""

import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from deploy.gcp.cloud_run import CANDIDATE, STABLE, CloudRun, Serving, TrafficError
from deploy.gcp.gcloud import GcloudError
from deploy.gcp.records import Action, Records, State, Step
from deploy.registry import Service
from shared.outcomes import TransientError

# What makes a record impossible to write, and is no fault of ours.
UNRECORDED = (TransientError, GoogleAPICallError, GoogleAuthError, OSError)


class ReleaseError(RuntimeError):
    """A release did not come to its end; the text says why, and where the traffic is."""


class ReleaseInterrupted(KeyboardInterrupt):
    """The operator ended a release; traffic is back where it was."""


@dataclass
class Release:
    """One deploy, canary or rollback of one service while it is under way.

    Args:
        previous: the revision that had all traffic when it began; None on a first deploy.
        revision: the one that is to get it, once there is one.
    """

    service: Service
    action: Action
    cloud_run: CloudRun
    records: Records
    say: Callable[[str], None]
    previous: str | None
    commit: str | None = None
    revision: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

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

    def begin(self, reason: str) -> None:
        """Records the beginning, without which nothing is changed. Raises ReleaseError."""
        try:
            self.record("STARTED", 0, reason)
        except UNRECORDED as error:
            raise ReleaseError(
                f"{self.service.name}: nba_orchestration.deployments cannot be written ({error}); "
                "nothing was changed"
            ) from None

    @contextmanager
    def guarded(self, *failures: type[Exception]) -> Iterator[None]:
        """Whatever goes wrong inside, traffic goes back to the previous revision, and the record says why.

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
        moved = self._restore(reason)
        text = f"{name}: {reason}; {self.previous} has all traffic"
        return text + self._record_end("ROLLED_BACK" if moved else "FAILED", reason)

    def _restore(self, reason: str) -> bool:
        """Whether traffic had to be moved. The tags go too: one on a broken revision blocks later changes."""
        assert self.previous is not None
        before = self._now()
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


@contextmanager
def interrupted_once() -> Iterator[Callable[[], None]]:
    """The first Ctrl-C or SIGTERM is a KeyboardInterrupt; none after it stops the way back.

    Yields what makes this process, and the programs that it starts from then on, ignore even the first.
    """
    signals = (signal.SIGINT, signal.SIGTERM)

    def ignore() -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)

    def interrupt(*_: object) -> None:
        ignore()
        raise KeyboardInterrupt

    before = [signal.signal(each, interrupt) for each in signals]
    try:
        yield ignore
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
