"""What can never be processed is kept, with its reason, in nba_orchestration.dead_letters."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.clock import utc_now
from shared.warehouse.warehouse import Warehouse

_PAYLOAD_CHARACTERS = 100_000
_REASON_CHARACTERS = 2_000


@dataclass(frozen=True)
class DeadLetter:
    """One thing that could not be processed.

    Args:
        origin: the subscription or source that it came from.
        payload: the message, or the beginning of the body, as text.
    """

    origin: str
    message_id: str
    error_type: str
    reason: str
    payload: str
    dead_letter_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    occurred_at: datetime = field(default_factory=utc_now)


class DeadLetters(Protocol):
    """Keeps dead letters."""

    def record(self, *letters: DeadLetter) -> None: ...


class WarehouseDeadLetters:
    """Dead letters as rows; a failure to write them raises, so that the message is retried, not lost.

    Args:
        warehouse: gives the warehouse, which is connected to with the first letter and not before.
    """

    def __init__(self, warehouse: Callable[[], Warehouse], service: str) -> None:
        self._warehouse, self._service = warehouse, service

    def record(self, *letters: DeadLetter) -> None:
        """Writes the letters, without a job."""
        rows = [
            {
                **vars(letter),
                "service": self._service,
                "reason": letter.reason[:_REASON_CHARACTERS],
                "payload": letter.payload[:_PAYLOAD_CHARACTERS],
            }
            for letter in letters
        ]
        self._warehouse().append("dead_letters", rows)
