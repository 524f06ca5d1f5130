"""A running emulator, official clients for it, and a real HTTP server that is pushed to."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
from google.cloud import pubsub_v1
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from deploy.local.pubsub.database import Database
from deploy.local.pubsub.emulator import Emulator
from deploy.local.pubsub.oidc import TokenIssuer

PROJECT = "test-project"
PATIENCE = 30.0


@dataclass(frozen=True)
class Push:
    """One request that the receiver got."""

    headers: dict[str, str]
    body: dict[str, Any]
    received_at: float

    @property
    def message_id(self) -> str:
        return self.body["message"]["messageId"]


@dataclass
class Receiver:
    """A push endpoint. `answer` gets the push and returns the status; a status of 0 drops the connection."""

    url: str = ""
    answer: Callable[[Push], int] = lambda push: 204
    pushes: list[Push] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ids(self) -> list[str]:
        return [push.message_id for push in self.pushes]


@dataclass
class Bus:
    """Official clients of one emulator."""

    host: str
    http: str
    publisher: pubsub_v1.PublisherClient
    subscriber: pubsub_v1.SubscriberClient

    def topic(self, name: str = "games") -> str:
        path = f"projects/{PROJECT}/topics/{name}"
        self.publisher.create_topic(name=path)
        return path

    def subscription(self, topic: str, name: str = "games-raw", **fields: Any) -> str:
        path = f"projects/{PROJECT}/subscriptions/{name}"
        self.subscriber.create_subscription(request={"name": path, "topic": topic, **fields})
        return path

    def push(self, topic: str, receiver: Receiver, name: str = "games-raw", **fields: Any) -> str:
        return self.subscription(topic, name, push_config={"push_endpoint": receiver.url}, **fields)

    def publish(self, topic: str, data: bytes = b"body", **attributes: str) -> str:
        return self.publisher.publish(topic, data, **attributes).result(timeout=PATIENCE)

    def pull(self, subscription: str, limit: int = 100, at_once: bool = False) -> list[Any]:
        request = {"subscription": subscription, "max_messages": limit, "return_immediately": at_once}
        return list(self.subscriber.pull(request=request, timeout=PATIENCE).received_messages)

    def ack(self, subscription: str, *pulled: Any) -> None:
        self.subscriber.acknowledge(subscription=subscription, ack_ids=[each.ack_id for each in pulled])

    def nack(self, subscription: str, *pulled: Any) -> None:
        self.subscriber.modify_ack_deadline(
            subscription=subscription, ack_ids=[each.ack_id for each in pulled], ack_deadline_seconds=0
        )

    def stats(self, subscription: str) -> dict[str, Any]:
        return requests.get(f"{self.http}/stats", timeout=PATIENCE).json()["subscriptions"][subscription]

    def idle(self) -> bool:
        return requests.get(f"{self.http}/stats", timeout=PATIENCE).json()["idle"]

    def close(self) -> None:
        self.publisher.stop()
        self.publisher.transport.close()
        self.subscriber.close()


def eventually(condition: Callable[[], Any]) -> Any:
    """Return the condition's first true value; fail after half a minute without one."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return value


def connect(addresses: dict[str, str]) -> Bus:
    publisher = PublisherGrpcTransport(channel=grpc.insecure_channel(addresses["grpc"]))
    subscriber = SubscriberGrpcTransport(channel=grpc.insecure_channel(addresses["grpc"]))
    return Bus(
        addresses["grpc"],
        addresses["http"],
        pubsub_v1.PublisherClient(transport=publisher),
        pubsub_v1.SubscriberClient(transport=subscriber),
    )


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[[Callable[[], Any]], Any]:
    return eventually


@pytest.fixture
def connected() -> Iterator[Callable[[dict[str, str]], Bus]]:
    """Connects to the emulator at given addresses; disconnects afterwards."""
    buses: list[Bus] = []

    def connected_to(addresses: dict[str, str]) -> Bus:
        buses.append(connect(addresses))
        return buses[-1]

    yield connected_to
    for bus in buses:
        bus.close()


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a signing key in it and nothing else: making one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("key")
    database = Database(folder)
    TokenIssuer(database)
    database.close()
    return folder


@pytest.fixture
def bus(tmp_path: Path, key_folder: Path, connected: Callable[[dict[str, str]], Bus]) -> Iterator[Bus]:
    """An emulator whose ten seconds of backoff are ten milliseconds."""
    shutil.copytree(key_folder, tmp_path / "data")
    emulator = Emulator(tmp_path / "data", time_scale=0.001)
    emulator.start()
    yield connected(emulator.addresses)
    emulator.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}/push"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            push = self._push()
            with receiver.lock:
                receiver.pushes.append(push)
                receiver.in_flight += 1
                receiver.most_in_flight = max(receiver.most_in_flight, receiver.in_flight)
            status = receiver.answer(push)
            with receiver.lock:
                receiver.in_flight -= 1
            if status:
                self.send_response(status)
                self.end_headers()

        def _push(self) -> Push:
            received_at = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return Push(dict(self.headers), body, received_at)

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler
