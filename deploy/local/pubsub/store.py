"""Messages and their deliveries: published, claimed, acknowledged, retried, dead-lettered, forgotten.

Whatever a method has returned from survives a kill -9 of the process.
"""

import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from google.pubsub_v1 import types

from deploy.local.pubsub.bell import Bell
from deploy.local.pubsub.catalog import Catalog, delete_unreferenced_messages
from deploy.local.pubsub.database import Database
from deploy.local.pubsub.envelope import Delivery, dead_letter, redelivery_delay
from deploy.local.pubsub.errors import NotFound, Unavailable
from deploy.local.pubsub.faults import Faults
from deploy.local.pubsub.filters import compile_filter
from deploy.local.pubsub.resources import is_push

# A push's lease ends when its HTTP request does, not at a time.
NO_DEADLINE = 1e15


class Store:
    """The messages of every subscription.

    Args:
        clock: seconds since 1970; tests pass their own.
        time_scale: multiplies every backoff.
    """

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        bell: Bell | None = None,
        clock: Callable[[], float] = time.time,
        time_scale: float = 1.0,
    ) -> None:
        self._database, self._catalog, self._clock, self._time_scale = database, catalog, clock, time_scale
        self.bell = bell or Bell()
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.faults = Faults(database)
        self._release_pushes()

    def publish(self, topic: str, messages: list[types.PubsubMessage]) -> list[str]:
        """Give each message to the topic's subscriptions whose filter it passes; return its ids.

        Raises NotFound: no such topic; Unavailable during an outage, and when nothing can be stored.
        """
        if self.faults.plan.outage:
            raise Unavailable("a simulated outage: nothing can be published")
        try:
            with self._database.transaction() as connection:
                self._catalog.topic(topic)
                ids = [self._add(connection, topic, message) for message in messages]
        except sqlite3.OperationalError as error:
            self.faults.struck["disk_full"] += self.faults.plan.disk_full
            raise Unavailable(f"nothing can be stored: {error}") from error
        self.bell.ring()
        return [str(message_id) for message_id in ids]

    def claim(self, name: str, limit: int) -> list[Delivery]:
        """Lease up to `limit` due messages of a subscription, the longest due first. Raises NotFound.

        During an outage there are none.
        """
        if self.faults.plan.outage:
            return []
        now = self._clock()
        with self._database.transaction() as connection:
            subscription = self._catalog.subscription(name)
            rows = connection.execute(
                "SELECT message_id, attempts + 1, published_at, body"
                " FROM deliveries JOIN messages ON id = message_id"
                " WHERE subscription = ? AND leased = 0 AND due_at <= ? ORDER BY due_at, message_id LIMIT ?",
                (name, now, limit),
            ).fetchall()
            lease_end = NO_DEADLINE if is_push(subscription) else now + subscription.ack_deadline_seconds
            connection.executemany(
                "UPDATE deliveries SET leased = 1, attempts = attempts + 1, due_at = ?"
                " WHERE subscription = ? AND message_id = ?",
                [(lease_end, name, row[0]) for row in rows],
            )
            self._counts[name]["delivered"] += len(rows)
        return [_delivery(name, *row) for row in rows]

    def ack(self, name: str, leases: Iterable[tuple[int, int]]) -> None:
        """Forget the leased (message id, attempt) pairs; a lease that was passed on is left alone."""
        with self._database.transaction() as connection:
            for message_id, attempt in leases:
                if _holds(connection, name, message_id, attempt):
                    _forget(connection, name, message_id)
                    self._counts[name]["acked"] += 1

    def ack_push(self, delivery: Delivery) -> None:
        """Acknowledge a push, or deliver it once more where a fault says so."""
        lease = [(delivery.message_id, delivery.attempt)]
        if self.faults.drops_ack():
            self.nack(delivery.subscription, lease)
        elif not (self.faults.duplicates() and self._deliver_again(delivery)):
            self.ack(delivery.subscription, lease)

    def nack(self, name: str, leases: Iterable[tuple[int, int]]) -> None:
        """Deliver again after the backoff, or to the dead-letter topic after the last attempt."""
        with self._database.transaction() as connection:
            for message_id, attempt in leases:
                if _holds(connection, name, message_id, attempt):
                    self._fail(connection, name, message_id, attempt)
        self.bell.ring()

    def extend(self, name: str, leases: Iterable[tuple[int, int]], seconds: int) -> None:
        """Let the leases end `seconds` from now."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE deliveries SET due_at = ?"
                " WHERE leased = 1 AND subscription = ? AND message_id = ? AND attempts = ?",
                [(self._clock() + seconds, name, message_id, attempt) for message_id, attempt in leases],
            )

    def end_leases(self) -> None:
        """Treat what a puller held past its deadline as not acknowledged."""
        with self._database.transaction() as connection:
            ended = connection.execute(
                "SELECT subscription, message_id, attempts FROM deliveries WHERE leased = 1 AND due_at <= ?",
                (self._clock(),),
            ).fetchall()
            for name, message_id, attempt in ended:
                self._fail(connection, name, message_id, attempt)

    def forget_old(self) -> None:
        """Drop the messages that are older than their subscription retains them."""
        with self._database.transaction() as connection:
            for subscription in self._catalog.subscriptions():
                oldest = self._clock() - subscription.message_retention_duration.total_seconds()
                connection.execute(
                    "DELETE FROM deliveries WHERE subscription = ?"
                    " AND message_id IN (SELECT id FROM messages WHERE published_at < ?)",
                    (subscription.name, oldest),
                )
            delete_unreferenced_messages(connection)

    def now(self) -> float:
        """Return the clock's time."""
        return self._clock()

    def seconds_to_next(self, since: float, at_most: float) -> float:
        """Return how long it is until something falls due that was not yet due at `since`."""
        with self._database.reading() as connection:
            query = "SELECT min(due_at) FROM deliveries WHERE due_at > ?"
            (due_at,) = connection.execute(query, (since,)).fetchone()
        return at_most if due_at is None else max(0.0, min(at_most, due_at - self._clock()))

    def stats(self) -> dict[str, dict[str, Any]]:
        """Return each subscription's backlog and counts, all of the same moment.

        backlog is what is not acknowledged: pending (waits) plus in_flight (leased). delivered, acked,
        nacked and dead_lettered count since the process started.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT subscription, count(*), sum(leased), min(CASE leased WHEN 0 THEN due_at END)"
                " FROM deliveries GROUP BY subscription"
            ).fetchall()
            backlogs = {row[0]: row[1:] for row in rows}
            return {
                subscription.name: {
                    "topic": subscription.topic,
                    "push": is_push(subscription),
                    **_backlog(*backlogs.get(subscription.name, (0, 0, None))),
                    **{count: self._counts[subscription.name][count] for count in COUNTS},
                }
                for subscription in self._catalog.subscriptions()
            }

    def _add(self, connection: sqlite3.Connection, topic: str, message: types.PubsubMessage) -> int:
        now = self._clock()
        body = types.PubsubMessage.serialize(message)
        cursor = connection.execute("INSERT INTO messages (published_at, body) VALUES (?, ?)", (now, body))
        receivers = [
            (subscription.name, cursor.lastrowid, now + self.faults.delay())
            for subscription in self._catalog.subscriptions_of(topic)
            if compile_filter(subscription.filter)(message.attributes)
        ]
        connection.executemany(
            "INSERT INTO deliveries (subscription, message_id, due_at) VALUES (?, ?, ?)", receivers
        )
        if not receivers:
            connection.execute("DELETE FROM messages WHERE id = ?", (cursor.lastrowid,))
        return int(cursor.lastrowid or 0)

    def _fail(self, connection: sqlite3.Connection, name: str, message_id: int, attempt: int) -> None:
        subscription = self._catalog.subscription(name)
        self._counts[name]["nacked"] += 1
        if self._is_exhausted(subscription, attempt):
            self._dead_letter(connection, subscription, message_id, attempt)
            return
        due_at = self._clock() + redelivery_delay(subscription, attempt) * self._time_scale
        connection.execute(
            "UPDATE deliveries SET leased = 0, due_at = ? WHERE subscription = ? AND message_id = ?",
            (due_at, name, message_id),
        )

    def _is_exhausted(self, subscription: types.Subscription, attempt: int) -> bool:
        policy = subscription.dead_letter_policy
        if "dead_letter_policy" not in subscription or attempt < policy.max_delivery_attempts:
            return False
        try:
            self._catalog.topic(policy.dead_letter_topic)
        except NotFound:
            return False  # as in Pub/Sub: what cannot be forwarded goes on being delivered
        return True

    def _dead_letter(
        self, connection: sqlite3.Connection, subscription: types.Subscription, message_id: int, attempt: int
    ) -> None:
        row = connection.execute(
            "SELECT id, ?, published_at, body FROM messages WHERE id = ?", (attempt, message_id)
        ).fetchone()
        forwarded = dead_letter(_delivery(subscription.name, *row))
        self._add(connection, subscription.dead_letter_policy.dead_letter_topic, forwarded)
        _forget(connection, subscription.name, message_id)
        self._counts[subscription.name]["dead_lettered"] += 1

    def _deliver_again(self, delivery: Delivery) -> bool:
        with self._database.transaction() as connection:
            # The attempt is given back: a duplicate is no failed delivery.
            cursor = connection.execute(
                "UPDATE deliveries SET duplicated = 1, leased = 0, due_at = ?, attempts = attempts - 1"
                " WHERE duplicated = 0 AND leased = 1"
                " AND subscription = ? AND message_id = ? AND attempts = ?",
                (self._clock(), delivery.subscription, delivery.message_id, delivery.attempt),
            )
            again = cursor.rowcount == 1
            self._counts[delivery.subscription]["acked"] += again
        self.faults.struck["duplicate"] += again
        return again

    def _release_pushes(self) -> None:
        """Make due what was being pushed when the last process ended; the receiver did not fail it."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET leased = 0, attempts = attempts - 1, due_at = ?"
                " WHERE leased = 1 AND due_at >= ?",
                (self._clock(), NO_DEADLINE),
            )


