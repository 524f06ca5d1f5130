"""A simulated clock for a local platform and for the process that drives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from deploy.local.environment import variable
from shared.clock import CLOCK_VARIABLE, ClockFile


@contextmanager
def simulated_time(file: Path, start: datetime) -> Iterator[ClockFile]:
    """This process lives by a simulated clock for the length of a `with`, as do services that are given it.

    The driver has to: what it loads and records is held against what the services do.
    """
    file.unlink(missing_ok=True)
    clock = ClockFile(file.resolve())
    clock.set(start)
    with variable(CLOCK_VARIABLE, str(clock.path)):
        yield clock
