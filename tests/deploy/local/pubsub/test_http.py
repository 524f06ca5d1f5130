"""The HTTP side: tokens that Google's own library verifies, statistics, faults."""

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from google.api_core import exceptions as api_exceptions
from google.api_core import retry
from google.auth import exceptions
from google.auth.transport import requests as google_requests
from google.oauth2 import id_token

AUDIENCE = "nba-props/analytics"
EMAIL = "pubsub-invoker@test-project.iam.gserviceaccount.com"


def verified(token: str, certs_url: str, audience: str = AUDIENCE) -> Any:
    with requests.Session() as session:
        return id_token.verify_token(token, google_requests.Request(session), audience, certs_url)


def post(bus: Any, path: str, body: Any, **headers: str) -> requests.Response:
    return requests.post(f"{bus.http}{path}", json=body, headers=headers, timeout=30)


def test_a_push_carries_a_token_that_google_auth_verifies(bus: Any, receiver: Any, eventually: Any) -> None:
    topic = bus.topic()
    oidc = {"service_account_email": EMAIL, "audience": AUDIENCE}
    bus.subscription(topic, push_config={"push_endpoint": receiver.url, "oidc_token": oidc})
    bus.publish(topic)
    (push,) = eventually(lambda: receiver.pushes)
    scheme, token = push.headers["Authorization"].split()
    claims = verified(token, f"{bus.http}/certs")
    assert scheme == "Bearer"
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["aud"] == AUDIENCE
    assert claims["email"] == EMAIL
    assert claims["email_verified"] is True
    assert claims["sub"].isdigit()
    assert claims["exp"] - claims["iat"] == 3600


def test_the_audience_is_the_endpoint_unless_one_is_given(bus: Any, receiver: Any, eventually: Any) -> None:
    topic = bus.topic()
    oidc = {"service_account_email": EMAIL}
    bus.subscription(topic, push_config={"push_endpoint": receiver.url, "oidc_token": oidc})
    bus.publish(topic)
    (push,) = eventually(lambda: receiver.pushes)
    token = push.headers["Authorization"].split()[1]
    assert verified(token, f"{bus.http}/certs", receiver.url)["aud"] == receiver.url


def test_a_minted_token_is_verified_for_its_audience_only(bus: Any) -> None:
    token = post(bus, "/token", {"audience": AUDIENCE, "email": EMAIL}).json()["token"]
    assert verified(token, f"{bus.http}/certs")["email"] == EMAIL
    with pytest.raises(exceptions.InvalidValue, match="audience"):
        verified(token, f"{bus.http}/certs", "nba-props/raw")


def test_a_changed_token_is_not_verified(bus: Any) -> None:
    token = post(bus, "/token", {"audience": AUDIENCE, "email": EMAIL}).json()["token"]
    header, claims, signature = token.split(".")
    other = post(bus, "/token", {"audience": AUDIENCE, "email": "someone@else"}).json()["token"]
    assert other.split(".")[1] != claims
    with pytest.raises(exceptions.MalformedError):
        verified(f"{header}.{other.split('.')[1]}.{signature}", f"{bus.http}/certs")


def test_certificates_may_be_cached_for_five_minutes(bus: Any) -> None:
    response = requests.get(f"{bus.http}/certs", timeout=30)
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert [pem.splitlines()[0] for pem in response.json().values()] == ["-----BEGIN CERTIFICATE-----"]


def test_the_statistics_tell_when_the_bus_is_idle(bus: Any, receiver: Any, eventually: Any) -> None:
    receiver.answer = lambda push: 503
    topic = bus.topic()
    pulled = bus.subscription(topic, "games-pull")
    subscription = bus.push(topic, receiver, retry_policy={"minimum_backoff": "600s"})
    assert bus.idle()
    before = datetime.now(UTC)
    bus.publish(topic)
    assert not bus.idle()
    counts = eventually(lambda: (seen := bus.stats(subscription))["nacked"] and seen)
    assert datetime.fromisoformat(counts["next_delivery_at"]) > before
    receiver.answer = lambda push: 204
    eventually(bus.idle)
    assert bus.stats(subscription)["next_delivery_at"] is None
    assert bus.stats(pulled)["backlog"] == 1


def test_with_the_fault_every_push_is_delivered_twice_the_second_after_the_first_was_accepted(
    bus: Any, receiver: Any, eventually: Any
) -> None:
    dead = bus.topic("games-dead")
    topic = bus.topic()
    answered: Counter[tuple[str, int]] = Counter()

    def answer(push: Any) -> int:
        status = 500 if not answered[push.message_id, 500] else 204
        answered[push.message_id, status] += 1
        return status

    receiver.answer = answer
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    subscription = bus.push(topic, receiver, retry_policy={}, dead_letter_policy=policy)
    assert post(bus, "/faults", {"duplicate": 1}).json()["duplicate"] == 1
    ids = [bus.publish(topic) for _ in range(20)]
    eventually(bus.idle)
    assert Counter(receiver.ids()) == Counter(dict.fromkeys(ids, 3))
    # The duplicate of what was accepted at the second attempt is no third attempt.
    attempts = [push.body["deliveryAttempt"] for push in receiver.pushes if push.message_id == ids[0]]
    assert attempts == [1, 2, 2]
    assert bus.stats(subscription)["acked"] == 40
    post(bus, "/faults", {"duplicate": 0})
    last = bus.publish(topic)
    eventually(bus.idle)
    assert receiver.ids().count(last) == 2


