"""The one place that alerts are given from: a log line, Sentry, and a webhook; once in each cooldown."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import requests
import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger

from orchestration.platform import Platform
from shared import logs
from shared.clock import utc_now

_LOG = logging.getLogger(__name__)
# Sentry takes every ERROR line for an event of its own; of an alert it is told below, with its fingerprint.
ignore_logger(__name__)
_WEBHOOK_SECONDS = 5.0
_REASON_CHARACTERS = 2000


class Severity(IntEnum):
    """How bad it is; the values are those of logging."""

    WARNING = logging.WARNING
    ERROR = logging.ERROR
    CRITICAL = logging.CRITICAL


@dataclass(frozen=True)
class Alert:
    """Something that a person should know.

    Args:
        alert: which one, in kebab case: what a policy of Cloud Monitoring looks for in the log.
        subject: what it is about. With `alert` the key by which it is given once in each cooldown.
        reason: what was found.
        remedy: what to do about it.
        names: what of the subject is at fault, where that may be several things. What was not named in the
            cooldown, or is worse than what was told, is given all the same.
    """

    alert: str
    subject: str
    severity: Severity
    reason: str
    remedy: str
    names: tuple[str, ...] = ()
    cooldown: timedelta = timedelta(hours=24)

    @property
    def key(self) -> tuple[str, str]:
        return self.alert, self.subject

    @property
    def about(self) -> str:
        """The subject with the names: as long as an incident is open, Cloud Monitoring and Sentry tell nobody
        of another of the same subject."""
        return f"{self.subject} {', '.join(self.names)}" if self.names else self.subject

    @property
    def text(self) -> str:
        """All of it in a line."""
        about = f" {self.subject}" if self.subject else ""
        return f"{self.alert}{about}: {self.reason}. {self.remedy}"[:_REASON_CHARACTERS]


def give(platform: Platform, alerts: Sequence[Alert]) -> list[Alert]:
    """Gives those alerts whose cooldown is over, and returns them. Without any it asks nobody anything.

    They are recorded after they were given: a crash between gives one twice, and loses none.

    Raises:
        TransientError: the warehouse cannot say now which were given.
    """
    if not alerts:
        return []
    now = utc_now()
    fresh = _not_given(platform, list({(*alert.key, alert.names): alert for alert in alerts}.values()), now)
    for alert in fresh:
        _tell(platform, alert)
    if fresh:
        platform.warehouse.append("alerts_given", [_row(alert, now) for alert in fresh])
    return fresh


def heartbeat(name: str, **figures: Any) -> None:
    """Says that a monitor has run to its end: a policy on the absence of this line watches the watcher."""
    _LOG.info("heartbeat: %s", name, extra={"heartbeat": name, **figures})


def _not_given(platform: Platform, alerts: list[Alert], now: datetime) -> list[Alert]:
    since = now - max(alert.cooldown for alert in alerts)
    columns, kinds = ["alert", "subject", "severity", "names", "given_at"], {alert.alert for alert in alerts}
    rows = platform.warehouse.read("alerts_given", columns, since, alert=sorted(kinds)).to_pylist()
    return [alert for alert in alerts if not _is_told(alert, rows, now)]


def _is_told(alert: Alert, given: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """Whether all that it names was told of in its cooldown, as something at least as bad."""
    told = [
        row
        for row in given
        if (row["alert"], row["subject"]) == alert.key
        and row["given_at"] > now - alert.cooldown
        and Severity[row["severity"]] >= alert.severity
    ]
    named = {name for row in told for name in row["names"] or ()}
    return bool(told) and named.issuperset(alert.names)


def _tell(platform: Platform, alert: Alert) -> None:
    _LOG.log(alert.severity, "%s", alert.text, extra={"alert": alert.alert, "subject": alert.about})
    with sentry_sdk.new_scope() as scope:
        scope.fingerprint = [*alert.key, *alert.names]
        scope.set_tag("alert", alert.alert)
        level = "fatal" if alert.severity is Severity.CRITICAL else alert.severity.name.lower()
        scope.capture_message(alert.text, level=level)  # type: ignore[arg-type]
    if url := platform.settings.ALERT_WEBHOOK_URL:
        _post(url, alert)


def _post(url: str, alert: Alert) -> None:
    """Tells the webhook; what it answers changes nothing, as the log line has been written."""
    body = {
        "text": f"[{alert.severity.name}] {alert.text}",
        "alert": alert.alert,
        "subject": alert.subject,
        "severity": alert.severity.name,
    }
    try:
        response = requests.post(url, json=body, timeout=_WEBHOOK_SECONDS, allow_redirects=False)
        if not response.ok:
            _LOG.warning("the alert webhook answered %s", response.status_code)
    except requests.RequestException as error:
        # The address is a secret, and part of the error's text.
        _LOG.warning("the alert webhook does not answer: %s", type(error).__name__)


def _row(alert: Alert, now: datetime) -> dict[str, Any]:
    return {
        "given_id": uuid.uuid4().hex,
        "given_at": now,
        "alert": alert.alert,
        "subject": alert.subject,
        "severity": alert.severity.name,
        "names": list(alert.names),
        "reason": alert.text,
        "correlation_id": logs.bound().get("correlation_id"),
    }
