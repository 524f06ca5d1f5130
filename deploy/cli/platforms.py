"""The platform that a command runs for itself, and the simulated league that it runs on."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from deploy.cli.console import Steps
from deploy.local.driver import Driver
from deploy.local.simulated_time import simulated_time
from deploy.local.stack import Stack, StackOptions, make_private_folder, sweep

DEFAULT_SEED, DEMO_DAYS = 7, 45
_TEMPORARY = "nba-props-run-"


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Makes SIGTERM end the program as Ctrl-C does, so that everything is stopped on the way out."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def league_archive(seed: int, days: int | None) -> Path:
    """The archive of a simulated league, made when there is none yet."""
    from deploy.local.league import cached

    # Everybody may write to the temporary folder: only what we have made ourselves is played.
    folder = Path(tempfile.gettempdir()) / f"nba-props-leagues-{os.getuid()}"
    make_private_folder(folder, "TMPDIR")
    return cached(seed, folder, days=days).archive


@contextmanager
def running_platform(
    archive: Path,
    state: Path | None,
    progress: Steps,
    clock_from: datetime | None = None,
    log_level: str = "INFO",
) -> Iterator[Driver]:
    """A running platform, in a folder that is thrown away unless `state` names one.

    Args:
        clock_from: what a simulated clock for platform and driver shows at first; None for real time.
    """
    sweep(Path(tempfile.gettempdir()), _TEMPORARY)
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix=_TEMPORARY)))
        held.enter_context(stopped_by_sigterm())
        clock = held.enter_context(simulated_time(folder / "clock.json", clock_from)) if clock_from else None
        stack = Stack(StackOptions(state or folder, archive, log_level, clock=clock))
        driver = Driver(stack)
        try:
            with driver.timed("start the platform"):
                stack.start(progress.say)
            yield driver
        finally:
            progress.say("stopping (some seconds)")
            stack.stop()
