"""Topics and subscriptions are what pipeline.yaml says, also where they were there before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import pubsub_v1

from deploy.local.environment import variable
from deploy.local.pubsub.emulator import Emulator
from deploy.registry import services
from orchestration.bus_setup import BusSetup, Target, dead_topic
from orchestration.pipeline import load_pipeline

PIPELINE = load_pipeline()


@pytest.fixture
def subscriber(tmp_path: Path) -> Iterator[pubsub_v1.SubscriberClient]:
    emulator = Emulator(tmp_path / "data")
    emulator.start()
    with variable("PUBSUB_EMULATOR_HOST", emulator.addresses["grpc"]):
        client = pubsub_v1.SubscriberClient()
        yield client
        client.close()
    emulator.stop()


def targets(port: int) -> dict[str, Target]:
    return {s.name: Target(f"http://127.0.0.1:{port}", s.audience) for s in services().values()}


def test_every_subscription_retries_and_dead_letters_as_declared(
    subscriber: pubsub_v1.SubscriberClient,
) -> None:
    BusSetup("p", PIPELINE, "push@p").apply(targets(1))
    for declared in PIPELINE.subscriptions:
        made = subscriber.get_subscription(subscription=f"projects/p/subscriptions/{declared.name}")
        assert made.ack_deadline_seconds == declared.ack_seconds
        assert made.dead_letter_policy.max_delivery_attempts == PIPELINE.delivery.max_attempts
        assert made.dead_letter_policy.dead_letter_topic.endswith(dead_topic(declared.topic))
        assert made.retry_policy.minimum_backoff.seconds == PIPELINE.delivery.min_backoff_seconds
        assert made.push_config.oidc_token.audience == f"nba-props/{declared.service}"


def test_applying_again_changes_what_is_there(subscriber: pubsub_v1.SubscriberClient) -> None:
    BusSetup("p", PIPELINE, "push@p").apply(targets(1))
    slower = PIPELINE.model_copy(
        update={"delivery": PIPELINE.delivery.model_copy(update={"min_backoff_seconds": 20})}
    )
    BusSetup("p", slower, "other@p").apply(targets(2))
    name = f"projects/p/subscriptions/{PIPELINE.subscriptions[0].name}"
    made = subscriber.get_subscription(subscription=name)
    assert made.retry_policy.minimum_backoff.seconds == 20
    assert made.push_config.push_endpoint == "http://127.0.0.1:2/process"
    assert made.push_config.oidc_token.service_account_email == "other@p"


def test_every_dead_letter_topic_is_pushed_to_the_coordinator(subscriber: pubsub_v1.SubscriberClient) -> None:
    BusSetup("p", PIPELINE, "push@p").apply(targets(1))
    for topic in PIPELINE.topics:
        name = f"projects/p/subscriptions/coordinator-on-{dead_topic(topic)}"
        assert subscriber.get_subscription(subscription=name).push_config.push_endpoint.endswith(
            "/dead-letters"
        )
