"""Rules of topics, subscriptions and messages: what is refused, what is filled in. Pure functions."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from google.protobuf import field_mask_pb2
from google.pubsub_v1 import types

from deploy.local.pubsub.errors import InvalidArgument
from deploy.local.pubsub.filters import compile_filter

DELETED_TOPIC = "_deleted-topic_"
RETENTION = timedelta(days=7)
MAX_MESSAGES_A_PUBLISH = 1_000
MAX_MESSAGE_BYTES = 10_000_000

_ID = r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}"
_NAMES = {kind: re.compile(rf"projects/[^/]+/{kind}/{_ID}") for kind in ("topics", "subscriptions")}
_UNSUPPORTED_OF_A_TOPIC = (
    "schema_settings",
    "ingestion_data_source_settings",
    "kms_key_name",
    "message_transforms",
)
_UNSUPPORTED_OF_A_SUBSCRIPTION = (
    "bigquery_config",
    "cloud_storage_config",
    "bigtable_config",
    "enable_message_ordering",
    "enable_exactly_once_delivery",
    "retain_acked_messages",
    "message_transforms",
)
_CHANGEABLE = (
    "ack_deadline_seconds",
    "dead_letter_policy",
    "expiration_policy",
    "labels",
    "message_retention_duration",
    "push_config",
    "retry_policy",
)


def is_push(subscription: types.Subscription) -> bool:
    """Tell whether messages are pushed to an endpoint rather than pulled."""
    return bool(subscription.push_config.push_endpoint)


def checked_topic(topic: types.Topic) -> types.Topic:
    """Return the topic as it is stored. Raises InvalidArgument naming the field."""
    check_name("topics", topic.name)
    _refuse_unsupported(topic, _UNSUPPORTED_OF_A_TOPIC)
    return topic


def checked_subscription(asked: types.Subscription) -> types.Subscription:
    """Return a copy with Pub/Sub's defaults filled in. Raises InvalidArgument naming the field."""
    subscription = types.Subscription(asked)
    check_name("subscriptions", subscription.name)
    _refuse_unsupported(subscription, _UNSUPPORTED_OF_A_SUBSCRIPTION)
    compile_filter(subscription.filter)
    _check_push_config(subscription.push_config)
    _fill_deadline_and_retention(subscription)
    if "dead_letter_policy" in subscription:
        _fill_dead_letter_policy(subscription.dead_letter_policy)
    if "retry_policy" in subscription:
        _fill_retry_policy(subscription)
    return subscription


def changed_subscription(
    current: types.Subscription, asked: types.Subscription, mask: field_mask_pb2.FieldMask
) -> types.Subscription:
    """Return `current` with the masked fields of `asked`, checked as at creation."""
    if not mask.paths:
        raise InvalidArgument("update_mask: name at least one field")
    for path in mask.paths:
        if path.split(".")[0] not in _CHANGEABLE:
            raise InvalidArgument(
                f"update_mask: {path} cannot be changed; delete and create the subscription"
            )
    changed = types.Subscription(current)
    mask.MergeMessage(types.Subscription.pb(asked), types.Subscription.pb(changed), True, True)
    return checked_subscription(changed)


def check_messages(messages: list[types.PubsubMessage]) -> None:
    """Raise InvalidArgument for what Pub/Sub refuses to publish."""
    if not 1 <= len(messages) <= MAX_MESSAGES_A_PUBLISH:
        raise InvalidArgument(f"messages: 1 to {MAX_MESSAGES_A_PUBLISH} a request, not {len(messages)}")
    for message in messages:
        _check_message(message)


def check_name(kind: str, name: str, field: str = "name") -> None:
    """Raise InvalidArgument unless `name` is projects/PROJECT/KIND/ID with a legal id."""
    if not _NAMES[kind].fullmatch(name):
        raise InvalidArgument(
            f"{field}: {name!r} is no projects/PROJECT/{kind}/ID with an ID of 3 to 255 characters"
        )


def _refuse_unsupported(resource: types.Topic | types.Subscription, fields: tuple[str, ...]) -> None:
    for field in fields:
        if getattr(resource, field):
            raise InvalidArgument(f"{field}: not known to the local emulator; leave it unset")


def _check_push_config(config: types.PushConfig) -> None:
    if "no_wrapper" in config:
        raise InvalidArgument("push_config.no_wrapper: not known to the local emulator; leave it unset")
    if not config.push_endpoint:
        return
    url = urlsplit(config.push_endpoint)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise InvalidArgument(f"push_config.push_endpoint: {config.push_endpoint!r} is no http(s) URL")
    if "oidc_token" in config and not config.oidc_token.service_account_email:
        raise InvalidArgument("push_config.oidc_token.service_account_email: required with oidc_token")


def _fill_deadline_and_retention(subscription: types.Subscription) -> None:
    subscription.ack_deadline_seconds = subscription.ack_deadline_seconds or 10
    _check_range("ack_deadline_seconds", subscription.ack_deadline_seconds, 10, 600)
    if "message_retention_duration" not in subscription:
        subscription.message_retention_duration = RETENTION
    retention = subscription.message_retention_duration.total_seconds()
    _check_range("message_retention_duration", retention, 600, 31 * 86_400)


def _fill_dead_letter_policy(policy: types.DeadLetterPolicy) -> None:
    check_name("topics", policy.dead_letter_topic, "dead_letter_policy.dead_letter_topic")
    policy.max_delivery_attempts = policy.max_delivery_attempts or 5
    _check_range("dead_letter_policy.max_delivery_attempts", policy.max_delivery_attempts, 5, 100)


def _fill_retry_policy(subscription: types.Subscription) -> None:
    policy = subscription.retry_policy
    if "minimum_backoff" not in policy:
        policy.minimum_backoff = timedelta(seconds=10)
    if "maximum_backoff" not in policy:
        policy.maximum_backoff = timedelta(seconds=600)
    minimum, maximum = policy.minimum_backoff.total_seconds(), policy.maximum_backoff.total_seconds()
    _check_range("retry_policy.maximum_backoff", maximum, 0, 600)
    _check_range("retry_policy.minimum_backoff", minimum, 0, maximum)


def _check_range(field: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise InvalidArgument(f"{field}: must be between {lowest:g} and {highest:g}, not {value:g}")


def _check_message(message: types.PubsubMessage) -> None:
    if not message.data and not message.attributes:
        raise InvalidArgument("messages: each needs data or at least one attribute")
    if len(types.PubsubMessage.serialize(message)) > MAX_MESSAGE_BYTES:
        raise InvalidArgument(f"messages: larger than {MAX_MESSAGE_BYTES} bytes")
    if len(message.attributes) > 100:
        raise InvalidArgument("messages.attributes: at most 100")
    for key, value in message.attributes.items():
        _check_attribute(key, value)


def _check_attribute(key: str, value: str) -> None:
    if not key or len(key.encode()) > 256 or key.startswith("goog"):
        raise InvalidArgument(
            f"messages.attributes: key {key[:40]!r} must have 1 to 256 bytes and no prefix goog"
        )
    if len(value.encode()) > 1024:
        raise InvalidArgument(f"messages.attributes: the value of {key!r} has more than 1024 bytes")
