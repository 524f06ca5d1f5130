"""Spoilt push envelopes: each is refused or ends in an outcome; none crashes a service, none is lost."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest
import requests

from deploy.local.driver import Driver
from orchestration.announce import completion
from shared.messages import DateSpan, Output, Phase, PredictionReady, PredictionRequest, Status

DAY, NEWS = date(2024, 10, 30), datetime(2024, 10, 30, 15, tzinfo=UTC)
GAME, BATCH = "20241030_BOS_NYK", "20241030-1730300400000000"
# Of each route in `make test`, and of each service in the long run.
SOME, MANY = 60, 10_000
OUTCOMES = {"DONE", "NOT_YET", "PERMANENT"}
ODD: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, "", " ", "x", "x" * 5000, "\x00", "é\u202e", [], {}, [[]], [None],
    "2024-02-30", "9999-12-31", "0001-01-01", "2024-10-30T99:00:00Z", "../../etc/passwd", "${jndi:ldap://x}",
    "'; DROP TABLE nba_raw.odds; --", "<script>alert(1)</script>", "20241030_XXX_YYY", "success", "failed",
]  # fmt: skip


def phase_message(phase: Phase, output: str) -> str:
    return completion(
        phase,
        "fuzz",
        "run-1",
        DateSpan(from_date=DAY, to_date=DAY),
        Status.SUCCESS,
        "fuzz",
        outputs=[Output(table=output, rows=1)],
        generation=NEWS,
    ).model_dump_json()


def request_message() -> str:
    asked = PredictionRequest(
        correlation_id="fuzz", batch_id=BATCH, game_date=DAY, game_id=GAME, generation=NEWS
    )
    return asked.model_dump_json()


def ready_message() -> str:
    ready = PredictionReady(
        correlation_id="fuzz",
        batch_id=BATCH,
        game_date=DAY,
        game_id=GAME,
        status=Status.SUCCESS,
        attempt_id="attempt-1",
        rows=3,
    )
    return ready.model_dump_json()


ROUTES: dict[tuple[str, str], Callable[[], str]] = {
    ("raw", "/process"): lambda: phase_message(Phase.SCRAPERS, "scrape_landing"),
    ("analytics", "/process"): lambda: phase_message(Phase.RAW, "nba_player_boxscores"),
    ("precompute", "/process"): lambda: phase_message(Phase.ANALYTICS, "player_game_summary"),
    ("coordinator", "/process"): lambda: phase_message(Phase.PRECOMPUTE, "ml_feature_store"),
    ("coordinator", "/grade"): lambda: phase_message(Phase.ANALYTICS, "player_game_summary"),
    ("coordinator", "/complete"): ready_message,
    ("coordinator", "/dead-letters"): request_message,
    ("worker", "/predict"): request_message,
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in inside for place in [(*path, key), *places(each, (*path, key))]]


def changed(random: Random, value: Any) -> Any:
    """A JSON value in which something is missing, odd, too much or in another's place."""
    value = json.loads(json.dumps(value))
    found = places(value)
    if not found:
        return random.choice(ODD)
    *path, last = random.choice(found)
    parent = value
    for key in path:
        parent = parent[key]
    what = random.randrange(4)
    if what == 0 and isinstance(parent, dict):
        del parent[last]
    elif what == 1 and isinstance(parent, dict):
        parent[random.choice(["extra", "Message", "__proto__", "source"])] = random.choice(ODD)
    elif what == 2:
        parent[last] = {"deep": nested(random.randrange(1, 60))}
    else:
        parent[last] = random.choice(ODD)
    return value


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


def body(random: Random, text: str, message_id: str) -> bytes:
    """An envelope round a message, one of both spoilt in one to three places, or cut, or overwritten."""
    spoilt = text.encode()
    if random.random() < 0.6:
        message = json.loads(text)
        for _ in range(random.randint(1, 3)):
            message = changed(random, message)
        spoilt = json.dumps(message).encode()
    if random.random() < 0.1:
        spoilt = scratched(random, spoilt)
    envelope: Any = {
        "message": {"data": base64.b64encode(spoilt).decode(), "messageId": message_id, "attributes": {}},
        "subscription": "projects/nba-local/subscriptions/fuzz",
        "deliveryAttempt": random.choice([1, 1, 2, 5]),
    }
    if random.random() < 0.4:
        envelope = changed(random, envelope)
    whole = json.dumps(envelope).encode()
    return scratched(random, whole) if random.random() < 0.1 else whole


def scratched(random: Random, raw: bytes) -> bytes:
    """Cut short, or with some bytes overwritten."""
    if random.random() < 0.5:
        return raw[: random.randrange(len(raw) + 1)]
    bytes_ = bytearray(raw)
    for _ in range(random.randint(1, 4)):
        bytes_[random.randrange(len(bytes_))] = random.randrange(256)
    return bytes(bytes_)


@dataclass
class Sent:
    """What became of the envelopes: how many of each end, and of which a letter must be there."""

    ends: Counter[str] = field(default_factory=Counter)
    letters: set[str] = field(default_factory=set)


def send(driver: Driver, service: str, path: str, count: int, seed: int) -> Sent:
    """Sends so many; a failure names the seed and the number that bring its body back."""
    text, random, sent = ROUTES[service, path](), Random(f"{service}{path}{seed}"), Sent()
    headers = {"X-API-Key": driver.stack.keys[service], "Content-Type": "application/json"}
    with requests.Session() as session:
        for number in range(count):
            raw = body(random, text, f"{service}{path.strip('/')}-{seed}-{number}")
            answer = session.post(driver.stack.url(service) + path, data=raw, headers=headers, timeout=120)
            told = f"seed {seed}, number {number}: {answer.status_code} {answer.text[:300]} to {raw[:600]!r}"
            assert answer.status_code in (200, 400, 413, 422), told
            assert "Traceback" not in answer.text, told
            end = answer.json().get("outcome", str(answer.status_code))
            assert end in OUTCOMES | {"400", "413", "422"}, told
            sent.ends[end] += 1
            if end == "PERMANENT" or (path == "/dead-letters" and answer.ok):
                sent.letters.add(json.loads(raw)["message"]["messageId"])
    return sent


def assert_nothing_lost(driver: Driver, service: str, sent: Sent) -> None:
    assert sent.letters, sent.ends
    sql = "SELECT DISTINCT message_id FROM nba_orchestration.dead_letters WHERE message_id IN UNNEST(@ids)"
    kept = {row["message_id"] for row in driver.stack.warehouse.rows(sql, ids=sorted(sent.letters))}
    assert kept == sent.letters
    driver.stack.wait_until_ready(service)


@pytest.mark.parametrize(("service", "path"), ROUTES)
def test_a_spoilt_envelope_is_refused_or_kept(driver: Driver, service: str, path: str) -> None:
    sent = send(driver, service, path, SOME, seed=1)
    assert sent.ends["400"], sent.ends
    assert_nothing_lost(driver, service, sent)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("service", sorted({service for service, _ in ROUTES}))
def test_ten_thousand_spoilt_envelopes_break_nothing(driver: Driver, service: str) -> None:
    paths = [path for name, path in ROUTES if name == service]
    for path in paths:
        assert_nothing_lost(driver, service, send(driver, service, path, MANY // len(paths), seed=2))