COUNTS = ("delivered", "acked", "nacked", "dead_lettered")


def _holds(connection: sqlite3.Connection, name: str, message_id: int, attempt: int) -> bool:
    row = connection.execute(
        "SELECT 1 FROM deliveries WHERE leased = 1 AND subscription = ? AND message_id = ? AND attempts = ?",
        (name, message_id, attempt),
    ).fetchone()
    return row is not None


def _forget(connection: sqlite3.Connection, name: str, message_id: int) -> None:
    connection.execute("DELETE FROM deliveries WHERE subscription = ? AND message_id = ?", (name, message_id))
    connection.execute(
        "DELETE FROM messages WHERE id = ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message_id = id)",
        (message_id,),
    )


def _delivery(name: str, message_id: int, attempt: int, published_at: float, body: bytes) -> Delivery:
    message = types.PubsubMessage.deserialize(body)
    message.message_id = str(message_id)
    message.publish_time = datetime.fromtimestamp(published_at, UTC)
    return Delivery(name, message_id, attempt, message)


def _backlog(total: int, leased: int, next_due: float | None) -> dict[str, Any]:
    next_at = None if next_due is None else datetime.fromtimestamp(next_due, UTC).isoformat()
    return {"backlog": total, "pending": total - leased, "in_flight": leased, "next_delivery_at": next_at}
