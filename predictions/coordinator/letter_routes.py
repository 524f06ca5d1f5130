"""Dead letters by id: listed, shown, published again, or set aside with a reason."""

import uuid
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.platform import Platform
from shared import logs
from shared.clock import utc_now
from shared.http.bodies import EmptyBody
from shared.http.pages import Page, Rows, page_response, read_rows
from shared.http.problems import ProblemError, field_errors
from shared.messages import Message, PhaseMessage, PredictionReady, PredictionRequest
from shared.warehouse.parameters import nullable

_SQL = (Path(__file__).with_name("letters.sql")).read_text()
_ONE = {"skipped": 0, "taken": 1}
_MODELS: dict[str, type[Message]] = {
    "prediction-request": PredictionRequest,
    "prediction-ready": PredictionReady,
}


class LetterPath(BaseModel):
    """The letter in the path."""

    dead_letter_id: str = Field(pattern="^[0-9a-f]{32}$", description="As GET /api/v1/dead-letters lists it.")


class LettersPage(Page):
    """Which letters to list."""

    every: bool = Field(default=False, description="Also those that were replayed or discarded.")


class DiscardRequest(BaseModel):
    """Why a letter is of no more use."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=500, description="What became of it, in a sentence.")


def add_letter_routes(app: OpenAPI, platform: Platform) -> None:
    """GET /api/v1/dead-letters[/{id}], POST .../{id}/replay and .../{id}/discard."""

    @app.get("/api/v1/dead-letters", summary="Dead letters that nobody has decided about, newest first")
    def letters(query: LettersPage) -> Response:
        return page_response(read_letters(platform, None, query.every, **query.bounds), query)

    @app.get("/api/v1/dead-letters/<dead_letter_id>", summary="A dead letter with its message or body")
    def letter(path: LetterPath) -> Response:
        return jsonify(read_letter(platform, path.dead_letter_id))

    @app.post("/api/v1/dead-letters/<dead_letter_id>/replay", summary="Publish its message again")
    def replay(path: LetterPath, body: EmptyBody) -> Response:
        return jsonify(replay_letter(platform, path.dead_letter_id))

    @app.post("/api/v1/dead-letters/<dead_letter_id>/discard", summary="Set it aside, with the reason")
    def discard(path: LetterPath, body: DiscardRequest) -> Response:
        return jsonify(discard_letter(platform, path.dead_letter_id, body.reason))


def replay_letter(platform: Platform, dead_letter_id: str) -> dict[str, Any]:
    """Publishes a letter's message on its subscription's topic once more; what failed on it is made again.

    Raises:
        ProblemError: 404, 409 for one that was discarded or is nothing that can be published.
        TransientError: it was not published; nothing is recorded.
    """
    letter = _undecided(platform, dead_letter_id)
    name = letter["origin"].rpartition("/")[2]
    found = [s for s in platform.pipeline.subscriptions if s.name == name]
    if not found:
        raise _refused(
            f"it came from {letter['origin']}, which is no subscription: scrape or reprocess the source"
        )
    topic = found[0].topic
    try:
        message = _MODELS.get(topic, PhaseMessage).model_validate_json(letter["payload"] or "")
    except ValidationError as error:
        raise _refused("; ".join(f"{e['field']}: {e['reason']}" for e in field_errors(error))) from None
    if isinstance(message, PhaseMessage):
        message = message.model_copy(update={"retry": True})
    platform.bus.publish(topic, message)
    return _decide(platform, letter, "REPLAYED", f"published on {topic}")


def discard_letter(platform: Platform, dead_letter_id: str, reason: str) -> dict[str, Any]:
    """Sets a letter aside.

    Raises:
        ProblemError: 404, 409 for one that was discarded before.
    """
    return _decide(platform, _undecided(platform, dead_letter_id), "DISCARDED", reason)


def _refused(why: str) -> ProblemError:
    return ProblemError(HTTPStatus.CONFLICT, f"Not replayed: {why}")


def _undecided(platform: Platform, dead_letter_id: str) -> dict[str, Any]:
    letter = read_letter(platform, dead_letter_id)
    if letter["decision"] == "DISCARDED":
        raise ProblemError(HTTPStatus.CONFLICT, f"It was discarded: {letter['decision_reason']}")
    return letter


def read_letter(platform: Platform, dead_letter_id: str) -> dict[str, Any]:
    """A letter with its message or body.

    Raises:
        ProblemError: 404.
    """
    rows = read_letters(platform, dead_letter_id, True, **_ONE)
    if not rows:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"No dead letter {dead_letter_id}; GET /api/v1/dead-letters lists them."
        )
    return rows[0]


def read_letters(platform: Platform, dead_letter_id: str | None, every: bool, **bounds: int) -> Rows:
    """Letters within `Page.bounds`, newest first; with what is in it when one is asked for by its id."""
    wanted = nullable(dead_letter_id, "STRING")
    whole = dead_letter_id is not None
    return read_rows(
        platform.warehouse, _SQL, dead_letter_id=wanted, every=every, with_payload=whole, **bounds
    )


def _decide(platform: Platform, letter: dict[str, Any], decision: str, reason: str) -> dict[str, Any]:
    row = {
        "decision_id": uuid.uuid4().hex,
        "decided_at": utc_now(),
        "dead_letter_id": letter["dead_letter_id"],
        "decision": decision,
        "reason": reason,
        "correlation_id": logs.bound().get("correlation_id"),
    }
    platform.warehouse.append("dead_letter_decisions", [row])
    return {"dead_letter_id": letter["dead_letter_id"], "decision": decision, "reason": reason}
