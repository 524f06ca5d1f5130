"""The log queries that an operator uses, read once or followed."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.registry import Service
from shared.clock import wall_clock

_POLL_SECONDS = 5.0
# Lines are not logged in the order of their times: a follower looks back this far, and shows each line once.
_OVERLAP = timedelta(seconds=60)
_FOLLOWED = 500
_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_SUBJECTS = {
    "errors": "(severity>=ERROR OR httpRequest.status>=500)",
    "auth": '(httpRequest.status=(401 OR 403) OR jsonPayload.message:"refused a request")',
    # Checks of tables that do not hold, alerts, and what says itself that it is degraded.
    "quality": (
        '(jsonPayload.alert:* OR jsonPayload.slate_quality:* OR jsonPayload.message=~"(?i)degraded|fallback" '
        'OR (severity>=WARNING AND jsonPayload.logger=("data_processors.phase_run" OR '
        '"data_processors.raw.handler")))'
    ),
}


class LogQueryError(ValueError):
    """A query cannot be made; the text names the option."""


def query(
    environment: Environment,
    services: Sequence[Service],
    subjects: Sequence[str] = (),
    correlation: str | None = None,
) -> str:
    """The filter for services' lines about some subjects (errors, auth, quality), or of one correlation id.

    Raises:
        LogQueryError: the correlation id is none.
    """
    if correlation is not None and not _ID.fullmatch(correlation):
        raise LogQueryError("--correlation takes letters and digits, 64 at most, as a log line has it")
    names = " OR ".join(f'"{service.cloud_run}"' for service in services)
    parts = [
        'resource.type="cloud_run_revision"',
        f'resource.labels.location="{environment.region}"',
        f"resource.labels.service_name=({names})",
        *(_SUBJECTS[subject] for subject in subjects),
    ]
    if correlation:
        parts.append(f'jsonPayload.correlation_id="{correlation}"')
    return " AND ".join(parts)


def read(gcloud: Gcloud, text: str, since: timedelta, limit: int) -> list[dict[str, Any]]:
    """The newest entries of a time, oldest first. Raises GcloudError."""
    after = f'timestamp>="{(wall_clock() - since).isoformat()}"'
    rows = gcloud.read("logging", "read", f"{text} AND {after}", f"--limit={limit}", "--order=desc")
    return list(reversed(rows or []))


def follow(gcloud: Gcloud, text: str, since: timedelta, limit: int) -> Iterator[dict[str, Any]]:
    """Entries as they come, without an end, each once. Raises GcloudError."""
    seen: dict[str, None] = {}
    while True:
        for entry in read(gcloud, text, since, limit):
            if (key := entry["insertId"]) not in seen:
                seen[key] = None
                yield entry
        since, limit = _OVERLAP, _FOLLOWED
        for old in list(seen)[: -2 * _FOLLOWED]:
            del seen[old]
        time.sleep(_POLL_SECONDS)


def line(entry: dict[str, Any]) -> str:
    """An entry as a line: time, severity, revision, and what it says."""
    labels = entry.get("resource", {}).get("labels", {})
    head = (
        entry.get("timestamp", "")[:23],
        entry.get("severity", "DEFAULT"),
        labels.get("revision_name", ""),
    )
    return " ".join((*head, _said(entry)))


def _said(entry: dict[str, Any]) -> str:
    if request := entry.get("httpRequest"):
        names = ("requestMethod", "status", "latency", "requestUrl")
        return " ".join(str(request.get(name, "")) for name in names)
    payload = entry.get("jsonPayload")
    if not payload:
        return str(entry.get("textPayload", ""))
    rest = {k: v for k, v in payload.items() if k not in ("message", "time", "severity", "service", "logger")}
    return f"{payload.get('message', '')} {json.dumps(rest, default=str) if rest else ''}".rstrip()
