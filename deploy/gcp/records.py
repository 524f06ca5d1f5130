"""What was released when, by whom it was preceded, and why it ended: nba_orchestration.deployments."""

import os
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from deploy.gcp.environment import Environment
from shared.clock import utc_now
from shared.warehouse.client import make_client
from shared.warehouse.storage import StorageReader
from shared.warehouse.warehouse import Warehouse

Action = Literal["deploy", "canary", "rollback"]
State = Literal["STARTED", "HELD", "STEP", "PROMOTED", "FAILED", "ROLLED_BACK"]
# More than anybody looks back.
_NEWEST = """
SELECT deployment_id, occurred_at, service, action, state, revision, previous_revision, percent,
  commit_sha, reason
FROM nba_orchestration.deployments
WHERE service IN UNNEST(@services)
ORDER BY occurred_at DESC
LIMIT 500
"""
_EMULATOR = ("BIGQUERY_EMULATOR_HOST", "BIGQUERY_STORAGE_EMULATOR_HOST")


@dataclass(frozen=True)
class Step:
    """A row of nba_orchestration.deployments."""

    deployment_id: str
    service: str
    action: Action
    state: State
    revision: str | None
    previous_revision: str | None
    percent: int
    commit_sha: str | None
    reason: str
    occurred_at: datetime | None = None


class Records:
    """The log of releases."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def add(self, step: Step) -> None:
        """Writes a step. Raises TransientError, or the client's error, when it cannot."""
        row = vars(replace(step, occurred_at=utc_now())) | {"event_id": uuid.uuid4().hex}
        self._warehouse.append("deployments", [row])

    def newest(self, *names: str) -> list[Step]:
        """The steps of services, newest first."""
        return [Step(**row) for row in self._warehouse.rows(_NEWEST, services=list(names))]

    def before(self, service: str, serving: Collection[str]) -> Step | None:
        """The newest step that says what served before what serves now; None when no step does.

        Of a split that is the canary which made it, whose record of the last move may be lacking: any other
        step would name what served before the half that is to get all of it back.
        """
        steps = self.newest(service)
        if len(serving) > 1:
            return next((s for s in steps if s.action == "canary" and _between(s, serving)), None)
        gave = (s for s in steps if s.state in ("STEP", "PROMOTED") and s.revision in serving)
        return next((step for step in gave if step.previous_revision), None)


def _between(step: Step, serving: Collection[str]) -> bool:
    return step.revision in serving and step.previous_revision in serving


def records_of(environment: Environment) -> Records:
    """The log of an environment, or of the BigQuery emulator that the services' own variables name."""
    rest, grpc = (os.environ.get(name) or None for name in _EMULATOR)
    client = make_client(environment.project, environment.region, rest)
    return Records(Warehouse(client, StorageReader(environment.project, grpc)))
