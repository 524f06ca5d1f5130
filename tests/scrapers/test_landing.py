"""What makes a body a new one."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scrapers.http_client import Answer
from scrapers.landing import Body, Landed, content_hash, landing_rows
from scrapers.source import RequestSpec

NOON = datetime(2024, 12, 3, 17, tzinfo=UTC)
META = frozenset({"meta"})
SPEC = RequestSpec("kind", "k", "https://host/path", {"Season": "2024-25"}, date(2024, 12, 3), read=bytes)


def body(raw: bytes, at: datetime = NOON) -> Body:
    return Body(SPEC, Answer(200, raw, at, at), content_hash(raw, META))


def test_volatile_keys_order_and_spaces_are_not_content() -> None:
    first = content_hash(b'{"meta": {"time": 1}, "a": 1, "b": [1, 2]}', META)
    assert content_hash(b'{"b":[1,2],"a":1,"meta":{"time":2}}', META) == first


@pytest.mark.parametrize("other", [b'{"a": 2}', b'{"a": 1, "c": null}', b'[{"a": 1}]', b'{"a": 1} ...'])
def test_anything_else_is_content(other: bytes) -> None:
    assert content_hash(other, META) != content_hash(b'{"a": 1}', META)


def test_a_nested_meta_is_content() -> None:
    assert content_hash(b'{"a": {"meta": 1}}', META) != content_hash(b'{"a": {"meta": 2}}', META)


def test_what_is_no_json_is_hashed_by_its_bytes() -> None:
    assert content_hash(b"<html>", META) == content_hash(b"<html>", frozenset())
    assert content_hash(b"", META) != content_hash(b"<html>", META)


def test_a_first_body_is_changed_and_its_own_generation() -> None:
    first = body(b"{}").after(None)
    assert (first.changed, first.generation) == (True, NOON)


def test_equal_content_keeps_the_generation_of_its_first_fetch() -> None:
    later = body(b"{}", NOON + timedelta(hours=1))
    again = later.after(Landed(content_hash(b"{}", META), NOON, SPEC.game_date))
    assert (again.changed, again.there, again.generation) == (False, True, NOON)


def test_equal_content_of_another_date_is_not_there_yet() -> None:
    """A season's schedule of yesterday says the same today, and today's phases look for today's."""
    again = body(b"{}").after(Landed(content_hash(b"{}", META), NOON, SPEC.game_date - timedelta(days=1)))
    assert (again.changed, again.there) == (False, False)


def test_other_content_begins_a_generation() -> None:
    later = body(b'{"a": 1}', NOON + timedelta(hours=1)).after(
        Landed(content_hash(b"{}", META), NOON, SPEC.game_date)
    )
    assert (later.changed, later.generation) == (True, NOON + timedelta(hours=1))


def test_a_row_says_what_was_asked_and_why_it_is_invalid() -> None:
    landed = replace(body(json.dumps({"a": 1}).encode()).after(None), invalid_reason="a: wrong")
    (row,) = landing_rows("run", "schedule", [landed])
    assert row["url"] == "https://host/path?Season=2024-25"
    assert (row["valid"], row["invalid_reason"], row["body_bytes"]) == (False, "a: wrong", 8)


def test_what_is_nested_too_deeply_is_hashed_by_its_bytes() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    assert content_hash(deep, META) == hashlib.sha256(deep).hexdigest()
