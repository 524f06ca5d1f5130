"""Wakes waiters when something changed."""

import threading


class Bell:
    """Counts its rings, so that a ring between looking and waiting is not missed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    @property
    def rings(self) -> int:
        """How often it rang so far; pass it to `wait` after having looked."""
        return self._rings

    def ring(self) -> None:
        """Wake everyone who waits."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout: float) -> None:
        """Return at the first ring after `seen`, or after `timeout` seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != seen, timeout)
