"""The process: starts, survives kill -9 without losing anything, stops when told to."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions

ROOT = Path(__file__).parents[4]
Start = Callable[..., "Process"]


class Process:
    """One run of `python -m deploy.local.pubsub`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port_file = folder / "ports.json"
        command = [sys.executable, "-m", "deploy.local.pubsub", "--data-dir", str(folder / "data")]
        command += ["--port-file", str(self.port_file), "--time-scale", "0.001", *options]
        folder.mkdir(exist_ok=True)
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log)

    def addresses(self) -> dict[str, str] | None:
        assert self.process.poll() is None, self.log.read_text()
        return json.loads(self.port_file.read_text()) if self.port_file.exists() else None

    def end(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        self.process.wait(30)
        if number == signal.SIGKILL:
            self.port_file.unlink(missing_ok=True)
        return self.process.returncode


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    runs: list[Process] = []

    def started(*options: str) -> Process:
        runs.append(Process(tmp_path, *options))
        return runs[-1]

    yield started
    for run in runs:
        if run.process.poll() is None:
            run.end()


def ports(addresses: dict[str, str]) -> list[str]:
    return ["--grpc-port", addresses["grpc"].split(":")[1], "--http-port", addresses["http"].split(":")[2]]


def test_no_acknowledged_publish_is_lost_by_a_kill(start: Start, connected: Any, eventually: Any) -> None:
    run = start()
    bus = connected(eventually(run.addresses))
    topic = bus.topic()
    subscription = bus.subscription(topic)
    published: list[str] = []

    def publish_until_killed() -> None:
        try:
            while True:
                messages = [{"data": b"x"}] * 3
                answer = bus.publisher.api.publish(topic=topic, messages=messages, retry=None, timeout=10)
                published.extend(answer.message_ids)
        except exceptions.GoogleAPICallError:
            return

    publisher = threading.Thread(target=publish_until_killed)
    publisher.start()
    eventually(lambda: len(published) >= 300)
    run.end()
    publisher.join()
    again = connected(eventually(start().addresses))
    found: set[str] = set()
    while pulled := again.pull(subscription, limit=1000, at_once=True):
        found |= {each.message.message_id for each in pulled}
    assert set(published) <= found


def test_what_a_kill_cut_off_is_delivered_by_the_next_process(
    start: Start, connected: Any, receiver: Any, eventually: Any
) -> None:
    released = threading.Event()
    receiver.answer = lambda push: 204 if int(push.message_id) % 2 or released.wait(30) else 500
    run = start()
    addresses = eventually(run.addresses)
    bus = connected(addresses)
    certs = requests.get(f"{bus.http}/certs", timeout=30).json()
    topic = bus.topic()
    subscription = bus.push(topic, receiver, retry_policy={})
    published = [bus.publish(topic, str(number).encode()) for number in range(100)]
    eventually(lambda: bus.stats(subscription)["in_flight"] == 8 and bus.stats(subscription)["acked"] >= 1)
    run.end()
    cut_off = set(receiver.ids())
    released.set()
    eventually(start(*ports(addresses)).addresses)
    again = connected(addresses)
    eventually(again.idle)
    assert set(receiver.ids()) == set(published)
    # Accepted before the kill means not delivered again, but for the eight that it caught on their way.
    twice = {message_id for message_id in published if receiver.ids().count(message_id) > 1}
    assert twice <= cut_off
    assert len(twice) <= 8
    assert requests.get(f"{again.http}/certs", timeout=30).json() == certs


def test_a_sigterm_ends_it_in_order_while_a_push_still_waits(
    start: Start, connected: Any, receiver: Any, eventually: Any
) -> None:
    released = threading.Event()
    receiver.answer = lambda push: 0 if released.wait(30) else 500
    run = start()
    bus = connected(eventually(run.addresses))
    topic = bus.topic()
    bus.push(topic, receiver, ack_deadline_seconds=600)
    message_id = bus.publish(topic)
    eventually(lambda: receiver.pushes)
    assert run.end(signal.SIGTERM) == 0
    assert not run.port_file.exists()
    released.set()
    receiver.answer = lambda push: 204
    again = connected(eventually(start().addresses))
    eventually(again.idle)
    assert receiver.ids() == [message_id] * 2


def test_a_push_that_ends_within_the_grace_is_not_repeated(
    start: Start, connected: Any, receiver: Any, eventually: Any
) -> None:
    released = threading.Event()
    receiver.answer = lambda push: 204 if released.wait(30) else 500
    run = start()
    bus = connected(eventually(run.addresses))
    topic = bus.topic()
    bus.push(topic, receiver)
    bus.publish(topic)
    eventually(lambda: receiver.pushes)
    run.process.send_signal(signal.SIGTERM)
    released.set()
    assert run.process.wait(30) == 0
    again = connected(eventually(start().addresses))
    assert again.idle()
    assert len(receiver.pushes) == 1


def test_two_processes_do_not_share_a_data_folder(start: Start, eventually: Any) -> None:
    eventually(start().addresses)
    second = start()
    assert second.process.wait(30) == 2
    assert "held by another" in second.log.read_text()


def test_a_taken_port_is_named(start: Start, eventually: Any, tmp_path: Path) -> None:
    addresses = eventually(start().addresses)
    other = Process(tmp_path / "other", "--grpc-port", ports(addresses)[1])
    assert other.process.wait(30) == 2
    assert f"gRPC port {ports(addresses)[1]} is taken" in other.log.read_text()


def test_the_signing_key_is_readable_by_its_owner_only(start: Start, eventually: Any, tmp_path: Path) -> None:
    eventually(start().addresses)
    modes = [stat.S_IMODE(os.stat(path).st_mode) for path in (tmp_path / "data").iterdir()]
    assert set(modes) == {0o600}
    assert stat.S_IMODE(os.stat(tmp_path / "data").st_mode) == 0o700
