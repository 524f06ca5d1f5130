"""Memory and processor time are of a process and all that descend from it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.bench.memory import family
from deploy.bench.processor import processor_seconds

_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
while time.process_time() < 0.35: pass
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def parent() -> Iterator[tuple[int, int]]:
    """A process that has worked for a while, and its child."""
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        yield process.pid, child
        os.kill(child, 9)
        process.kill()


def test_a_family_is_a_process_and_its_children(parent: tuple[int, int]) -> None:
    assert set(family(parent[0])) == set(parent)


def test_processor_time_is_what_was_used(parent: tuple[int, int]) -> None:
    # The kernel counts whole ticks.
    assert processor_seconds(parent[0]) >= 0.3


def test_a_process_that_is_gone_has_used_nothing_more() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert processor_seconds(process.pid) == 0
