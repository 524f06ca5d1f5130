"""What Cloud Scheduler does: which jobs fire in a span of time, and the posts that they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import requests
from cronsim import CronSim

from deploy.local.stack import SCHEDULER_ACCOUNT, Stack
from deploy.registry import services
from orchestration.timetable import Schedule

_TOKEN_SECONDS = 10.0
_CHARACTERS = 500


@dataclass(frozen=True, order=True)
class Firing:
    """A schedule's job at a moment (UTC)."""

    at: datetime
    name: str


@dataclass(frozen=True)
class Answer:
    """What a job was answered; status None is no answer."""

    status: int | None
    body: Any

    @property
    def accepted(self) -> bool:
        """Answered with 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def ok(self) -> bool:
        """Answered with 2xx and without a source that failed."""
        return self.accepted and "failed" not in self._statuses()

    @property
    def said(self) -> str:
        """The answer in a line."""
        if not isinstance(self.body, dict):
            return str(self.body)
        if "runs" in self.body:
            return ", ".join(_run(run) for run in self.body["runs"])
        about = [self.body.get(name) for name in ("outcome", "status", "title", "reason", "detail")]
        return ": ".join(str(each) for each in about if each)

    def _statuses(self) -> set[str]:
        runs = self.body.get("runs", []) if isinstance(self.body, dict) else []
        return {run["status"] for run in runs}


def _run(run: dict[str, Any]) -> str:
    changed = run.get("changed_bodies")
    count = f" ({changed} new)" if changed is not None else ""
    return f"{run['source']} {run['status']}{count}" + (f": {run['reason']}" if run.get("reason") else "")


def firings(schedules: Iterable[Schedule], first: datetime, until: datetime) -> list[Firing]:
    """Every job from `first` to before `until`, in order of time and then of name.

    At changes of daylight saving as Debian's cron has it: what falls into the hour that is left out fires as
    it ends; of the hour that comes twice, jobs at a fixed time fire in the first.
    """
    return sorted(
        Firing(moment, schedule.name) for schedule in schedules for moment in _moments(schedule, first, until)
    )


def _moments(schedule: Schedule, first: datetime, until: datetime) -> Iterable[datetime]:
    zone = ZoneInfo(schedule.time_zone)
    # An iteration begins after the moment that it is given.
    before = (first - timedelta(minutes=1)).astimezone(zone)
    moments = (moment.astimezone(UTC) for moment in CronSim(schedule.cron, before))
    return takewhile(lambda moment: moment < until, (each for each in moments if each >= first))


class Scheduler:
    """Posts jobs with tokens of the scheduler's account, as Cloud Scheduler does.

    The tokens are made beforehand and last for as long as a simulated day takes: who issues them is a part of
    the local Pub/Sub, and an outage of that must not be one of the scheduler.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._tokens = {name: self._token(service.audience) for name, service in services().items()}

    def fire(self, schedule: Schedule) -> Answer:
        """Posts a schedule's body, once: whether the next run makes up for this one, a day has to show."""
        headers = {"Authorization": f"Bearer {self._tokens[schedule.service]}"}
        url = self._stack.url(schedule.service) + schedule.path
        try:
            response = requests.post(
                url, json=schedule.body, headers=headers, timeout=schedule.deadline_seconds
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            return Answer(None, f"no answer: {type(error).__name__}")
        try:
            return Answer(response.status_code, response.json())
        except ValueError:
            return Answer(response.status_code, response.text[:_CHARACTERS])

    def _token(self, audience: str) -> str:
        body = {"audience": audience, "email": SCHEDULER_ACCOUNT}
        url = f"{self._stack.url('pubsub-http')}/token"
        response = requests.post(url, json=body, timeout=_TOKEN_SECONDS)
        response.raise_for_status()
        return str(response.json()["token"])
