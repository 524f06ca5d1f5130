"""The one lifecycle of every source: request, validate, land unchanged, record the run, announce."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from data_processors.raw.nba_schedule.slate import Slate, read_slate
from orchestration.announce import announce, completion
from orchestration.platform import Platform
from scrapers.fetch import RUN_SECONDS, Access, Failure, Harvest, fetch_all
from scrapers.http_client import HttpClient
from scrapers.landing import Body, landing_rows, last_landed
from scrapers.quota import Quota, newest_quota
from scrapers.source import NothingToFetchError, NotReadyError, Source, Task
from shared import logs
from shared.clock import utc_now
from shared.dead_letters import DeadLetter
from shared.messages import DateSpan, Output, Phase, SourceRun, Status
from shared.secrets import NoCredentialError, secret
from shared.warehouse.specs import spec_of

_LOG = logging.getLogger(__name__)
_LANDING = "scrape_landing"
_REASONS = 5
_REASON_CHARACTERS = 2000
_BACKUP = " (its backup answered)"


@dataclass(frozen=True)
class Run:
    """How a run of a source ended."""

    run_id: str
    source: str
    status: Status
    started_at: datetime
    reason: str | None = None
    bodies: tuple[Body, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def changed_bodies(self) -> int:
        return sum(body.changed for body in self.bodies)

    @property
    def failed_requests(self) -> int:
        return len(self.failures) + sum(not body.valid for body in self.bodies)

    @property
    def to_land(self) -> tuple[Body, ...]:
        """All bodies, so that a run can be read as a whole; none when it brought only what is there."""
        nothing_new = not self.failures and all(body.valid and body.there for body in self.bodies)
        return () if nothing_new else self.bodies

    @property
    def unknown_fields(self) -> int:
        """Different fields in the bodies that no model reads."""
        return len(frozenset[str]().union(*(body.unknown_fields for body in self.bodies)))

    @property
    def quota(self) -> Quota | None:
        """What the provider says is left of our requests."""
        return newest_quota(body.answer.headers for body in self.bodies)

    @property
    def generation(self) -> datetime | None:
        """The newest content among the bodies."""
        return max((body.generation for body in self.bodies if body.generation), default=None)

    def summary(self) -> dict[str, Any]:
        """What a caller of the service is told."""
        return {
            "run_id": self.run_id,
            "source": self.source,
            "status": self.status,
            "bodies": len(self.bodies),
            "changed_bodies": self.changed_bodies,
            "failed_requests": self.failed_requests,
            "unknown_fields": self.unknown_fields,
            "reason": self.reason,
            "generation": self.generation.isoformat() if self.generation else None,
        }


class Lifecycle:
    """Runs sources against the platform."""

    def __init__(self, platform: Platform, client: HttpClient) -> None:
        self._platform, self._client = platform, client

    def run(self, source: Source, task: Task, seconds: float = RUN_SECONDS) -> Run:
        """Runs a source once; whatever the providers do, the run is recorded and announced.

        Args:
            seconds: how long it may fetch.

        Raises:
            NotReadyError: it cannot run yet; nothing was stored.
            TransientError: the warehouse or the bus could not be reached.
        """
        run = self.run_unannounced(source, task, seconds)
        self.announce([run], task)
        return run

    def run_unannounced(self, source: Source, task: Task, seconds: float = RUN_SECONDS) -> Run:
        """The same for whoever announces several runs at once: their bodies are read together."""
        run = self._attempt(source, task, uuid.uuid4().hex, utc_now(), seconds)
        self._land(run)
        self._record(run, task)
        _LOG.info("%s: %s", source.name, run.status, extra=run.summary())
        return run

    def _attempt(self, source: Source, task: Task, run_id: str, started_at: datetime, seconds: float) -> Run:
        try:
            specs = source.requests(task, partial(self._read_slate, task.game_id))
            access = Access(self._credential(source), self._proxy(source))
        except NothingToFetchError as proof:
            return Run(run_id, source.name, Status.NO_DATA, started_at, str(proof))
        except NoCredentialError as error:
            return Run(run_id, source.name, Status.FAILED, started_at, f"failed: {error}")
        harvest = fetch_all(self._client, source, task, specs, access, seconds)
        status, reason = judge(harvest)
        bodies = self._compared(source, task, harvest.bodies)
        return Run(run_id, source.name, status, started_at, reason, bodies, tuple(harvest.failures))

    def _read_slate(self, game_id: str | None, span: DateSpan) -> Slate:
        slate = read_slate(self._platform.warehouse, span)
        if game_id is None:
            return slate
        games = tuple(game for game in slate.games if game.game_id == game_id)
        if not games:
            raise NotReadyError(f"game_id: the loaded schedule has no game {game_id}; scrape source schedule")
        return replace(slate, games=games)

    def _credential(self, source: Source) -> str | None:
        wanted = source.provider.credential
        return secret(self._platform.settings, wanted.variable, wanted.secret_id) if wanted else None

    def _proxy(self, source: Source) -> str | None:
        if not source.provider.proxied:
            return None
        try:
            return secret(self._platform.settings, "SCRAPER_PROXY_URL", "scraper-proxy-url")
        except NoCredentialError:
            return None

    def _compared(self, source: Source, task: Task, bodies: Sequence[Body]) -> tuple[Body, ...]:
        keys = [body.spec.request_key for body in bodies]
        previous = last_landed(self._platform.warehouse, source.name, task.span, keys)
        return tuple(body.after(previous.get((body.spec.request_key, body.empty))) for body in bodies)

    def _land(self, run: Run) -> None:
        if bodies := run.to_land:
            self._platform.warehouse.append(_LANDING, landing_rows(run.run_id, run.source, bodies))
        if letters := [dead_letter(run.source, body) for body in run.bodies if not body.valid]:
            self._platform.dead_letters.record(*letters)

    def _record(self, run: Run, task: Task) -> None:
        row = {
            **run.summary(),
            "from_date": task.span.from_date,
            "to_date": task.span.to_date,
            "started_at": run.started_at,
            "finished_at": utc_now(),
            "correlation_id": correlation_id(),
            "quota_used": run.quota.used if run.quota else None,
            "quota_remaining": run.quota.remaining if run.quota else None,
        }
        del row["generation"]
        self._platform.warehouse.append("scrape_runs", [row])

    def announce(self, runs: Sequence[Run], task: Task) -> None:
        """Announces runs of one task, at least one, in one message."""
        first, *others = [_told(run) for run in runs]
        message = completion(
            Phase.SCRAPERS,
            first.producer,
            first.run_id,
            task.span,
            first.status,
            correlation_id(),
            outputs=first.outputs,
            generation=first.generation,
            reason=first.reason,
            knowledge=task.knowledge,
            along=others,
        )
        announce(self._platform.bus, message)


def _told(run: Run) -> SourceRun:
    outputs = [Output(table=spec_of(_LANDING).table, rows=len(run.to_land))] if run.bodies else []
    return SourceRun(
        producer=run.source,
        run_id=run.run_id,
        generation=run.generation,
        status=run.status,
        outputs=tuple(outputs),
        reason=run.reason,
    )


def correlation_id() -> str:
    """The request's; a run outside of a request gets one of its own."""
    return logs.bound().get("correlation_id") or uuid.uuid4().hex


