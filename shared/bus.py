"""Publishing to Pub/Sub with the official client, confirmed before it counts as published."""

import logging
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import cached_property
from time import perf_counter

from google.api_core import exceptions, retry
from google.cloud import pubsub_v1  # type: ignore[attr-defined]

from shared.messages import MAX_MESSAGE_BYTES, Message
from shared.outcomes import PermanentError, TransientError

_LOG = logging.getLogger(__name__)
_PUBLISH_SECONDS = 20.0
_CHECK_SECONDS = 3.0
_RETRY = retry.Retry(
    predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.DeadlineExceeded),
    timeout=_PUBLISH_SECONDS,
)


class Bus:
    """The project's topics."""

    def __init__(self, project: str) -> None:
        self._project = project

    @cached_property
    def _publisher(self) -> pubsub_v1.PublisherClient:
        return pubsub_v1.PublisherClient()

    def connect(self) -> None:
        """Makes the client now instead of on first use."""
        _ = self._publisher

    def publish(self, topic: str, *messages: Message) -> None:
        """Publishes messages and waits until Pub/Sub has them all.

        Raises:
            PermanentError: a message is larger than MAX_MESSAGE_BYTES.
            TransientError: not confirmed in time.
        """
        started = perf_counter()
        path = self._publisher.topic_path(self._project, topic)
        bodies = [(m.model_dump_json().encode(), m.attributes()) for m in messages]
        if any(len(body) > MAX_MESSAGE_BYTES for body, _ in bodies):
            raise PermanentError(f"a message for {topic} is larger than {MAX_MESSAGE_BYTES} bytes")
        futures = [
            self._publisher.publish(path, body, retry=_RETRY, timeout=_PUBLISH_SECONDS, **attributes)
            for body, attributes in bodies
        ]
        try:
            for future in futures:
                future.result(timeout=_PUBLISH_SECONDS)
        except (exceptions.GoogleAPICallError, exceptions.RetryError, FutureTimeoutError) as error:
            raise TransientError(f"{topic}: not published: {error}") from error
        seconds = round(perf_counter() - started, 3)
        _LOG.debug("publish", extra={"seconds": seconds, "topic": topic, "messages": len(messages)})

    def check(self, topic: str) -> None:
        """Raises when the topic does not exist or Pub/Sub cannot be reached."""
        self._publisher.get_topic(
            topic=self._publisher.topic_path(self._project, topic), retry=None, timeout=_CHECK_SECONDS
        )
