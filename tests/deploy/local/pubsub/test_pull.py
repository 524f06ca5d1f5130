"""Publishing and unary pull, as used to look at dead-letter subscriptions."""

from typing import Any

import pytest
from google.api_core import exceptions


def test_a_message_is_pulled_as_it_was_published(bus: Any) -> None:
    topic = bus.topic()
    subscription = bus.subscription(topic)
    message_id = bus.publish(topic, b"\x00\xff", phase="raw", name="Dončić")
    (pulled,) = bus.pull(subscription)
    assert pulled.message.message_id == message_id
    assert pulled.message.data == b"\x00\xff"
    assert dict(pulled.message.attributes) == {"phase": "raw", "name": "Dončić"}
    assert pulled.message.publish_time.tzinfo is not None
    assert pulled.delivery_attempt == 0


def test_an_acknowledged_message_is_gone(bus: Any) -> None:
    topic = bus.topic()
    subscription = bus.subscription(topic)
    bus.publish(topic)
    bus.ack(subscription, *bus.pull(subscription))
    assert bus.stats(subscription)["backlog"] == 0


def test_a_leased_message_is_not_given_to_another_puller(bus: Any) -> None:
    topic = bus.topic()
    subscription = bus.subscription(topic)
    bus.publish(topic)
    assert len(bus.pull(subscription)) == 1
    assert bus.pull(subscription, at_once=True) == []
    assert bus.stats(subscription)["in_flight"] == 1


def test_a_refused_message_comes_again_with_another_ack_id(bus: Any) -> None:
    topic = bus.topic()
    subscription = bus.subscription(topic)
    bus.publish(topic)
    (first,) = bus.pull(subscription)
    bus.nack(subscription, first)
    (second,) = bus.pull(subscription)
    assert second.message == first.message
    bus.ack(subscription, first)
    assert bus.stats(subscription)["backlog"] == 1
    bus.ack(subscription, second)
    assert bus.stats(subscription)["backlog"] == 0


def test_a_batch_of_a_thousand_reaches_every_subscription_once_and_in_order(bus: Any) -> None:
    topic = bus.topic()
    subscriptions = [bus.subscription(topic, f"sub-{number}") for number in range(2)]
    messages = [{"data": str(number).encode()} for number in range(1000)]
    ids = bus.publisher.api.publish(topic=topic, messages=messages).message_ids
    assert len(set(ids)) == 1000
    for subscription in subscriptions:
        pulled = bus.pull(subscription, limit=1000)
        assert [int(each.message.data) for each in pulled] == list(range(1000))


def test_a_puller_waits_for_the_next_message(bus: Any) -> None:
    topic = bus.topic()
    subscription = bus.subscription(topic)
    future = bus.publisher.publish(topic, b"soon")
    assert [pulled.message.data for pulled in bus.pull(subscription)] == [b"soon"]
    future.result(timeout=30)


def test_only_what_passes_the_filter_is_delivered(bus: Any) -> None:
    topic = bus.topic()
    subscription = bus.subscription(
        topic, filter='attributes.phase = "raw" AND NOT attributes.status = "failed"'
    )
    bus.publish(topic, b"1", phase="raw", status="failed")
    bus.publish(topic, b"2", phase="raw", status="success")
    bus.publish(topic, b"3", phase="analytics")
    assert [pulled.message.data for pulled in bus.pull(subscription)] == [b"2"]
    assert bus.stats(subscription)["backlog"] == 1


def test_messages_published_before_the_subscription_are_not_delivered(bus: Any) -> None:
    topic = bus.topic()
    bus.publish(topic)
    assert bus.pull(bus.subscription(topic), at_once=True) == []


def test_a_push_subscription_cannot_be_pulled(bus: Any, receiver: Any) -> None:
    subscription = bus.push(bus.topic(), receiver)
    with pytest.raises(exceptions.FailedPrecondition):
        bus.pull(subscription)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"data": b"x", "attributes": {"": "x"}},
        {"data": b"x", "attributes": {"goog-key": "x"}},
        {"data": b"x", "attributes": {"key": "x" * 1025}},
        {"data": b"x", "attributes": {f"key-{number}": "x" for number in range(101)}},
        {"data": b"x" * 10_000_001},
    ],
    ids=["empty", "no key", "reserved key", "long value", "101 attributes", "10 MB"],
)
def test_a_message_that_production_refuses_is_refused(bus: Any, message: dict[str, Any]) -> None:
    topic = bus.topic()
    subscription = bus.subscription(topic)
    with pytest.raises(exceptions.InvalidArgument, match="messages"):
        bus.publisher.api.publish(topic=topic, messages=[{"data": b"good"}, message])
    assert bus.stats(subscription)["backlog"] == 0


@pytest.mark.parametrize("ack_id", ["", "nonsense", "1", "-1-1", "1-1-1", "9" * 40 + "-1"])
def test_a_malformed_ack_id_is_refused(bus: Any, ack_id: str) -> None:
    subscription = bus.subscription(bus.topic())
    with pytest.raises(exceptions.InvalidArgument, match="ack_ids"):
        bus.subscriber.acknowledge(subscription=subscription, ack_ids=[ack_id])


def test_a_pull_of_nothing_and_a_deadline_out_of_range_are_refused(bus: Any) -> None:
    subscription = bus.subscription(bus.topic())
    with pytest.raises(exceptions.InvalidArgument, match="max_messages"):
        bus.pull(subscription, limit=0)
    with pytest.raises(exceptions.InvalidArgument, match="ack_deadline_seconds"):
        bus.subscriber.modify_ack_deadline(
            subscription=subscription, ack_ids=["1-1"], ack_deadline_seconds=601
        )
