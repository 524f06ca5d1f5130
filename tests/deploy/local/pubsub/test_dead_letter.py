"""What fails five times goes to the dead-letter topic, and nowhere else."""

from typing import Any

import pytest


@pytest.fixture
def dead(bus: Any) -> tuple[str, str]:
    """The dead-letter topic and the pull subscription on it."""
    topic = bus.topic("games-dead")
    return topic, bus.subscription(topic, "games-dead-pull")


def policy(topic: str) -> dict[str, Any]:
    return {
        "dead_letter_policy": {"dead_letter_topic": topic, "max_delivery_attempts": 5},
        "retry_policy": {},
    }


def test_after_five_failed_pushes_a_message_is_dead_lettered_with_its_source(
    bus: Any, receiver: Any, dead: tuple[str, str], eventually: Any
) -> None:
    receiver.answer = lambda push: 500
    topic = bus.topic()
    subscription = bus.push(topic, receiver, **policy(dead[0]))
    message_id = bus.publish(topic, b"poison", phase="raw")
    eventually(bus.idle)
    assert [push.body["deliveryAttempt"] for push in receiver.pushes] == [1, 2, 3, 4, 5]
    assert receiver.ids() == [message_id] * 5
    (pulled,) = bus.pull(dead[1])
    attributes = dict(pulled.message.attributes)
    assert pulled.message.data == b"poison"
    published = attributes.pop("CloudPubSubDeadLetterSourceTopicPublishTime")
    assert published.replace("+00:00", "Z") == receiver.pushes[0].body["message"]["publishTime"]
    assert attributes == {
        "phase": "raw",
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
        "CloudPubSubDeadLetterSourceSubscription": "games-raw",
        "CloudPubSubDeadLetterSourceSubscriptionProject": "test-project",
    }
    counts = bus.stats(subscription)
    assert (counts["acked"], counts["nacked"], counts["dead_lettered"], counts["backlog"]) == (0, 5, 1, 0)


def test_a_message_accepted_at_the_fifth_attempt_is_not_dead_lettered(
    bus: Any, receiver: Any, dead: tuple[str, str], eventually: Any
) -> None:
    receiver.answer = lambda push: 204 if push.body["deliveryAttempt"] == 5 else 500
    topic = bus.topic()
    bus.push(topic, receiver, **policy(dead[0]))
    bus.publish(topic)
    eventually(bus.idle)
    assert len(receiver.pushes) == 5
    assert bus.pull(dead[1], at_once=True) == []


def test_a_poisonous_message_takes_no_other_with_it(
    bus: Any, receiver: Any, dead: tuple[str, str], eventually: Any
) -> None:
    topic = bus.topic()
    receiver.answer = lambda push: 500 if "poison" in push.body["message"]["attributes"] else 204
    subscription = bus.push(topic, receiver, **policy(dead[0]))
    for number in range(30):
        bus.publish(topic, str(number).encode(), **({"poison": "yes"} if number % 10 == 0 else {}))
    eventually(bus.idle)
    assert {pulled.message.data for pulled in bus.pull(dead[1])} == {b"0", b"10", b"20"}
    assert bus.stats(subscription)["acked"] == 27


def test_a_pulled_message_that_is_refused_five_times_is_dead_lettered(
    bus: Any, dead: tuple[str, str]
) -> None:
    topic = bus.topic()
    subscription = bus.subscription(topic, **policy(dead[0]))
    bus.publish(topic)
    for attempt in range(1, 6):
        (pulled,) = bus.pull(subscription)
        assert pulled.delivery_attempt == attempt
        bus.nack(subscription, pulled)
    assert len(bus.pull(dead[1])) == 1
    assert bus.stats(subscription)["backlog"] == 0


def test_without_its_dead_letter_topic_a_message_goes_on_being_delivered(
    bus: Any, receiver: Any, dead: tuple[str, str], eventually: Any
) -> None:
    answers = iter([500] * 7)
    receiver.answer = lambda push: next(answers, 204)
    topic = bus.topic()
    subscription = bus.push(topic, receiver, **policy(dead[0]))
    bus.publisher.delete_topic(topic=dead[0])
    bus.publish(topic)
    eventually(bus.idle)
    assert [push.body["deliveryAttempt"] for push in receiver.pushes] == list(range(1, 9))
    assert bus.stats(subscription)["acked"] == 1
