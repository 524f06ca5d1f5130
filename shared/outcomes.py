"""The four ways in which handling a message can end; nothing else leaves a push handler."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class OutcomeKind(StrEnum):
    DONE = "DONE"
    NOT_YET = "NOT_YET"
    PERMANENT = "PERMANENT"
    TRANSIENT = "TRANSIENT"


@dataclass(frozen=True)
class Outcome:
    """How a handler ended, with the reason a person needs and figures for the log."""

    kind: OutcomeKind
    reason: str
    detail: dict[str, Any] = field(default_factory=dict)


def done(reason: str, **detail: Any) -> Outcome:
    """The effect is stored and verified by count."""
    return Outcome(OutcomeKind.DONE, reason, detail)


def not_yet(reason: str, **detail: Any) -> Outcome:
    """Inputs are not complete; a later completion brings the work back, never a retry."""
    return Outcome(OutcomeKind.NOT_YET, reason, detail)


class PermanentError(Exception):
    """Can never succeed: becomes a dead-letter row, and 2xx so that nobody retries it."""


class TransientError(Exception):
    """May succeed later: becomes 5xx, which the subscription retries five times at most."""
