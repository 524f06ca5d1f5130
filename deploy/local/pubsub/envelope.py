"""What a delivery looks like from outside, and when it is due again. Pure functions."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.pubsub_v1 import types

from deploy.local.pubsub.resources import is_push

# Without a retry policy Pub/Sub redelivers at once, but pushes back off by 100 ms at least.
PUSH_BACKOFF = 0.1


@dataclass(frozen=True)
class Delivery:
    """One message on its way to one subscription, for the `attempt`-th time."""

    subscription: str
    message_id: int
    attempt: int
    message: types.PubsubMessage

    @property
    def ack_id(self) -> str:
        """What a puller acknowledges with: good for this attempt only."""
        return f"{self.message_id}-{self.attempt}"


def push_body(subscription: types.Subscription, delivery: Delivery) -> dict[str, Any]:
    """Return the wrapped push message (https://cloud.google.com/pubsub/docs/push#receive_push).

    data and attributes are there when empty, as Google's own emulator (0.8.20) sends them.
    """
    body: dict[str, Any] = {"message": _message(delivery.message), "subscription": subscription.name}
    if "dead_letter_policy" in subscription:
        body["deliveryAttempt"] = delivery.attempt
    return body


def redelivery_delay(subscription: types.Subscription, attempt: int) -> float:
    """Return the seconds between a failed `attempt` (1 = the first) and the next."""
    if "retry_policy" not in subscription:
        return PUSH_BACKOFF if is_push(subscription) else 0.0
    policy = subscription.retry_policy
    shortest: float = policy.minimum_backoff.total_seconds()
    longest: float = policy.maximum_backoff.total_seconds()
    return min(longest, shortest * float(2 ** min(attempt - 1, 30)))


def dead_letter(delivery: Delivery) -> types.PubsubMessage:
    """Return the message as it is forwarded to the dead-letter topic, with the source in its attributes."""
    _, project, _, name = delivery.subscription.split("/")
    source = {
        "CloudPubSubDeadLetterSourceDeliveryCount": str(delivery.attempt),
        "CloudPubSubDeadLetterSourceSubscription": name,
        "CloudPubSubDeadLetterSourceSubscriptionProject": project,
        "CloudPubSubDeadLetterSourceTopicPublishTime": _iso(delivery.message.publish_time),
    }
    original = delivery.message
    return types.PubsubMessage(
        data=original.data, attributes={**original.attributes, **source}, ordering_key=original.ordering_key
    )


def _message(message: types.PubsubMessage) -> dict[str, Any]:
    published = _iso(message.publish_time).replace("+00:00", "Z")
    body = {
        "data": base64.b64encode(message.data).decode(),
        "attributes": dict(message.attributes),
        "messageId": message.message_id,
        "message_id": message.message_id,
        "publishTime": published,
        "publish_time": published,
    }
    return {**body, "orderingKey": message.ordering_key} if message.ordering_key else body


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
