"""Messages are POSTed to the endpoint until it accepts them."""

import base64
import threading
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests
from google.pubsub_v1 import types

from deploy.local.pubsub.envelope import Delivery
from deploy.local.pubsub.push import PUSHES_PER_SUBSCRIPTION, post


def test_the_envelope_is_pubsub_s_wrapped_message(bus: Any, receiver: Any, eventually: Any) -> None:
    topic = bus.topic()
    subscription = bus.push(topic, receiver)
    message_id = bus.publish(topic, b'{"game_id": 1}', phase="raw")
    (push,) = eventually(lambda: receiver.pushes)
    message = push.body["message"]
    published = message.pop("publishTime")
    assert datetime.fromisoformat(published).utcoffset() == timedelta(0)
    assert published.endswith("Z")
    assert message == {
        "data": base64.b64encode(b'{"game_id": 1}').decode(),
        "attributes": {"phase": "raw"},
        "messageId": message_id,
        "message_id": message_id,
        "publish_time": published,
    }
    assert push.body.keys() == {"message", "subscription"}
    assert push.body["subscription"] == subscription
    assert push.headers["Content-Type"] == "application/json"
    assert "Authorization" not in push.headers


def test_empty_data_is_an_empty_text_and_an_ordering_key_is_carried(
    bus: Any, receiver: Any, eventually: Any
) -> None:
    topic = bus.topic()
    bus.push(topic, receiver)
    message = {"attributes": {"phase": "raw"}, "ordering_key": "20241203"}
    bus.publisher.api.publish(topic=topic, messages=[message])
    (push,) = eventually(lambda: receiver.pushes)
    assert push.body["message"]["data"] == ""
    assert push.body["message"]["orderingKey"] == "20241203"


@pytest.mark.parametrize("status", [102, 200, 201, 202, 204])
def test_these_answers_acknowledge(bus: Any, receiver: Any, eventually: Any, status: int) -> None:
    receiver.answer = lambda push: status
    topic = bus.topic()
    subscription = bus.push(topic, receiver)
    bus.publish(topic)
    eventually(bus.idle)
    assert bus.stats(subscription)["acked"] == 1
    assert len(receiver.pushes) == 1


@pytest.mark.parametrize("status", [0, 203, 206, 301, 400, 401, 404, 429, 500, 503])
def test_any_other_answer_and_a_dropped_connection_bring_the_message_again(
    bus: Any, receiver: Any, eventually: Any, status: int
) -> None:
    answers = iter([status, status])
    receiver.answer = lambda push: next(answers, 204)
    topic = bus.topic()
    subscription = bus.push(topic, receiver, retry_policy={})
    message_id = bus.publish(topic)
    eventually(bus.idle)
    assert receiver.ids() == [message_id] * 3
    counts = bus.stats(subscription)
    assert (counts["delivered"], counts["nacked"], counts["acked"]) == (3, 2, 1)


def test_an_endpoint_that_nobody_listens_on_is_tried_again(bus: Any, receiver: Any, eventually: Any) -> None:
    topic = bus.topic()
    nobody = types.PushConfig(push_endpoint="http://127.0.0.1:9/push")
    subscription = bus.subscription(topic, push_config=nobody, retry_policy={})
    message_id = bus.publish(topic)
    eventually(lambda: bus.stats(subscription)["nacked"] >= 2)
    bus.subscriber.modify_push_config(subscription=subscription, push_config={"push_endpoint": receiver.url})
    eventually(bus.idle)
    assert receiver.ids() == [message_id]


def test_no_answer_within_the_ack_deadline_is_a_failure(receiver: Any) -> None:
    released = threading.Event()
    receiver.answer = lambda push: 0 if released.wait(30) else 500
    subscription = types.Subscription(ack_deadline_seconds=1, push_config={"push_endpoint": receiver.url})
    message = types.PubsubMessage(data=b"x", message_id="1", publish_time=datetime(2024, 12, 3).astimezone())
    with pytest.raises(requests.Timeout):
        post(subscription, Delivery("projects/p/subscriptions/sub", 1, 1, message), issuer=None)
    released.set()


def test_each_pause_is_at_least_twice_the_one_before(bus: Any, receiver: Any, eventually: Any) -> None:
    answers = iter([503] * 4)
    receiver.answer = lambda push: next(answers, 204)
    topic = bus.topic()
    bus.push(topic, receiver, retry_policy={"maximum_backoff": timedelta(seconds=40)})
    bus.publish(topic)
    eventually(bus.idle)
    times = [push.received_at for push in receiver.pushes]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    # 10, 20, 40 and again 40 seconds, on a clock a thousand times as fast.
    assert len(pauses) == 4
    assert all(pause >= least for pause, least in zip(pauses, [0.010, 0.020, 0.040, 0.040], strict=True))


def test_a_thousand_messages_arrive_each_once(bus: Any, receiver: Any, eventually: Any) -> None:
    topic = bus.topic()
    bus.push(topic, receiver)
    ids = [bus.publisher.publish(topic, str(number).encode()) for number in range(1000)]
    published = {future.result(timeout=30) for future in ids}
    eventually(bus.idle)
    assert Counter(receiver.ids()) == Counter(published)


def test_a_slow_endpoint_gets_eight_messages_at_once_and_delays_no_other(
    bus: Any, receiver: Any, eventually: Any
) -> None:
    released = threading.Event()

    def answer(push: Any) -> int:
        if push.body["subscription"].endswith("slow"):
            released.wait(30)
        return 204

    receiver.answer = answer
    topic = bus.topic()
    slow, quick = bus.push(topic, receiver, "games-slow"), bus.push(topic, receiver, "games-quick")
    for _ in range(20):
        bus.publish(topic)
    eventually(lambda: bus.stats(quick)["backlog"] == 0)
    counts = bus.stats(slow)
    released.set()
    assert (counts["in_flight"], counts["pending"]) == (PUSHES_PER_SUBSCRIPTION, 20 - PUSHES_PER_SUBSCRIPTION)
    eventually(bus.idle)
    assert len(receiver.pushes) == 40


def test_a_deleted_subscription_is_pushed_no_more(bus: Any, receiver: Any, eventually: Any) -> None:
    released = threading.Event()
    receiver.answer = lambda push: 503 if released.wait(30) else 204
    topic = bus.topic()
    deleted = bus.push(topic, receiver)
    for _ in range(20):
        bus.publish(topic)
    eventually(lambda: len(receiver.pushes) == PUSHES_PER_SUBSCRIPTION)
    bus.subscriber.delete_subscription(subscription=deleted)
    released.set()
    eventually(lambda: receiver.in_flight == 0)
    receiver.answer = lambda push: 204
    bus.push(topic, receiver, "games-other")
    last = bus.publish(topic)
    eventually(bus.idle)
    assert receiver.ids()[PUSHES_PER_SUBSCRIPTION:] == [last]


def test_a_message_can_be_published_from_within_a_push(bus: Any, receiver: Any, eventually: Any) -> None:
    first, second = bus.topic("first"), bus.topic("second")

    def answer(push: Any) -> int:
        if push.body["subscription"].endswith("first-push"):
            bus.publish(second, cause=push.message_id)
        return 204

    receiver.answer = answer
    bus.push(first, receiver, "first-push")
    bus.push(second, receiver, "second-push")
    message_id = bus.publish(first)
    eventually(bus.idle)
    attributes = [push.body["message"]["attributes"] for push in receiver.pushes]
    assert attributes == [{}, {"cause": message_id}]
