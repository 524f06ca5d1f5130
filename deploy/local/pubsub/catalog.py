"""Topics and subscriptions: kept in SQLite, read from memory."""

import sqlite3

from google.pubsub_v1 import types

from deploy.local.pubsub.database import Database
from deploy.local.pubsub.errors import AlreadyExists, NotFound
from deploy.local.pubsub.resources import DELETED_TOPIC


class Catalog:
    """What exists. The objects it hands out are shared: copy one before changing it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            rows = connection.execute("SELECT name, body FROM topics").fetchall()
            self._topics: dict[str, types.Topic] = {
                name: types.Topic.deserialize(body) for name, body in rows
            }
            rows = connection.execute("SELECT name, body FROM subscriptions").fetchall()
            self._subscriptions: dict[str, types.Subscription] = {
                name: types.Subscription.deserialize(body) for name, body in rows
            }

    def topic(self, name: str) -> types.Topic:
        """Return the topic. Raises NotFound."""
        if name not in self._topics:
            raise NotFound(f"topic {name} does not exist: create it first")
        return self._topics[name]

    def topics(self) -> list[types.Topic]:
        """Return all topics of all projects."""
        return list(self._topics.values())

    def subscription(self, name: str) -> types.Subscription:
        """Return the subscription. Raises NotFound."""
        if name not in self._subscriptions:
            raise NotFound(f"subscription {name} does not exist: create it first")
        return self._subscriptions[name]

    def subscriptions(self) -> list[types.Subscription]:
        """Return all subscriptions of all projects."""
        return list(self._subscriptions.values())

    def subscriptions_of(self, topic: str) -> list[types.Subscription]:
        """Return the subscriptions attached to a topic."""
        return [subscription for subscription in self.subscriptions() if subscription.topic == topic]

    def create_topic(self, topic: types.Topic) -> None:
        """Store a new topic. Raises AlreadyExists."""
        with self._database.transaction() as connection:
            if topic.name in self._topics:
                raise AlreadyExists(f"topic {topic.name} exists already")
            connection.execute("INSERT INTO topics VALUES (?, ?)", (topic.name, types.Topic.serialize(topic)))
            self._topics[topic.name] = topic

    def delete_topic(self, name: str) -> None:
        """Remove a topic; its subscriptions keep their backlog and lose their topic. Raises NotFound."""
        with self._database.transaction() as connection:
            self.topic(name)
            connection.execute("DELETE FROM topics WHERE name = ?", (name,))
            orphans = [types.Subscription(orphan) for orphan in self.subscriptions_of(name)]
            for orphan in orphans:
                orphan.topic = DELETED_TOPIC
                _write(connection, orphan)
            self._subscriptions.update({orphan.name: orphan for orphan in orphans})
            self._topics.pop(name, None)

    def create_subscription(self, subscription: types.Subscription) -> None:
        """Store a new subscription. Raises AlreadyExists, or NotFound for its topics."""
        with self._database.transaction() as connection:
            if subscription.name in self._subscriptions:
                raise AlreadyExists(f"subscription {subscription.name} exists already")
            self.topic(subscription.topic)
            self._check_dead_letter_topic(subscription)
            _write(connection, subscription)
            self._subscriptions[subscription.name] = subscription

    def replace_subscription(self, subscription: types.Subscription) -> None:
        """Store a changed subscription. Raises NotFound for it or its dead-letter topic."""
        with self._database.transaction() as connection:
            self.subscription(subscription.name)
            self._check_dead_letter_topic(subscription)
            _write(connection, subscription)
            self._subscriptions[subscription.name] = subscription

    def delete_subscription(self, name: str) -> None:
        """Remove a subscription with its backlog. Raises NotFound."""
        with self._database.transaction() as connection:
            self.subscription(name)
            connection.execute("DELETE FROM subscriptions WHERE name = ?", (name,))
            connection.execute("DELETE FROM deliveries WHERE subscription = ?", (name,))
            delete_unreferenced_messages(connection)
            self._subscriptions.pop(name, None)

    def _check_dead_letter_topic(self, subscription: types.Subscription) -> None:
        if "dead_letter_policy" in subscription:
            self.topic(subscription.dead_letter_policy.dead_letter_topic)


def delete_unreferenced_messages(connection: sqlite3.Connection) -> None:
    """Remove the messages that no subscription waits for any more."""
    connection.execute("DELETE FROM messages WHERE id NOT IN (SELECT message_id FROM deliveries)")


def _write(connection: sqlite3.Connection, subscription: types.Subscription) -> None:
    body = types.Subscription.serialize(subscription)
    connection.execute("INSERT OR REPLACE INTO subscriptions VALUES (?, ?)", (subscription.name, body))
