"""Pub/Sub push routes: an envelope in, one of four outcomes out.

400 is only for a body that is no envelope; a well-formed envelope with a bad payload is PERMANENT.
"""

import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

from flask import Response, jsonify, request
from flask_openapi3 import OpenAPI
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from shared import logs
from shared.dead_letters import DeadLetter, DeadLetters
from shared.http.openapi import takes
from shared.http.problems import ProblemError, field_errors, problem_response
from shared.messages import Message
from shared.outcomes import Outcome, OutcomeKind, PermanentError, TransientError

_LOG = logging.getLogger(__name__)
M = TypeVar("M", bound=Message)


class PushedMessage(BaseModel):
    """The message inside a push envelope."""

    data: str = Field(default="", json_schema_extra={"format": "byte"})
    attributes: dict[str, str] = Field(default_factory=dict)
    message_id: str = Field(min_length=1, validation_alias=AliasChoices("messageId", "message_id"))


class PushEnvelope(BaseModel):
    """What Pub/Sub posts."""

    model_config = ConfigDict(extra="ignore")

    message: PushedMessage
    subscription: str = Field(min_length=1)
    delivery_attempt: int | None = Field(default=None, validation_alias="deliveryAttempt")


@dataclass(frozen=True)
class Delivery(Generic[M]):
    """A message with the circumstances of its delivery."""

    message: M
    message_id: str
    subscription: str
    attempt: int | None

    @property
    def redelivered(self) -> bool:
        """Whether an earlier delivery may have died halfway, as far as Pub/Sub says.

        A handler that finds its work done repeats its announcement then, and only then: repeating it on every
        duplicate would double the messages of each later phase.
        """
        return self.attempt is None or self.attempt > 1


def read_envelope() -> tuple[PushEnvelope, bytes]:
    """The envelope in the current request and its decoded data.

    Raises:
        ProblemError: 400, the body is no Pub/Sub envelope.
    """
    try:
        envelope = PushEnvelope.model_validate(request.get_json(silent=True))
        return envelope, base64.b64decode(envelope.message.data, validate=True)
    except ValidationError as error:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "The body is not a Pub/Sub push envelope.", field_errors(error)
        ) from None
    except ValueError:  # binascii.Error, or characters that are not even ASCII
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "The body is not a Pub/Sub push envelope.",
            [{"field": "message.data", "reason": "is not base64"}],
        ) from None


def add_push_route(
    app: OpenAPI,
    path: str,
    model: type[M],
    handler: Callable[[Delivery[M]], Outcome],
    dead_letters: DeadLetters,
    on_permanent: Callable[[M, str], None] | None = None,
) -> None:
    """Serves POST `path` for one message model; see `push_view` for the arguments."""
    view = push_view(model, handler, dead_letters, on_permanent)
    app.post(path, endpoint=f"push_{path.strip('/')}", summary=f"Pub/Sub push of {model.__name__}")(view)


def push_view(
    model: type[M],
    handler: Callable[[Delivery[M]], Outcome],
    dead_letters: DeadLetters,
    on_permanent: Callable[[M, str], None] | None = None,
) -> Callable[[], Response]:
    """What answers the pushes of one message model.

    Args:
        handler: returns DONE or NOT_YET, raises PermanentError or TransientError; any other
            exception is a fault of ours and TRANSIENT, so that the message ends in the dead-letter topic.
        on_permanent: told of a message that can never succeed, to announce its completion as failed.
    """

    @takes(PushEnvelope)
    def push() -> Response:
        envelope, data = read_envelope()
        try:
            message = _read_message(model, data)
            logs.bind(correlation_id=message.correlation_id)
            delivery = Delivery(
                message, envelope.message.message_id, envelope.subscription, envelope.delivery_attempt
            )
            outcome = _handle(handler, delivery, on_permanent)
        except PermanentError as error:
            dead_letters.record(_dead_letter(envelope, data, error))
            outcome = Outcome(OutcomeKind.PERMANENT, str(error))
        except TransientError as error:
            outcome = Outcome(OutcomeKind.TRANSIENT, str(error))
        return _respond(outcome)

    return push


def _handle(
    handler: Callable[[Delivery[M]], Outcome],
    delivery: Delivery[M],
    on_permanent: Callable[[M, str], None] | None,
) -> Outcome:
    try:
        return handler(delivery)
    except PermanentError as error:
        if on_permanent:
            on_permanent(delivery.message, str(error))
        raise


def _read_message(model: type[M], data: bytes) -> M:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        reasons = "; ".join(f"{e['field']}: {e['reason']}" for e in field_errors(error))
        raise PermanentError(f"not a {model.__name__}: {reasons}") from None


def _dead_letter(envelope: PushEnvelope, data: bytes, error: PermanentError) -> DeadLetter:
    return DeadLetter(
        origin=envelope.subscription,
        message_id=envelope.message.message_id,
        error_type=type(error.__cause__ or error).__name__,
        reason=str(error),
        payload=data.decode("utf-8", "replace"),
    )


def _respond(outcome: Outcome) -> Response:
    level = logging.INFO if outcome.kind in (OutcomeKind.DONE, OutcomeKind.NOT_YET) else logging.ERROR
    _LOG.log(level, "%s: %s", outcome.kind, outcome.reason, extra={"detail": outcome.detail})
    if outcome.kind is OutcomeKind.TRANSIENT:
        return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, outcome.reason)
    return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **outcome.detail})
