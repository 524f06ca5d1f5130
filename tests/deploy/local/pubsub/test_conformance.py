"""The same script against this emulator and, where it is at hand, against Google's own.

GOOGLE_PUBSUB_EMULATOR_HOST names a running one; PUBSUB_EMULATOR_JAR the jar of the gcloud SDK
(platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar), which is started with `java`.
"""

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions

from deploy.local.pubsub.emulator import Emulator


@pytest.fixture(params=["ours", "google"])
def bus(request: pytest.FixtureRequest, tmp_path: Path, connected: Any, eventually: Any) -> Iterator[Any]:
    emulator = _ours(tmp_path) if request.param == "ours" else _google(tmp_path, eventually)
    host = next(emulator)
    yield connected({"grpc": host, "http": ""})
    emulator.close()


def _ours(folder: Path) -> Iterator[str]:
    emulator = Emulator(folder)
    emulator.start()
    try:
        yield emulator.addresses["grpc"]
    finally:
        emulator.stop()


def _google(folder: Path, eventually: Any) -> Iterator[str]:
    if host := os.environ.get("GOOGLE_PUBSUB_EMULATOR_HOST"):
        yield host
        return
    jar, java = os.environ.get("PUBSUB_EMULATOR_JAR"), shutil.which("java")
    if not jar or not java:
        pytest.skip("Google's emulator is not at hand: see this file's first lines")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [java, "-jar", jar, "--host=127.0.0.1", f"--port={port}"], stdout=log, stderr=log
        )
    try:
        eventually(lambda: _listens(port))
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def unique() -> str:
    """Makes names new on an emulator that runs already."""
    return uuid.uuid4().hex[:8]


def test_topics_and_subscriptions(bus: Any, unique: str) -> None:
    topic = bus.topic(f"topic-{unique}")
    subscription = bus.subscription(topic, f"sub-{unique}", ack_deadline_seconds=30)
    assert bus.publisher.get_topic(topic=topic).name == topic
    assert bus.subscriber.get_subscription(subscription=subscription).ack_deadline_seconds == 30
    assert list(bus.publisher.list_topic_subscriptions(topic=topic)) == [subscription]
    assert topic in [each.name for each in bus.publisher.list_topics(project="projects/test-project")]
    with pytest.raises(exceptions.AlreadyExists):
        bus.publisher.create_topic(name=topic)
    with pytest.raises(exceptions.AlreadyExists):
        bus.subscriber.create_subscription(name=subscription, topic=topic)
    bus.publisher.delete_topic(topic=topic)
    assert bus.subscriber.get_subscription(subscription=subscription).topic == "_deleted-topic_"
    bus.subscriber.delete_subscription(subscription=subscription)
    with pytest.raises(exceptions.NotFound):
        bus.subscriber.get_subscription(subscription=subscription)


def test_what_is_missing_is_not_found(bus: Any, unique: str) -> None:
    topic = f"projects/test-project/topics/missing-{unique}"
    subscription = f"projects/test-project/subscriptions/missing-{unique}"
    for call in (
        lambda: bus.publisher.get_topic(topic=topic),
        lambda: bus.publisher.delete_topic(topic=topic),
        lambda: bus.publisher.api.publish(topic=topic, messages=[{"data": b"x"}]),
        lambda: bus.subscriber.create_subscription(name=subscription, topic=topic),
        lambda: bus.subscriber.delete_subscription(subscription=subscription),
        lambda: bus.subscriber.pull(subscription=subscription, max_messages=1),
    ):
        with pytest.raises(exceptions.NotFound):
            call()


def test_pull_acknowledge_and_refuse(bus: Any, unique: str) -> None:
    topic = bus.topic(f"topic-{unique}")
    subscription = bus.subscription(topic, f"sub-{unique}")
    ids = {bus.publish(topic, b"1", phase="raw"), bus.publish(topic, b"2", phase="raw")}
    first, second = pull(bus, subscription, 2)
    assert {first.message.message_id, second.message.message_id} == ids
    assert dict(first.message.attributes) == {"phase": "raw"}
    bus.ack(subscription, first)
    bus.nack(subscription, second)
    (again,) = pull(bus, subscription, 1)
    assert again.message.data == second.message.data


def test_an_empty_message_is_refused(bus: Any, unique: str) -> None:
    topic = bus.topic(f"topic-{unique}")
    with pytest.raises(exceptions.InvalidArgument):
        bus.publisher.api.publish(topic=topic, messages=[{}])


def test_push_retry_and_dead_letter(bus: Any, unique: str, receiver: Any, eventually: Any) -> None:
    receiver.answer = lambda push: 500
    topic, dead = bus.topic(f"topic-{unique}"), bus.topic(f"dead-{unique}")
    dead_pull = bus.subscription(dead, f"dead-{unique}")
    backoff = timedelta(milliseconds=100)
    subscription = bus.push(
        topic,
        receiver,
        f"sub-{unique}",
        retry_policy={"minimum_backoff": backoff, "maximum_backoff": backoff},
        dead_letter_policy={"dead_letter_topic": dead, "max_delivery_attempts": 5},
    )
    message_id = bus.publish(topic, b"poison", phase="raw")
    (pulled,) = pull(bus, dead_pull, 1)
    assert pulled.message.data == b"poison"
    assert pulled.message.attributes["phase"] == "raw"
    assert set(receiver.ids()) == {message_id}
    message = receiver.pushes[0].body["message"]
    assert receiver.pushes[0].body["subscription"] == subscription
    assert (message["data"], message["attributes"]) == ("cG9pc29u", {"phase": "raw"})
    assert {"messageId", "message_id", "publishTime", "publish_time"} <= message.keys()


def test_a_pushed_message_without_data_or_attributes_has_them_empty(
    bus: Any, unique: str, receiver: Any, eventually: Any
) -> None:
    topic = bus.topic(f"topic-{unique}")
    bus.push(topic, receiver, f"sub-{unique}")
    bus.publisher.api.publish(topic=topic, messages=[{"data": b"x"}, {"attributes": {"phase": "raw"}}])
    eventually(lambda: len(receiver.pushes) == 2)
    bodies = [(push.body["message"]["data"], push.body["message"]["attributes"]) for push in receiver.pushes]
    assert sorted(bodies, key=str) == [("", {"phase": "raw"}), ("eA==", {})]


def test_an_update_moves_the_endpoint(bus: Any, unique: str, receiver: Any, eventually: Any) -> None:
    topic = bus.topic(f"topic-{unique}")
    subscription = bus.subscription(topic, f"sub-{unique}")
    changed = {"name": subscription, "push_config": {"push_endpoint": receiver.url}}
    bus.subscriber.update_subscription(subscription=changed, update_mask={"paths": ["push_config"]})
    message_id = bus.publish(topic)
    eventually(lambda: receiver.ids() == [message_id])


def pull(bus: Any, subscription: str, count: int) -> list[Any]:
    """Pull until `count` messages have come; either emulator may give fewer at once, or none yet."""
    pulled: list[Any] = []
    for _ in range(30):
        pulled += bus.pull(subscription, count - len(pulled))
        if len(pulled) == count:
            return pulled
    raise AssertionError(f"{len(pulled)} of {count} messages came")
