"""Bodies on their way into scrape_landing: unchanged, hashed, and compared with the last of their key."""

import hashlib
import json
import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from data_processors.raw.nba_schedule.slate import season_bounds
from scrapers.http_client import Answer
from scrapers.source import RequestSpec
from shared.messages import DateSpan
from shared.warehouse.warehouse import Warehouse

_LAST = ["request_key", "content_hash", "generation", "fetched_at", "landing_id"]


class Landed(NamedTuple):
    """The last body that was landed for a request key."""

    content_hash: str
    generation: datetime


@dataclass(frozen=True)
class Body:
    """One answer to one request. `invalid_reason` is None for a valid one."""

    spec: RequestSpec
    answer: Answer
    content_hash: str
    invalid_reason: str | None = None
    unknown_fields: frozenset[str] = frozenset()
    changed: bool = True
    generation: datetime | None = None

    @property
    def valid(self) -> bool:
        return self.invalid_reason is None

    @property
    def empty(self) -> bool:
        """The provider said, by its status, that it has nothing."""
        return self.answer.status in self.spec.empty_statuses

    def after(self, previous: Landed | None) -> "Body":
        """The body with `changed` and `generation` as they follow from the one before it."""
        if previous and previous.content_hash == self.content_hash:
            return replace(self, changed=False, generation=previous.generation)
        return replace(self, changed=True, generation=self.answer.fetched_at)


def content_hash(raw: bytes, volatile_keys: frozenset[str]) -> str:
    """SHA-256 over canonical JSON without the volatile top-level keys; over the bytes of anything else."""
    try:
        content: Any = json.loads(raw)
        if isinstance(content, dict):
            content = {key: value for key, value in content.items() if key not in volatile_keys}
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return hashlib.sha256(raw).hexdigest()
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def last_landed(
    warehouse: Warehouse, source: str, span: DateSpan, keys: Sequence[str]
) -> Mapping[str, Landed]:
    """The last body of each request key over the seasons of the span."""
    if not keys:
        return {}
    first, last = season_bounds(span)
    rows = warehouse.read("scrape_landing", _LAST, first, last, source=source, request_key=keys).to_pylist()
    in_order = sorted(rows, key=lambda row: (row["fetched_at"], row["landing_id"]))
    return {row["request_key"]: Landed(row["content_hash"], row["generation"]) for row in in_order}


def landing_rows(run_id: str, source: str, bodies: Iterable[Body]) -> list[dict[str, Any]]:
    """Bodies as rows of scrape_landing."""
    return [_row(run_id, source, body) for body in bodies]


def _row(run_id: str, source: str, body: Body) -> dict[str, Any]:
    spec, answer = body.spec, body.answer
    return {
        "landing_id": uuid.uuid4().hex,
        "run_id": run_id,
        "source": source,
        "kind": spec.kind,
        "request_key": spec.request_key,
        "game_date": spec.game_date,
        "nba_game_id": spec.nba_game_id,
        "event_id": spec.event_id,
        "url": f"{spec.url}?{urlencode(spec.params)}",
        "http_status": answer.status,
        "content_hash": body.content_hash,
        "changed": body.changed,
        "generation": body.generation,
        "fetched_at": answer.fetched_at,
        "served_at": answer.served_at,
        "valid": body.valid,
        "invalid_reason": body.invalid_reason,
        "body": zlib.compress(answer.body),
        "body_bytes": len(answer.body),
    }
