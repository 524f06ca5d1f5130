"""What could not be delivered is recorded as it came, and what it was to bring about ends FAILED."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import ValidationError

from orchestration.given_up import fail_outputs
from orchestration.platform import Platform
from predictions.coordinator.handlers import Coordinator
from shared import logs
from shared.dead_letters import DeadLetter
from shared.http.openapi import takes
from shared.http.problems import problem_response
from shared.http.push import PushEnvelope, read_envelope
from shared.messages import PhaseMessage, PredictionReady, PredictionRequest
from shared.outcomes import Outcome, PermanentError, TransientError, done

_SOURCE = "CloudPubSubDeadLetterSource"
_SUBSCRIPTION, _ATTEMPTS = f"{_SOURCE}Subscription", f"{_SOURCE}DeliveryCount"
_MESSAGES = (PredictionRequest, PredictionReady, PhaseMessage)


def add_dead_letter_route(app: OpenAPI, coordinator: Coordinator) -> None:
    """Serves POST /dead-letters, which takes any message whatsoever."""

    @app.post("/dead-letters", summary="Pub/Sub push of messages that ran out of attempts")
    @takes(PushEnvelope)
    def dead_letters() -> Response:
        envelope, data = read_envelope()
        try:
            outcome = take_dead_letter(coordinator, envelope, data)
        except TransientError as error:
            return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return jsonify({"outcome": outcome.kind, "reason": outcome.reason, **outcome.detail})


def take_dead_letter(coordinator: Coordinator, envelope: PushEnvelope, data: bytes) -> Outcome:
    """Records a message that ran out of attempts and ends what it was to bring about: a chunk, or outputs."""
    letter = _letter(envelope, data)
    if not _is_recorded(coordinator.platform, letter.dead_letter_id):
        coordinator.platform.dead_letters.record(letter)
    message = _read(data)
    if message is None:
        return done("recorded")
    logs.bind(correlation_id=message.correlation_id)
    if isinstance(message, PhaseMessage):
        subscription = envelope.message.attributes.get(_SUBSCRIPTION, "")
        failed = fail_outputs(coordinator.platform, subscription, message, letter.reason)
        return done("recorded", failed_outputs=failed)
    try:
        return coordinator.given_up(message, letter.reason)
    except PermanentError as error:
        return done(f"recorded; {error}")


def _letter(envelope: PushEnvelope, data: bytes) -> DeadLetter:
    attributes = envelope.message.attributes
    origin = attributes.get(_SUBSCRIPTION) or envelope.subscription
    return DeadLetter(
        origin=origin,
        message_id=envelope.message.message_id,
        error_type="DeliveryAttemptsExhausted",
        reason=_reason(origin, attributes),
        payload=data.decode("utf-8", "replace"),
        # The same letter delivered twice is one letter.
        dead_letter_id=uuid.uuid5(uuid.NAMESPACE_URL, f"{origin}/{envelope.message.message_id}").hex,
    )


def _reason(origin: str, attributes: Mapping[str, str]) -> str:
    source = ", ".join(
        f"{name.removeprefix(_SOURCE)} {value}"
        for name, value in sorted(attributes.items())
        if name.startswith(_SOURCE)
    )
    attempts = attributes.get(_ATTEMPTS, "all")
    return f"{origin} gave up after {attempts} attempts" + (f" ({source})" if source else "")


def _is_recorded(platform: Platform, dead_letter_id: str) -> bool:
    rows = platform.warehouse.rows(
        """
        SELECT COUNT(*) AS letters FROM nba_orchestration.dead_letters WHERE dead_letter_id = @dead_letter_id
        """,
        dead_letter_id=dead_letter_id,
    )
    return bool(rows[0]["letters"])


def _read(data: bytes) -> PredictionRequest | PredictionReady | PhaseMessage | None:
    for model in _MESSAGES:
        try:
            return model.model_validate_json(data)
        except ValidationError:
            continue
    return None
