"""Topics and subscriptions are created, read, listed, changed and deleted with the official client."""

from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import pubsub_v1

TOPIC = "projects/test-project/topics/games"
SUBSCRIPTION = "projects/test-project/subscriptions/games-raw"


def test_a_topic_is_there_until_it_is_deleted(bus: Any) -> None:
    bus.topic()
    assert bus.publisher.get_topic(topic=TOPIC).name == TOPIC
    bus.publisher.delete_topic(topic=TOPIC)
    with pytest.raises(exceptions.NotFound):
        bus.publisher.get_topic(topic=TOPIC)


def test_the_client_finds_the_emulator_by_its_environment_variable(
    bus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", bus.host)
    publisher = pubsub_v1.PublisherClient()
    assert publisher.create_topic(name=TOPIC).name == TOPIC
    publisher.transport.close()


def test_what_exists_cannot_be_created_again(bus: Any) -> None:
    topic = bus.topic()
    bus.subscription(topic)
    with pytest.raises(exceptions.AlreadyExists):
        bus.topic()
    with pytest.raises(exceptions.AlreadyExists):
        bus.subscription(topic)


def test_what_does_not_exist_is_not_found(bus: Any) -> None:
    calls = [
        lambda: bus.publisher.get_topic(topic=TOPIC),
        lambda: bus.publisher.delete_topic(topic=TOPIC),
        lambda: bus.publish(TOPIC),
        lambda: bus.publisher.list_topic_subscriptions(topic=TOPIC),
        lambda: bus.subscription(TOPIC),
        lambda: bus.subscriber.get_subscription(subscription=SUBSCRIPTION),
        lambda: bus.subscriber.delete_subscription(subscription=SUBSCRIPTION),
        lambda: bus.pull(SUBSCRIPTION),
        lambda: bus.subscriber.acknowledge(subscription=SUBSCRIPTION, ack_ids=["1-1"]),
        lambda: bus.subscriber.modify_push_config(subscription=SUBSCRIPTION, push_config={}),
    ]
    for call in calls:
        with pytest.raises(exceptions.NotFound):
            call()


def test_a_dead_letter_topic_must_exist(bus: Any) -> None:
    with pytest.raises(exceptions.NotFound, match="lost"):
        bus.subscription(bus.topic(), dead_letter_policy={"dead_letter_topic": f"{TOPIC}-lost"})


def test_lists_hold_their_project_s_own_in_pages(bus: Any) -> None:
    names = [bus.topic(f"topic-{number}") for number in range(5)]
    subscriptions = [bus.subscription(names[0], f"sub-{number}") for number in range(5)]
    bus.publisher.create_topic(name="projects/other-project/topics/games")
    project = "projects/test-project"
    topics = bus.publisher.list_topics(request={"project": project, "page_size": 2})
    assert [topic.name for topic in topics] == names
    listed = bus.subscriber.list_subscriptions(request={"project": project, "page_size": 2})
    assert [subscription.name for subscription in listed] == subscriptions
    request = {"topic": names[0], "page_size": 2}
    assert list(bus.publisher.list_topic_subscriptions(request=request)) == subscriptions
    assert list(bus.publisher.list_topic_subscriptions(topic=names[1])) == []


def test_a_subscription_gets_the_defaults_of_production(bus: Any) -> None:
    dead = bus.topic("dead")
    bus.subscription(bus.topic(), dead_letter_policy={"dead_letter_topic": dead}, retry_policy={})
    subscription = bus.subscriber.get_subscription(subscription=SUBSCRIPTION)
    assert subscription.ack_deadline_seconds == 10
    assert subscription.message_retention_duration == timedelta(days=7)
    assert subscription.retry_policy.minimum_backoff == timedelta(seconds=10)
    assert subscription.retry_policy.maximum_backoff == timedelta(seconds=600)
    assert subscription.dead_letter_policy.max_delivery_attempts == 5


def update(bus: Any, paths: list[str], **fields: Any) -> Any:
    return bus.subscriber.update_subscription(
        subscription={"name": SUBSCRIPTION, **fields}, update_mask={"paths": paths}
    )


def test_an_update_changes_the_masked_fields_only(bus: Any) -> None:
    dead = bus.topic("dead")
    bus.subscription(bus.topic(), retry_policy={}, dead_letter_policy={"dead_letter_topic": dead})
    changed = update(
        bus,
        ["push_config", "retry_policy", "dead_letter_policy"],
        push_config={"push_endpoint": "http://127.0.0.1:9/push"},
        retry_policy={"minimum_backoff": timedelta(seconds=20)},
        ack_deadline_seconds=600,
    )
    assert changed.push_config.push_endpoint == "http://127.0.0.1:9/push"
    assert changed.retry_policy.minimum_backoff == timedelta(seconds=20)
    assert changed.ack_deadline_seconds == 10
    assert "dead_letter_policy" not in changed
    assert bus.subscriber.get_subscription(subscription=SUBSCRIPTION) == changed


@pytest.mark.parametrize("path", ["filter", "topic", "name", "enable_message_ordering", "nonsense"])
def test_what_cannot_be_changed_is_refused(bus: Any, path: str) -> None:
    bus.subscription(bus.topic())
    with pytest.raises(exceptions.InvalidArgument, match="update_mask"):
        update(bus, [path])


def test_an_update_without_a_mask_is_refused(bus: Any) -> None:
    bus.subscription(bus.topic())
    with pytest.raises(exceptions.InvalidArgument, match="update_mask"):
        update(bus, [])


@pytest.mark.parametrize(
    "name", ["projects/p/topics/ab", "projects/p/topics/1abc", "projects/p/topics/googx", "x"]
)
def test_a_malformed_topic_name_is_refused(bus: Any, name: str) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="name"):
        bus.publisher.create_topic(name=name)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ack_deadline_seconds", 9),
        ("ack_deadline_seconds", 601),
        ("message_retention_duration", timedelta(minutes=9)),
        ("push_config", {"push_endpoint": "ftp://somewhere"}),
        ("push_config", {"push_endpoint": "http://127.0.0.1:9", "oidc_token": {"audience": "x"}}),
        ("push_config", {"push_endpoint": "http://127.0.0.1:9", "no_wrapper": {"write_metadata": True}}),
        ("retry_policy", {"minimum_backoff": timedelta(seconds=601)}),
        ("retry_policy", {"minimum_backoff": timedelta(seconds=9), "maximum_backoff": timedelta(seconds=8)}),
        ("dead_letter_policy", {"dead_letter_topic": TOPIC, "max_delivery_attempts": 4}),
        ("dead_letter_policy", {"dead_letter_topic": TOPIC, "max_delivery_attempts": 101}),
        ("dead_letter_policy", {"dead_letter_topic": "games"}),
        ("filter", "attributes.phase == 1"),
        ("enable_message_ordering", True),
        ("enable_exactly_once_delivery", True),
        ("bigquery_config", {"table": "p.d.t"}),
    ],
)
def test_a_subscription_that_would_behave_otherwise_in_production_is_refused(
    bus: Any, field: str, value: Any
) -> None:
    topic = bus.topic()
    with pytest.raises(exceptions.InvalidArgument, match=field):
        bus.subscription(topic, **{field: value})
    assert list(bus.publisher.list_topic_subscriptions(topic=topic)) == []


def test_a_subscription_outlives_its_topic_with_its_backlog(bus: Any) -> None:
    subscription = bus.subscription(bus.topic())
    bus.publish(TOPIC, b"left")
    bus.publisher.delete_topic(topic=TOPIC)
    assert bus.subscriber.get_subscription(subscription=subscription).topic == "_deleted-topic_"
    assert [pulled.message.data for pulled in bus.pull(subscription)] == [b"left"]


def test_a_deleted_subscription_forgets_its_backlog(bus: Any) -> None:
    subscription = bus.subscription(bus.topic())
    bus.publish(TOPIC)
    bus.subscriber.delete_subscription(subscription=subscription)
    bus.subscription(TOPIC)
    assert bus.pull(subscription, at_once=True) == []
