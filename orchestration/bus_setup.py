"""Creates the topics and push subscriptions of pipeline.yaml; running it again changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from google.api_core import exceptions
from google.cloud import pubsub_v1  # type: ignore[attr-defined]
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.pubsub_v1 import types

from orchestration.pipeline import Pipeline, Subscription

_SECONDS = 30.0
RETENTION_SECONDS = 7 * 24 * 3600
DEAD_LETTERS_PATH = "/dead-letters"


def dead_topic(topic: str) -> str:
    """The dead-letter topic of a topic."""
    return f"{topic}-dead"


def dead_subscription(topic: str) -> str:
    """The subscription that tells the coordinator of a topic's dead letters."""
    return f"coordinator-on-{dead_topic(topic)}"


def dead_subscriptions(pipeline: Pipeline) -> list[Subscription]:
    """What tells the coordinator of each topic's dead letters; they have no dead letters of their own."""
    return [
        Subscription(
            name=dead_subscription(topic),
            topic=dead_topic(topic),
            service="coordinator",
            path=DEAD_LETTERS_PATH,
            ack_seconds=60,
        )
        for topic in pipeline.topics
    ]


@dataclass(frozen=True)
class Target:
    """Where a service is pushed to, and the audience that its tokens are made for."""

    url: str
    audience: str


class BusSetup:
    """Makes a project's topics and subscriptions what pipeline.yaml says."""

    def __init__(self, project: str, pipeline: Pipeline, push_account: str) -> None:
        self._project, self._pipeline, self._account = project, pipeline, push_account
        self._publisher = pubsub_v1.PublisherClient()
        self._subscriber = pubsub_v1.SubscriberClient()

    def apply(self, targets: Mapping[str, Target]) -> None:
        """Creates what is missing and points every subscription at its service.

        Args:
            targets: service name -> its address.
        """
        for topic in self._pipeline.topics:
            self._create(self._publisher.create_topic, name=self._topic(topic))
            self._create(self._publisher.create_topic, name=self._topic(dead_topic(topic)))
        for subscription in self._pipeline.subscriptions:
            self._subscribe(subscription, targets[subscription.service], dead_topic(subscription.topic))
        for dead in dead_subscriptions(self._pipeline):
            self._subscribe(dead, targets["coordinator"], None)

    def _topic(self, name: str) -> str:
        return f"projects/{self._project}/topics/{name}"

    def _create(self, call: Callable[..., object], **request: object) -> bool:
        try:
            call(request=request, timeout=_SECONDS)
        except exceptions.AlreadyExists:
            return False
        return True

    def _subscribe(self, subscription: Subscription, target: Target, dead: str | None) -> None:
        delivery = self._pipeline.delivery
        push = types.PushConfig(
            push_endpoint=target.url + subscription.path,
            oidc_token=types.PushConfig.OidcToken(
                service_account_email=self._account, audience=target.audience
            ),
        )
        name = f"projects/{self._project}/subscriptions/{subscription.name}"
        request: dict[str, object] = {
            "name": name,
            "topic": self._topic(subscription.topic),
            "push_config": push,
            "ack_deadline_seconds": subscription.ack_seconds,
            "message_retention_duration": Duration(seconds=RETENTION_SECONDS),
            "expiration_policy": types.ExpirationPolicy(),
            "retry_policy": types.RetryPolicy(
                minimum_backoff=Duration(seconds=delivery.min_backoff_seconds),
                maximum_backoff=Duration(seconds=delivery.max_backoff_seconds),
            ),
        }
        if dead:
            request["dead_letter_policy"] = types.DeadLetterPolicy(
                dead_letter_topic=self._topic(dead), max_delivery_attempts=delivery.max_attempts
            )
        if not self._create(self._subscriber.create_subscription, **request):
            changed = [key for key in request if key not in ("name", "topic")]
            self._subscriber.update_subscription(
                request={
                    "subscription": types.Subscription(**request),
                    "update_mask": FieldMask(paths=changed),
                },
                timeout=_SECONDS,
            )
