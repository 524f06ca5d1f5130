"""Requests as Cloud Run logged them, by revision: how many, how many failed, and how long they took."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from deploy.gcp.gcloud import Gcloud
from deploy.registry import Service
from deploy.smoke.target import COMPARED_AGENT, USER_AGENT
from orchestration.bus_setup import dead_subscriptions
from orchestration.pipeline import Subscription, load_pipeline
from orchestration.timetable import Schedule

# Of the newest requests; more than a service here gets in a day.
_LIMIT = 2000
_FAILED = 500


@dataclass(frozen=True)
class Request:
    """One line of a request log.

    Args:
        probe: a safe read of ours, which both revisions get when real requests are few. Our other requests,
            by which a revision is looked at, are none of either.
        work: a message or a scheduled call, which counts as done only when it is answered 2xx.
    """

    status: int
    seconds: float
    probe: bool
    work: bool = False

    @property
    def failed(self) -> bool:
        """A stranger's 401 or 404 is no failure; work that is refused is not done."""
        return self.status >= _FAILED or (self.work and not 200 <= self.status < 300)


@dataclass(frozen=True)
class Sample:
    """Requests to one revision."""

    requests: Sequence[Request]

    def kind(self, *, probe: bool) -> "Sample":
        """Only our own, or only the real ones."""
        return Sample([request for request in self.requests if request.probe is probe])

    def __len__(self) -> int:
        return len(self.requests)

    @property
    def error_rate(self) -> float:
        """Share of those that failed; 0 of none."""
        return sum(request.failed for request in self.requests) / len(self) if len(self) else 0.0

    @property
    def p95(self) -> float:
        """Seconds within which 95 of 100 were answered (nearest rank); 0 of none."""
        ordered = sorted(request.seconds for request in self.requests)
        return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else 0.0


class RequestLog:
    """Reads request logs by gcloud."""

    def __init__(self, gcloud: Gcloud) -> None:
        self._gcloud = gcloud

    def read(self, service: Service, revision: str, since: datetime, until: datetime) -> Sample:
        """The requests that a revision answered in a time, as far as they are logged. Raises GcloudError."""
        text = log_filter(self._gcloud.environment.project, service, revision, since, until)
        rows = self._gcloud.read("logging", "read", text, f"--limit={_LIMIT}")
        return Sample(list(_requests(rows or (), work_paths(service))))


def log_filter(project: str, service: Service, revision: str, since: datetime, until: datetime) -> str:
    """The query for a revision's requests."""
    return " AND ".join(
        (
            'resource.type="cloud_run_revision"',
            f'resource.labels.service_name="{service.cloud_run}"',
            f'resource.labels.revision_name="{revision}"',
            f'logName="projects/{project}/logs/run.googleapis.com%2Frequests"',
            f'timestamp>="{since.isoformat()}"',
            f'timestamp<="{until.isoformat()}"',
        )
    )


def work_paths(service: Service) -> frozenset[str]:
    """The routes of a service that Pub/Sub and Cloud Scheduler post to."""
    pipeline = load_pipeline()
    callers: list[Subscription | Schedule] = [*pipeline.subscriptions, *dead_subscriptions(pipeline)]
    callers += pipeline.schedules
    return frozenset(each.path for each in callers if each.service == service.name)


def _requests(rows: Iterable[dict[str, Any]], paths: Collection[str]) -> Iterable[Request]:
    for row in rows:
        request = row.get("httpRequest", {})
        if "status" in request:
            seconds = float(str(request.get("latency", "0s")).removesuffix("s"))
            agent = str(request.get("userAgent", ""))
            probe = agent == COMPARED_AGENT
            if agent.startswith(USER_AGENT) and not probe:
                continue
            path = urlsplit(str(request.get("requestUrl", ""))).path
            work = not probe and request.get("requestMethod") == "POST" and path in paths
            yield Request(int(request["status"]), seconds, probe, work)