def judge(harvest: Harvest) -> tuple[Status, str | None]:
    """success when all is there, failed when nothing is, partial between, with the first reasons.

    no_data when the provider answers, and has nothing at all of what was asked for.
    """
    found = harvest.problems()
    if not found and all(body.empty for body in harvest.bodies):
        statuses = sorted({f"HTTP {body.answer.status}" for body in harvest.bodies})
        return Status.NO_DATA, f"the provider has nothing of this yet ({', '.join(statuses)})"
    if not found:
        return Status.SUCCESS, None
    told = [f"{key}: {why}{_BACKUP * (key in harvest.rescued)}" for key, why in found.items()]
    more = f"; and {len(told) - _REASONS} more" if len(told) > _REASONS else ""
    reason = ("; ".join(told[:_REASONS]) + more)[:_REASON_CHARACTERS]
    if found.keys() <= harvest.rescued:
        return Status.SUCCESS, reason
    return Status.PARTIAL if any(body.valid for body in harvest.bodies) else Status.FAILED, reason


def dead_letter(source: str, body: Body) -> DeadLetter:
    """An invalid body, kept with its reason."""
    return DeadLetter(
        origin=source,
        message_id=body.spec.request_key,
        error_type="BodyError",
        reason=str(body.invalid_reason),
        payload=body.answer.body.decode("utf-8", "replace"),
    )
