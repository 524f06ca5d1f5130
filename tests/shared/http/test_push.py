"""A push ends in one of four outcomes; 400 is only for what is no envelope."""

import base64
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.dead_letters import WarehouseDeadLetters
from shared.http.app import MAX_BODY_BYTES, create_service
from shared.http.push import Delivery, add_push_route
from shared.messages import DateSpan, Phase, PhaseMessage, Status
from shared.outcomes import Outcome, PermanentError, TransientError, done, not_yet
from shared.settings import Settings
from shared.warehouse.warehouse import Warehouse

KEY = {"X-API-Key": "first-test-key"}
Handler = Callable[[Delivery[PhaseMessage]], Outcome]


def envelope(data: bytes, **changes: Any) -> dict[str, Any]:
    message = {"data": base64.b64encode(data).decode(), "messageId": uuid.uuid4().hex, "attributes": {}}
    return {"message": message, "subscription": "projects/p/subscriptions/s", **changes}


def phase_message() -> bytes:
    return (
        PhaseMessage(
            message_key="scrapers:schedule:r1",
            phase=Phase.SCRAPERS,
            producer="schedule",
            run_id="r1",
            span=DateSpan(from_date="2024-12-03", to_date="2024-12-03"),  # type: ignore[arg-type]
            status=Status.SUCCESS,
            correlation_id="c1",
        )
        .model_dump_json()
        .encode()
    )


@pytest.fixture
def serve(settings: Settings, warehouse: Warehouse) -> Callable[..., FlaskClient]:
    warehouse.run("DELETE FROM nba_orchestration.dead_letters WHERE TRUE")

    def make(
        handler: Handler, on_permanent: Callable[[PhaseMessage, str], None] | None = None
    ) -> FlaskClient:
        app = create_service(settings, "test", {})
        letters = WarehouseDeadLetters(lambda: warehouse, "test")
        add_push_route(app, "/process", PhaseMessage, handler, letters, on_permanent)
        return app.test_client()

    return make


def dead_letters(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.rows("SELECT origin, message_id, reason, payload FROM nba_orchestration.dead_letters")


def raising(error: Exception) -> Handler:
    def handler(delivery: Delivery[PhaseMessage]) -> Outcome:
        raise error

    return handler


@pytest.mark.parametrize(
    ("handler", "status"),
    [
        (lambda _: done("stored"), 200),
        (lambda _: not_yet("no box scores"), 200),
        (raising(TransientError("busy")), 503),
        (raising(RuntimeError("a fault of ours")), 500),
        (raising(PermanentError("never")), 200),
    ],
)
def test_each_outcome_has_its_status(
    serve: Callable[..., FlaskClient], handler: Handler, status: int
) -> None:
    response = serve(handler).post("/process", json=envelope(phase_message()), headers=KEY)
    assert response.status_code == status


def test_a_permanent_failure_leaves_a_dead_letter_and_tells_of_the_end(
    serve: Callable[..., FlaskClient], warehouse: Warehouse
) -> None:
    told: list[tuple[str, str]] = []
    client = serve(
        raising(PermanentError("no such source")), lambda m, reason: told.append((m.run_id, reason))
    )
    response = client.post("/process", json=envelope(phase_message()), headers=KEY)
    assert response.json["outcome"] == "PERMANENT"
    assert told == [("r1", "no such source")]
    (letter,) = dead_letters(warehouse)
    assert letter["reason"] == "no such source"
    assert letter["origin"] == "projects/p/subscriptions/s"
    assert json.loads(letter["payload"])["run_id"] == "r1"


BEYOND_ARITHMETIC = [
    phase_message().replace(b"2024-12-03", b"0001-01-01"),
    phase_message().replace(b"2024-12-03", b"9999-12-31"),
    phase_message().replace(b'"as_of":null', b'"as_of":"0001-01-01T00:00:00+14:00"'),
]


@pytest.mark.parametrize(
    "data",
    [b"", b"not json", b"{}", b'{"schema_version": 9}', b"\xff\xfe", b"[" * 20_000, *BEYOND_ARITHMETIC],
)
def test_a_bad_payload_in_a_good_envelope_is_permanent_and_kept(
    serve: Callable[..., FlaskClient], warehouse: Warehouse, data: bytes
) -> None:
    response = serve(lambda _: done("never reached")).post("/process", json=envelope(data), headers=KEY)
    assert response.status_code == 200
    assert response.json["outcome"] == "PERMANENT"
    (letter,) = dead_letters(warehouse)
    assert "PhaseMessage" in letter["reason"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"message": {}}',
        b'{"message": {"data": "!!", "messageId": "1"}, "subscription": "s"}',
        '{"message": {"data": "é", "messageId": "1"}, "subscription": "s"}'.encode(),
        b'{"message": {"data": "", "messageId": "1"}}',
        b'"text"',
        b"[" * 20_000,
    ],
)
def test_what_is_no_envelope_is_400(
    serve: Callable[..., FlaskClient], warehouse: Warehouse, body: bytes
) -> None:
    headers = {**KEY, "Content-Type": "application/json"}
    response = serve(lambda _: done("never reached")).post("/process", data=body, headers=headers)
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.json["detail"]
    assert dead_letters(warehouse) == []


def test_a_push_without_credential_or_over_the_limit_is_refused(serve: Callable[..., FlaskClient]) -> None:
    client = serve(lambda _: done("never reached"))
    assert client.post("/process", json=envelope(phase_message())).status_code == 401
    assert client.post("/process", data=b"x" * (MAX_BODY_BYTES + 1), headers=KEY).status_code == 413


def test_a_dead_letter_that_cannot_be_kept_is_not_acknowledged(
    settings: Settings, warehouse: Warehouse
) -> None:
    app = create_service(settings, "test", {})

    class Broken(WarehouseDeadLetters):
        def record(self, *letters: object) -> None:
            raise TransientError("warehouse is away")

    add_push_route(
        app, "/process", PhaseMessage, raising(PermanentError("x")), Broken(lambda: warehouse, "test")
    )
    response = app.test_client().post("/process", json=envelope(phase_message()), headers=KEY)
    assert response.status_code == 503
