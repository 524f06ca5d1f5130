"""What depends on time, on a clock of the test's own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.pubsub_v1 import types

from deploy.local.pubsub.catalog import Catalog
from deploy.local.pubsub.database import Database
from deploy.local.pubsub.envelope import PUSH_BACKOFF
from deploy.local.pubsub.resources import checked_subscription
from deploy.local.pubsub.store import Store

TOPIC, DEAD = "projects/p/topics/games", "projects/p/topics/dead"
NAME = "projects/p/subscriptions/games"
START = 1_733_250_000.0
ENDPOINT = {"push_endpoint": "http://127.0.0.1:9/push"}


class World:
    """A store on a data folder, with a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.time = folder, START
        self.open()

    def open(self) -> None:
        self.database = Database(self.folder)
        self.catalog = Catalog(self.database)
        self.store = Store(self.database, self.catalog, clock=lambda: self.time)

    def reopen(self) -> None:
        self.database.close()
        self.open()

    def subscribe(self, **fields: Any) -> None:
        for name in (TOPIC, DEAD):
            self.catalog.create_topic(types.Topic(name=name))
        subscription = types.Subscription(name=NAME, topic=TOPIC, **fields)
        self.catalog.create_subscription(checked_subscription(subscription))

    def publish(self, count: int = 1) -> list[str]:
        return self.store.publish(TOPIC, [types.PubsubMessage(data=b"x")] * count)

    def fail(self) -> float:
        """Claim the one message, refuse it, and return how long it pauses."""
        (delivery,) = self.store.claim(NAME, 10)
        self.store.nack(NAME, [(delivery.message_id, delivery.attempt)])
        pause = self.store.seconds_to_next(self.time - 1, at_most=1e6)
        self.time += pause
        return pause

    def rows(self, table: str) -> int:
        with self.database.transaction() as connection:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.database.close()


def test_the_backoff_doubles_from_ten_seconds_to_ten_minutes_by_default(world: World) -> None:
    world.subscribe(push_config=ENDPOINT, retry_policy={})
    world.publish()
    assert [round(world.fail()) for _ in range(8)] == [10, 20, 40, 80, 160, 320, 600, 600]


def test_the_backoff_keeps_to_its_policy(world: World) -> None:
    policy = {"minimum_backoff": timedelta(seconds=3), "maximum_backoff": timedelta(seconds=7)}
    world.subscribe(push_config=ENDPOINT, retry_policy=policy)
    world.publish()
    assert [round(world.fail()) for _ in range(4)] == [3, 6, 7, 7]


def test_without_a_policy_a_pull_comes_again_at_once_and_a_push_almost(world: World) -> None:
    world.subscribe()
    world.publish()
    world.fail()
    assert len(world.store.claim(NAME, 1)) == 1
    world.store.end_leases()
    push = types.Subscription(world.catalog.subscription(NAME))
    push.push_config = types.PushConfig(ENDPOINT)
    world.catalog.replace_subscription(push)
    world.time += 10
    world.store.end_leases()
    assert world.store.stats()[NAME]["nacked"] == 2
    assert world.store.claim(NAME, 1) == []
    world.time += PUSH_BACKOFF * 1.01
    assert len(world.store.claim(NAME, 1)) == 1


def test_a_message_that_is_not_due_does_not_hold_up_the_others(world: World) -> None:
    world.subscribe(push_config=ENDPOINT, retry_policy={})
    world.publish()
    (first,) = world.store.claim(NAME, 10)
    world.store.nack(NAME, [(first.message_id, 1)])
    (second_id,) = world.publish()
    assert [delivery.message.message_id for delivery in world.store.claim(NAME, 10)] == [second_id]


def test_a_pulled_message_comes_again_when_its_deadline_has_passed(world: World) -> None:
    world.subscribe(ack_deadline_seconds=20)
    world.publish()
    world.store.claim(NAME, 1)
    world.time += 19
    world.store.end_leases()
    assert world.store.claim(NAME, 1) == []
    world.time += 1
    world.store.end_leases()
    (again,) = world.store.claim(NAME, 1)
    assert again.attempt == 2


