"""A canary: traffic step by step for a candidate, gated by its own requests, and back if one gate fails."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import requests

from deploy.gcp.cloud_run import CloudRun, Serving, TrafficError
from deploy.gcp.gate import Limits, Verdict, judge
from deploy.gcp.gcloud import GcloudError
from deploy.gcp.records import Records
from deploy.gcp.release import Release, ReleaseError
from deploy.gcp.request_log import RequestLog, Sample
from deploy.gcp.run_commands import CANDIDATE, STABLE
from deploy.registry import Service
from deploy.smoke.target import COMPARED_AGENT, NotReadyError, Target, wait_until_ready
from shared.clock import wall_clock

_READY_SECONDS, _MOST_POLL_SECONDS, _LEAST_POLLS = 60.0, 15.0, 10
_PATIENCE_SECONDS = 20.0
# How far back the serving revision's requests count: these services get a handful an hour.
_BASELINE = timedelta(days=1)


class GateError(RuntimeError):
    """A gate did not let a canary go on; the text has the figures."""


@dataclass(frozen=True)
class CanaryOptions:
    """How to go.

    Args:
        steps: percents of the traffic, the last of which is 100.
        watch_seconds: how long each is looked at.
        log_delay_seconds: how long a request may take to show in its log.
        log_wait_seconds: how much longer is waited for a log that lacks what was asked.
        force: although another release of the service has not ended.
    """

    steps: tuple[int, ...] = (10, 50, 100)
    watch_seconds: float = 300.0
    limits: Limits = field(default_factory=Limits)
    log_delay_seconds: float = 30.0
    log_wait_seconds: float = 120.0
    force: bool = False

    @property
    def poll_seconds(self) -> float:
        return min(_MOST_POLL_SECONDS, self.watch_seconds / _LEAST_POLLS)


class Canary:
    """Runs canaries."""

    def __init__(
        self, cloud_run: CloudRun, records: Records, log: RequestLog, say: Callable[[str], None]
    ) -> None:
        self._cloud_run, self._records, self._log, self._say = cloud_run, records, log, say

    def run(self, service: Service, key: str, options: CanaryOptions) -> None:
        """Takes the candidate of a service to all of its traffic.

        Raises:
            ReleaseError: there is none, or a gate failed; then the recorded revision has all traffic again.
            ReleaseInterrupted: the operator ended it, likewise.
        """
        serving, previous = self._before(service)
        candidate = serving.tags[CANDIDATE].revision
        release = Release(
            service,
            "canary",
            self._cloud_run,
            self._records,
            self._say,
            previous,
            self._commit(service, candidate),
            candidate,
        )
        steps = ", ".join(map(str, options.steps))
        release.begin(f"{previous} serves; steps {steps} %", force=options.force)
        with release.guarded(NotReadyError, GateError):
            target = _target(service, key, serving, CANDIDATE)
            wait_until_ready(target, _READY_SECONDS)
            for percent in options.steps:
                self._step(release, target, percent, options)
            release.promoted("every gate passed")
        self._untag(release)

    def _before(self, service: Service) -> tuple[Serving, str]:
        try:
            serving = self._cloud_run.serving(service)
            previous = serving.only() if serving else None
        except (GcloudError, TrafficError) as error:
            raise ReleaseError(f"{service.name}: {error}") from None
        if serving is None or previous is None or CANDIDATE not in serving.tags:
            raise ReleaseError(
                f"{service.name} has no candidate: `nba-props gcp deploy {service.name} --no-traffic` first"
            )
        if serving.tags[CANDIDATE].revision == previous:
            raise ReleaseError(f"{service.name}: the candidate {previous} has all traffic already")
        return serving, previous

    def _commit(self, service: Service, revision: str) -> str | None:
        try:
            return self._cloud_run.commit_of(service, revision)
        except GcloudError as error:
            raise ReleaseError(f"{service.name}: {error}") from None

    def _step(self, release: Release, target: Target, percent: int, options: CanaryOptions) -> None:
        service, candidate, previous = release.service, release.revision, release.previous
        assert candidate is not None
        assert previous is not None
        traffic = {candidate: percent} | ({previous: 100 - percent} if percent < 100 else {})
        release.move(traffic, add_tags={STABLE: previous})
        release.record("STEP", percent, f"{percent} % of the traffic")
        serving = self._cloud_run.serving(service)
        if serving is None or STABLE not in serving.tags:
            raise TrafficError(f"{previous} has no address of its own to be compared at")
        watch = _Watch(self._log, service, target, _target(service, target.key, serving, STABLE), options)
        figures = watch.until_passed()
        self._say(f"{service.name}: {percent} % passed: {figures}")

    def _untag(self, release: Release) -> None:
        """The candidate serves; a tag that stays is only told."""
        assert release.revision is not None
        try:
            release.move({release.revision: 100}, remove_tags=(CANDIDATE, STABLE))
        except (GcloudError, TrafficError) as error:
            self._say(f"{release.service.name}: the tags {CANDIDATE} and {STABLE} stay: {error}")


class _Watch:
    """One step's look at the candidate beside the serving revision."""

    def __init__(
        self, log: RequestLog, service: Service, canary: Target, serving: Target, options: CanaryOptions
    ) -> None:
        self._log, self._service, self._options = log, service, options
        self._canary, self._serving = canary, serving
        self._began, self._asked = wall_clock(), 0

    def until_passed(self) -> str:
        """The figures with which the candidate passed.

        Raises:
            GateError, NotReadyError: it did not.
        """
        options = self._options
        end = time.monotonic() + options.watch_seconds
        while time.monotonic() < end:
            self._look()
            time.sleep(max(0.0, min(options.poll_seconds, end - time.monotonic())))
        time.sleep(options.log_delay_seconds)
        last = time.monotonic() + options.log_wait_seconds
        while True:
            verdict, figures = self._judge()
            if verdict is Verdict.PASS:
                return figures
            if time.monotonic() >= last:
                raise GateError(f"{verdict}, which is no pass ({figures})")
            if verdict is Verdict.TOO_FEW:
                self._probe(options.limits.minimum - self._asked)
            time.sleep(options.poll_seconds)

    def _look(self) -> None:
        """A look during the watch; a part of the safe reads while real requests are under the minimum."""
        wait_until_ready(self._canary, _PATIENCE_SECONDS)
        self._judge()
        minimum = self._options.limits.minimum
        if len(self._read(self._canary, self._began).kind(probe=False)) < minimum:
            self._probe(math.ceil(minimum / (_LEAST_POLLS // 2)))

    def _judge(self) -> tuple[Verdict, str]:
        own = self._read(self._canary, self._began)
        other = self._read(self._serving, self._began - _BASELINE)
        verdict, figures = judge(own, other, self._options.limits)
        if verdict is Verdict.FAIL:
            raise GateError(figures)
        return verdict, figures

    def _read(self, target: Target, since: datetime) -> Sample:
        assert target.revision is not None
        return self._log.read(self._service, target.revision, since, wall_clock())

    def _probe(self, count: int) -> None:
        """Safe reads of both, so that both have some."""
        for _ in range(count):
            self._asked += 1
            for target in (self._canary, self._serving):
                try:
                    target.keyed("GET", self._service.safe_read, COMPARED_AGENT)
                except requests.RequestException:
                    # Not to be reached is not to be ready, which the next look says.
                    return


def _target(service: Service, key: str, serving: Serving, tag: str) -> Target:
    tagged: Mapping[str, str] = vars(serving.tags[tag])
    return Target(service.name, tagged["url"], key, revision=tagged["revision"])
