"""An operator's Ctrl-C, which ends a release and does not stop its way back."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupted_once() -> Iterator[Callable[[], None]]:
    """The first Ctrl-C or SIGTERM is a KeyboardInterrupt; none after it stops the way back.

    Yields what makes this process, and the programs that it starts from then on, ignore even the first.
    """
    signals = (signal.SIGINT, signal.SIGTERM)

    def ignore() -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)

    def interrupt(*_: object) -> None:
        ignore()
        raise KeyboardInterrupt

    before = [signal.signal(each, interrupt) for each in signals]
    try:
        yield ignore
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
