"""google.pubsub.v1.Subscriber: subscriptions and unary pull. StreamingPull and Seek are UNIMPLEMENTED."""

import re
import time
from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf import field_mask_pb2
from google.pubsub_v1 import types

from deploy.local.pubsub.catalog import Catalog
from deploy.local.pubsub.envelope import Delivery
from deploy.local.pubsub.errors import FailedPrecondition, InvalidArgument
from deploy.local.pubsub.resources import changed_subscription, checked_subscription, is_push
from deploy.local.pubsub.rpc import handlers, page
from deploy.local.pubsub.store import Store

MAX_PULLED = 1_000
PULL_WAIT_SECONDS = 1.0
_ACK_ID = re.compile(r"(\d{1,18})-(\d{1,9})")


class Subscriber:
    """The service's methods; the requests and answers are those of google.pubsub_v1."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store, self._catalog = store, catalog

    def handler(self) -> grpc.GenericRpcHandler:
        """Return what a gRPC server needs to serve this."""
        subscription = types.Subscription
        methods: dict[str, Any] = {
            "CreateSubscription": (subscription, subscription, self.create_subscription),
            "GetSubscription": (types.GetSubscriptionRequest, subscription, self.get_subscription),
            "UpdateSubscription": (types.UpdateSubscriptionRequest, subscription, self.update_subscription),
            "ListSubscriptions": (
                types.ListSubscriptionsRequest,
                types.ListSubscriptionsResponse,
                self.list_subscriptions,
            ),
            "DeleteSubscription": (types.DeleteSubscriptionRequest, None, self.delete_subscription),
            "ModifyPushConfig": (types.ModifyPushConfigRequest, None, self.modify_push_config),
            "Pull": (types.PullRequest, types.PullResponse, self.pull),
            "Acknowledge": (types.AcknowledgeRequest, None, self.acknowledge),
            "ModifyAckDeadline": (types.ModifyAckDeadlineRequest, None, self.modify_ack_deadline),
        }
        return handlers("google.pubsub.v1.Subscriber", methods)

    def create_subscription(
        self, asked: types.Subscription, context: grpc.ServicerContext
    ) -> types.Subscription:
        subscription = checked_subscription(asked)
        self._catalog.create_subscription(subscription)
        return subscription

    def get_subscription(
        self, request: types.GetSubscriptionRequest, context: grpc.ServicerContext
    ) -> types.Subscription:
        return self._catalog.subscription(request.subscription)

    def update_subscription(
        self, request: types.UpdateSubscriptionRequest, context: grpc.ServicerContext
    ) -> types.Subscription:
        return self._change(request.subscription, request.update_mask)

    def list_subscriptions(
        self, request: types.ListSubscriptionsRequest, context: grpc.ServicerContext
    ) -> types.ListSubscriptionsResponse:
        subscriptions = {subscription.name: subscription for subscription in self._catalog.subscriptions()}
        names = [name for name in subscriptions if name.startswith(f"{request.project}/")]
        shown, next_token = page(names, request.page_size, request.page_token)
        return types.ListSubscriptionsResponse(
            subscriptions=[subscriptions[name] for name in shown], next_page_token=next_token
        )

    def delete_subscription(
        self, request: types.DeleteSubscriptionRequest, context: grpc.ServicerContext
    ) -> None:
        self._catalog.delete_subscription(request.subscription)

    def modify_push_config(
        self, request: types.ModifyPushConfigRequest, context: grpc.ServicerContext
    ) -> None:
        asked = types.Subscription(name=request.subscription, push_config=request.push_config)
        self._change(asked, field_mask_pb2.FieldMask(paths=["push_config"]))

    def pull(self, request: types.PullRequest, context: grpc.ServicerContext) -> types.PullResponse:
        subscription = self._catalog.subscription(request.subscription)
        if is_push(subscription):
            raise FailedPrecondition(f"{subscription.name} is pushed to an endpoint and cannot be pulled")
        if request.max_messages < 1:
            raise InvalidArgument("max_messages: must be at least 1")
        limit = min(request.max_messages, MAX_PULLED)
        # The field is deprecated and its generated property warns, hence the message underneath.
        wait = 0.0 if types.PullRequest.pb(request).return_immediately else PULL_WAIT_SECONDS
        deliveries = self._claim_within(wait, subscription.name, limit)
        return types.PullResponse(received_messages=[_received(subscription, item) for item in deliveries])

    def acknowledge(self, request: types.AcknowledgeRequest, context: grpc.ServicerContext) -> None:
        self._catalog.subscription(request.subscription)
        self._store.ack(request.subscription, _leases(request.ack_ids))

    def modify_ack_deadline(
        self, request: types.ModifyAckDeadlineRequest, context: grpc.ServicerContext
    ) -> None:
        self._catalog.subscription(request.subscription)
        leases = _leases(request.ack_ids)
        if not 0 <= request.ack_deadline_seconds <= 600:
            raise InvalidArgument("ack_deadline_seconds: must be between 0 (not acknowledged) and 600")
        if request.ack_deadline_seconds == 0:
            self._store.nack(request.subscription, leases)
        else:
            self._store.extend(request.subscription, leases, request.ack_deadline_seconds)

    def _change(self, asked: types.Subscription, mask: field_mask_pb2.FieldMask) -> types.Subscription:
        changed = changed_subscription(self._catalog.subscription(asked.name), asked, mask)
        self._catalog.replace_subscription(changed)
        self._store.bell.ring()
        return changed

    def _claim_within(self, seconds: float, name: str, limit: int) -> list[Delivery]:
        """Return what is due, waiting for something to become due if nothing is."""
        end = time.monotonic() + seconds
        while True:
            seen, since = self._store.bell.rings, self._store.now()
            deliveries = self._store.claim(name, limit)
            left = end - time.monotonic()
            if deliveries or left <= 0:
                return deliveries
            self._store.bell.wait(seen, self._store.seconds_to_next(since, left))


def _leases(ack_ids: Sequence[str]) -> list[tuple[int, int]]:
    matches = [_ACK_ID.fullmatch(ack_id) for ack_id in ack_ids]
    if not matches or not all(matches):
        raise InvalidArgument("ack_ids: give at least one, each as it was received")
    return [(int(match[1]), int(match[2])) for match in matches if match]


def _received(subscription: types.Subscription, delivery: Delivery) -> types.ReceivedMessage:
    attempt = delivery.attempt if "dead_letter_policy" in subscription else 0
    return types.ReceivedMessage(ack_id=delivery.ack_id, message=delivery.message, delivery_attempt=attempt)
