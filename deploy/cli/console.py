"""The one console that the command line prints through, and its progress display."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

# Where there is no terminal to ask, tables may take the width they need.
_WIDTH = None if sys.stdout.isatty() else 150
console = Console(width=_WIDTH)


class Steps:
    """A progress bar whose label says what is being done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def say(self, what: str) -> None:
        """Names the current step."""
        self._progress.update(self._task, description=what)
        if not console.is_terminal:
            console.print(f"... {what}", highlight=False, markup=False)

    def at(self, what: str, done: int, total: int) -> None:
        """Names the current step and says how far it is."""
        self._progress.update(self._task, completed=done, total=total)
        self.say(what)


@contextmanager
def steps() -> Iterator[Steps]:
    """A progress display for the length of a `with`; without a terminal, nothing is animated."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Steps(progress)