def test_during_an_outage_nothing_is_published_or_delivered_and_afterwards_all_is(
    bus: Any, receiver: Any, eventually: Any
) -> None:
    receiver.answer = lambda push: 503
    topic = bus.topic()
    subscription = bus.push(topic, receiver, retry_policy={"minimum_backoff": "1s"})
    waiting = bus.publish(topic)
    eventually(lambda: bus.stats(subscription)["nacked"])
    assert post(bus, "/faults", {"outage": True}).json()["outage"]
    once = retry.Retry(predicate=lambda _: False)
    with pytest.raises(api_exceptions.ServiceUnavailable):
        bus.publisher.publish(topic, b"body", retry=once).result(timeout=30)
    receiver.answer = lambda push: 204
    time.sleep(1.5)
    assert bus.stats(subscription)["acked"] == 0
    post(bus, "/faults", {"outage": False})
    eventually(bus.idle)
    assert bus.stats(subscription)["acked"] == 1
    assert set(receiver.ids()) == {waiting}


def test_messages_can_be_put_into_disorder_and_none_is_lost(bus: Any, receiver: Any, eventually: Any) -> None:
    topic = bus.topic()
    bus.push(topic, receiver)
    post(bus, "/faults", {"disorder_seconds": 0.5})
    ids = [bus.publish(topic) for _ in range(40)]
    eventually(bus.idle)
    assert sorted(receiver.ids(), key=int) == ids
    assert receiver.ids() != ids


def test_a_lost_acknowledgement_is_a_failed_delivery(bus: Any, receiver: Any, eventually: Any) -> None:
    topic = bus.topic()
    policy = {"dead_letter_topic": bus.topic("lost"), "max_delivery_attempts": 5}
    subscription = bus.push(topic, receiver, retry_policy={}, dead_letter_policy=policy)
    post(bus, "/faults", {"drop_acks": 1})
    message_id = bus.publish(topic)
    eventually(bus.idle)
    assert receiver.ids() == [message_id] * 5
    found = bus.stats(subscription)
    assert (found["acked"], found["nacked"], found["dead_lettered"]) == (0, 5, 1)


def test_of_a_share_some_messages_come_twice_and_it_is_said_how_many(
    bus: Any, receiver: Any, eventually: Any
) -> None:
    topic = bus.topic()
    bus.push(topic, receiver)
    post(bus, "/faults", {"duplicate": 0.5})
    ids = [bus.publish(topic) for _ in range(60)]
    eventually(bus.idle)
    twice = [each for each, count in Counter(receiver.ids()).items() if count == 2]
    assert set(receiver.ids()) == set(ids)
    assert 0 < len(twice) < 60
    assert requests.get(f"{bus.http}/stats", timeout=10).json()["struck"]["duplicate"] == len(twice)
    post(bus, "/faults", {"seed": 1})
    assert requests.get(f"{bus.http}/stats", timeout=10).json()["struck"] == {}


def test_on_a_full_disk_nothing_is_taken_or_acknowledged_and_afterwards_all_goes_on(
    bus: Any, receiver: Any, eventually: Any
) -> None:
    topic = bus.topic()
    subscription = bus.push(topic, receiver)

    def answer(push: Any) -> int:
        # It fills up while the first push is at its receiver.
        post(bus, "/faults", {"disk_full": True})
        return 204

    receiver.answer = answer
    first = bus.publish(topic)
    eventually(lambda: receiver.ids() == [first])
    receiver.answer = lambda push: 204
    once = retry.Retry(predicate=lambda _: False)
    with pytest.raises(api_exceptions.ServiceUnavailable, match="nothing can be stored"):
        bus.publisher.publish(topic, b"body", retry=once).result(timeout=30)
    time.sleep(0.5)
    assert bus.stats(subscription)["acked"] == 0
    assert requests.get(f"{bus.http}/stats", timeout=10).json()["struck"]["disk_full"] == 1
    post(bus, "/faults", {"disk_full": False})
    second = bus.publish(topic)
    eventually(bus.idle)
    assert receiver.ids() == [first, second]
    assert bus.stats(subscription)["acked"] == 2


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/faults", {"duplicate": "yes"}, "duplicate"),
        ("/faults", {"drop": True}, "duplicate"),
        ("/faults", {}, "duplicate"),
        ("/faults", {"outage": 1}, "outage"),
        ("/faults", {"drop_acks": 1.5}, "drop_acks"),
        ("/faults", {"disorder_seconds": -1}, "disorder_seconds"),
        ("/faults", {"disorder_seconds": True}, "disorder_seconds"),
        ("/faults", [], "duplicate"),
        ("/token", {"audience": AUDIENCE}, "email"),
        ("/token", {"audience": "", "email": EMAIL}, "audience"),
        ("/token", {"audience": AUDIENCE, "email": 5}, "email"),
    ],
)
def test_a_bad_body_is_answered_with_what_is_expected(bus: Any, path: str, body: Any, field: str) -> None:
    response = post(bus, path, body)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert field in response.json()["detail"]


def test_only_this_machine_by_its_own_name_gets_a_token(bus: Any) -> None:
    response = post(bus, "/token", {"audience": AUDIENCE, "email": EMAIL}, Host="rebound.example")
    assert response.status_code == 400
    form = requests.post(f"{bus.http}/token", data={"audience": AUDIENCE, "email": EMAIL}, timeout=30)
    assert form.status_code == 415
