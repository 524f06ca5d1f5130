"""Dead letters are listed, shown, published again or discarded by id; the row itself stays."""

from typing import Any

import pytest

from orchestration.state import State
from shared.dead_letters import DeadLetter
from shared.messages import Phase

KEY = {"X-API-Key": "first-test-key"}
PATH = "/api/v1/dead-letters"
PHASE3_TOPIC = "nba-phase2-raw-complete"


def letter(
    night: Any, origin: str = "projects/nba-local/subscriptions/analytics-on-phase2", **more: Any
) -> str:
    """A dead letter as a service records it; returns its id."""
    payload = more.pop("payload", night.message(Phase.RAW).model_dump_json())
    made = DeadLetter(origin, "message-1", "PermanentError", "a check is broken", payload, **more)
    night.platform.dead_letters.record(made)
    return made.dead_letter_id


def get(night: Any, path: str = "", **query: Any) -> Any:
    return night.services.coordinator.get(PATH + path, headers=KEY, query_string=query)


def post(night: Any, path: str, body: Any) -> Any:
    return night.services.coordinator.post(PATH + path, json=body, headers=KEY)


def listed(night: Any, **query: Any) -> dict[str, Any]:
    rows = get(night, **query).get_json()["rows"]
    return {row["dead_letter_id"]: row["decision"] for row in rows}


def test_a_letter_is_listed_and_shown_with_its_message(night: Any) -> None:
    made = letter(night)
    assert listed(night)[made] is None
    shown = get(night, f"/{made}").get_json()
    assert (shown["reason"], shown["error_type"]) == ("a check is broken", "PermanentError")
    assert str(night.day) in shown["payload"]


def test_replaying_publishes_the_message_again_and_asks_to_make_again_what_failed(night: Any) -> None:
    made = letter(night)
    answer = post(night, f"/{made}/replay", {})
    assert answer.status_code == 200, answer.text
    (told,) = night.services.bus.take(PHASE3_TOPIC)
    assert (told["span"]["from_date"], told["retry"]) == (str(night.day), True)
    assert made not in listed(night)
    assert listed(night, every="true")[made] == "REPLAYED"


@pytest.mark.parametrize(
    ("origin", "payload", "words"),
    [
        ("box_scores", "{}", "no subscription"),
        ("analytics-on-phase2", "{}", "message_key"),
        ("analytics-on-phase2", '{"half a mess', "Not replayed"),
        ("projects/p/subscriptions/worker-on-request", "{}", "batch_id"),
    ],
)
def test_what_is_no_message_is_not_published_and_says_why(
    night: Any, origin: str, payload: str, words: str
) -> None:
    made = letter(night, origin, payload=payload)
    answer = post(night, f"/{made}/replay", {})
    assert answer.status_code == 409
    assert words in answer.get_json()["detail"]
    assert made in listed(night)


def test_discarding_needs_a_reason_and_ends_it(night: Any) -> None:
    made = letter(night)
    assert post(night, f"/{made}/discard", {}).status_code == 422
    assert post(night, f"/{made}/discard", {"reason": "the game was cancelled"}).status_code == 200
    assert made not in listed(night)
    shown = get(night, f"/{made}").get_json()
    assert (shown["decision"], shown["decision_reason"]) == ("DISCARDED", "the game was cancelled")
    again = post(night, f"/{made}/replay", {})
    assert (again.status_code, night.services.bus.take(PHASE3_TOPIC)) == (409, [])
    assert "the game was cancelled" in again.get_json()["detail"]


def test_an_unknown_letter_is_not_found_and_a_bad_id_refused(night: Any) -> None:
    assert get(night, f"/{'0' * 32}").status_code == 404
    assert get(night, "/../secrets").status_code in (404, 422)
    assert get(night, "/nothing").status_code == 422
    assert night.services.coordinator.get(PATH).status_code == 401


def test_a_chunk_that_was_given_up_is_asked_for_again(night: Any) -> None:
    night.add("one")
    night.store()
    night.start()
    (request,) = night.requests()
    night.post("/dead-letters", request, CloudPubSubDeadLetterSourceSubscription="worker-on-request")
    assert night.state().state is State.FAILED
    (made,) = [i for i in listed(night) if request["batch_id"] in get(night, f"/{i}").get_json()["payload"]]
    assert post(night, f"/{made}/replay", {}).status_code == 200
    (again,) = night.requests()
    night.complete(*night.predict(again))
    assert night.state().state is State.COMPLETE


def test_a_date_that_failed_is_predicted_again_when_its_message_asks_for_it(night: Any) -> None:
    night.add("one")
    night.store()
    night.start()
    (request,) = night.requests()
    night.post("/dead-letters", request, CloudPubSubDeadLetterSourceSubscription="worker-on-request")
    night.start()
    assert night.requests() == [], "the same news alone changes nothing"
    answer = night.post("/process", night.message().model_copy(update={"retry": True}))
    assert answer.status_code == 200, answer.text
    night.complete(*night.predict(*night.requests()))
    assert night.state().state is State.COMPLETE
    assert {row["status"] for row in night.rows()} == {"PREDICTED"}