def test_an_extended_deadline_counts_from_the_extension(world: World) -> None:
    world.subscribe(ack_deadline_seconds=20)
    world.publish()
    (delivery,) = world.store.claim(NAME, 1)
    world.time += 15
    world.store.extend(NAME, [(delivery.message_id, delivery.attempt)], 60)
    world.time += 59
    world.store.end_leases()
    assert world.store.stats()[NAME]["in_flight"] == 1


def test_five_missed_deadlines_dead_letter_a_message(world: World) -> None:
    world.subscribe(dead_letter_policy={"dead_letter_topic": DEAD})
    world.publish()
    for _ in range(5):
        assert len(world.store.claim(NAME, 1)) == 1
        world.time += 10
        world.store.end_leases()
    counts = world.store.stats()[NAME]
    assert (counts["backlog"], counts["dead_lettered"]) == (0, 1)


def test_a_message_is_kept_for_seven_days(world: World) -> None:
    world.subscribe()
    world.publish()
    world.time += 7 * 86_400
    world.store.forget_old()
    assert world.rows("deliveries") == 1
    world.time += 1
    world.store.forget_old()
    assert (world.rows("deliveries"), world.rows("messages")) == (0, 0)


def test_a_message_body_is_kept_until_its_last_subscription_is_done(world: World) -> None:
    world.subscribe()
    other = types.Subscription(name=f"{NAME}-other", topic=TOPIC)
    world.catalog.create_subscription(checked_subscription(other))
    world.publish()
    for name, left in ((NAME, 1), (other.name, 0)):
        (delivery,) = world.store.claim(name, 1)
        world.store.ack(name, [(delivery.message_id, delivery.attempt)])
        assert world.rows("messages") == left


def test_a_message_that_nobody_subscribes_to_is_not_kept_and_its_id_not_used_again(world: World) -> None:
    world.catalog.create_topic(types.Topic(name=TOPIC))
    first, second = world.publish(), world.publish()
    assert world.rows("messages") == 0
    assert first != second


def test_a_restart_gives_back_the_attempt_that_it_cut_off_and_keeps_the_others(world: World) -> None:
    world.subscribe(push_config=ENDPOINT, retry_policy={})
    (message_id,) = world.publish()
    world.fail()
    world.fail()
    assert world.store.claim(NAME, 1)[0].attempt == 3
    world.reopen()
    (delivery,) = world.store.claim(NAME, 1)
    assert (delivery.message.message_id, delivery.attempt) == (message_id, 3)


def test_a_restart_leaves_a_puller_its_deadline(world: World) -> None:
    world.subscribe(ack_deadline_seconds=20)
    world.publish()
    (delivery,) = world.store.claim(NAME, 1)
    world.reopen()
    assert world.store.claim(NAME, 1) == []
    world.store.ack(NAME, [(delivery.message_id, delivery.attempt)])
    assert world.store.stats()[NAME]["backlog"] == 0


def test_a_restart_keeps_the_pause_of_a_refused_message_and_the_fault(world: World) -> None:
    world.subscribe(push_config=ENDPOINT, retry_policy={})
    world.publish()
    (delivery,) = world.store.claim(NAME, 1)
    world.store.nack(NAME, [(delivery.message_id, delivery.attempt)])
    world.store.faults.change({"duplicate": 1})
    world.reopen()
    assert world.store.claim(NAME, 1) == []
    assert world.store.faults.plan.duplicate == 1
    world.time += 10
    assert world.store.claim(NAME, 1)[0].attempt == 2


def test_an_unfinished_transaction_leaves_nothing(world: World) -> None:
    world.subscribe()
    messages = [types.PubsubMessage(data=b"x"), None]
    with pytest.raises((AttributeError, TypeError)):
        world.store.publish(TOPIC, messages)  # type: ignore[arg-type]
    assert (world.rows("deliveries"), world.rows("messages")) == (0, 0)
