"""Phases 1 and 2 on real emulators: what the scrapers announce is pushed to the raw service."""

import base64
import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from google.cloud import pubsub_v1
from werkzeug.serving import make_server

from data_processors.raw.app import create_app as create_raw
from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Slate
from deploy.local.environment import variable
from deploy.local.league import generate
from deploy.local.pubsub.emulator import Emulator
from deploy.local.upstream.__main__ import QuietHandler
from deploy.local.upstream.app import create_app as create_upstream
from orchestration.pipeline import load_pipeline
from orchestration.state import OutputState, PipelineState
from scrapers.app import create_app as create_scrapers
from shared.identity.resolver import Resolver
from shared.messages import PhaseMessage
from shared.settings import Settings
from shared.warehouse.specs import all_specs, spec_of
from shared.warehouse.warehouse import Warehouse, as_arrow

KEY = {"X-API-Key": "first-test-key"}
PROJECT = "nba-local"
AFTER = "2024-11-02T12:00:00Z"
NOON = datetime(2024, 12, 3, 17, tzinfo=UTC)
PHASE_1, PHASE_2 = "nba-phase1-scrapers-complete", "nba-phase2-raw-complete"


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of a simulated season from 2024-10-22."""
    return generate(7, tmp_path_factory.mktemp("league"), days=10).archive


@pytest.fixture(scope="module")
def upstream(league: Path) -> Iterator[str]:
    app = create_upstream(league, AFTER)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Bus:
    """The topics, each with a listener."""

    def __init__(self) -> None:
        self._client, publisher = pubsub_v1.SubscriberClient(), pubsub_v1.PublisherClient()
        for topic in load_pipeline().topics:
            path = publisher.topic_path(PROJECT, topic)
            publisher.create_topic(name=path)
            self._client.create_subscription(name=self._path(topic), topic=path)

    def _path(self, topic: str) -> str:
        return str(self._client.subscription_path(PROJECT, f"listener-{topic}"))

    def read(self, topic: str) -> list[PhaseMessage]:
        """What was published since the last look."""
        path = self._path(topic)
        found = self._client.pull(
            subscription=path, max_messages=100, return_immediately=True, timeout=5
        ).received_messages
        if found:
            self._client.acknowledge(subscription=path, ack_ids=[each.ack_id for each in found])
        return [PhaseMessage.model_validate_json(each.message.data) for each in found]


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    emulator = Emulator(tmp_path_factory.mktemp("pubsub"))
    emulator.start()
    with variable("PUBSUB_EMULATOR_HOST", emulator.addresses["grpc"]):
        yield Bus()
    emulator.stop()


@dataclass
class Chain:
    """Scrapers and raw, with the bus between them worked by hand."""

    scrapers: FlaskClient
    raw: FlaskClient
    warehouse: Warehouse
    bus: Bus
    upstream: str

    def scrape(self, source: str, day: str, to_day: str | None = None, **more: Any) -> PhaseMessage:
        """Runs a source and returns what it announced."""
        body = {"source": source, "from_date": day, "to_date": to_day or day, **more}
        response = self.scrapers.post("/scrape", json=body, headers=KEY)
        assert response.status_code == 200, response.get_json()
        (message,) = self.bus.read(PHASE_1)
        return message

    def push(self, message: PhaseMessage) -> dict[str, Any]:
        """Delivers a message to raw; the outcome."""
        return self.push_data(message.model_dump_json().encode())

    def push_data(self, data: bytes) -> dict[str, Any]:
        envelope = {
            "message": {"data": base64.b64encode(data).decode(), "messageId": "1"},
            "subscription": "projects/nba-local/subscriptions/raw-on-phase1",
        }
        response = self.raw.post("/process", json=envelope, headers=KEY)
        return {**response.get_json(), "http": response.status_code}

    def run(self, source: str, day: str, to_day: str | None = None, **more: Any) -> dict[str, Any]:
        """Scrapes and delivers; the outcome."""
        return self.push(self.scrape(source, day, to_day, **more))

    def announced(self) -> list[PhaseMessage]:
        return self.bus.read(PHASE_2)

    def state(self, day: str, output: str) -> OutputState | None:
        when = date.fromisoformat(day)
        return PipelineState(self.warehouse).read(when, when).get((when, output))

    def rows(self, table: str, where: str = "TRUE") -> list[dict[str, Any]]:
        spec = spec_of(table)
        order = ", ".join(spec.key)
        return self.warehouse.rows(f"SELECT * FROM {spec.table} WHERE {where} ORDER BY {order}")

    def stable(self, table: str) -> list[tuple[Any, ...]]:
        """A table as it is compared: without volatile columns."""
        names = spec_of(table).stable_columns()
        return [tuple(row[name] for name in names) for row in self.rows(table)]

    def set_now(self, moment: str) -> None:
        requests.post(f"{self.upstream}/_control/now", json={"now": moment}, timeout=5).raise_for_status()

    def set_faults(self, *faults: dict[str, Any]) -> None:
        body = {"faults": list(faults)}
        requests.post(f"{self.upstream}/_control/faults", json=body, timeout=5).raise_for_status()


def _settings(service: str, warehouse: Warehouse, upstream: str) -> Settings:
    return Settings(
        SERVICE=service,
        PORT=8080,
        GOOGLE_CLOUD_PROJECT=PROJECT,
        VALID_API_KEYS=(KEY["X-API-Key"],),
        OIDC_AUDIENCE=f"nba-props/{service}",
        OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
        ODDS_API_KEY="a-key",
        BETTINGPROS_API_KEY="a-key",
        BDL_API_KEY="a-key",
        BIGQUERY_EMULATOR_HOST=warehouse.client._connection.API_BASE_URL,
        BIGQUERY_STORAGE_EMULATOR_HOST=warehouse.storage.emulator,
        UPSTREAM_BASE_URL=upstream,
    )


@dataclass
class KnownHere:
    """What parsing may look up, given by the test."""

    slate: Slate = field(default_factory=Slate)
    resolver: Resolver = field(default_factory=lambda: Resolver([]))


@pytest.fixture(scope="session")
def known_here() -> type[KnownHere]:
    return KnownHere


@pytest.fixture(scope="session")
def landed() -> Callable[..., LandedBody]:
    """Makes a landed body of bytes or of something that becomes JSON."""

    def make(body: Any, day: date = date(2024, 12, 3), **more: Any) -> LandedBody:
        values: dict[str, Any] = {
            "kind": "kind",
            "request_key": "key",
            "game_date": day,
            "nba_game_id": None,
            "event_id": None,
            "http_status": 200,
            "generation": NOON,
            "fetched_at": NOON,
            "served_at": NOON,
            "invalid_reason": None,
            "body": body if isinstance(body, bytes) else json.dumps(body).encode(),
        }
        return LandedBody(**(values | more))

    return make


@pytest.fixture(scope="session")
def fits() -> Callable[[str, Any], None]:
    """Asserts that every row has exactly the table's own columns, with values of their types."""

    def check(table: str, rows: Any) -> None:
        spec = spec_of(table)
        own = set(spec.column_names()) - {"generation", "run_id", "written_at"}
        assert all(set(row) == own for row in rows)
        required = [column.name for column in spec.columns if column.required and column.name in own]
        assert all(row[name] is not None for row in rows for name in required)
        as_arrow(spec.arrow_schema(), rows)

    return check


@pytest.fixture(scope="session")
def mutants() -> Callable[[bytes, int], Iterator[bytes]]:
    """Makes so many bodies of one JSON body, each with a few faults or cut off; the same ones every time."""

    def make(raw: bytes, count: int) -> Iterator[bytes]:
        chance = random.Random(20241203)
        small = shortened(json.loads(raw))
        for _ in range(count):
            body = copy.deepcopy(small)
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                spoil(body, chance)
            encoded = json.dumps(body).encode()
            yield encoded[: chance.randrange(len(encoded))] if chance.random() < 0.05 else encoded

    return make


def shortened(part: Any) -> Any:
    """JSON with at most the first twenty and the last ten elements of a list."""
    if isinstance(part, list):
        return [shortened(each) for each in (part if len(part) <= 30 else part[:20] + part[-10:])]
    if isinstance(part, dict):
        return {key: shortened(value) for key, value in part.items()}
    return part


_FAULTS: tuple[Any, ...] = (
    *(None, "", "x", "0", "-1", "1e400", "2024-13-45", "PT99M99S", "\x00", "\ud800"),
    *(0, -1, 10**30, 1.5, -1e308, float("nan"), float("inf"), True, [], {}, [None], {"x": 1}, [[]]),
)


def spoil(part: Any, chance: random.Random) -> None:
    """One fault somewhere in a piece of JSON: a value dropped, doubled or of another kind."""
    while isinstance(part, dict | list) and part:
        keys = list(part) if isinstance(part, dict) else range(len(part))
        key = chance.choice(keys)
        inner = part[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.9:
            part = inner
            continue
        if chance.random() < 0.3:
            del part[key]
        elif isinstance(part, list) and chance.random() < 0.2:
            part.append(copy.deepcopy(inner))
        else:
            part[key] = copy.deepcopy(chance.choice(_FAULTS))
        return


_EMPTIED = [
    "nba_reference.player_aliases",
    *(
        spec.table
        for spec in all_specs().values()
        if spec.dataset in ("nba_raw", "nba_orchestration") and spec.kind != "view"
    ),
]


@pytest.fixture
def chain(warehouse: Warehouse, upstream: str, bus: Bus) -> Chain:
    """Both services on empty tables, the providers well and the ten days over."""
    warehouse.run("; ".join(f"DELETE FROM {table} WHERE TRUE" for table in _EMPTIED))
    chain = Chain(
        create_scrapers(_settings("scrapers", warehouse, upstream)).test_client(),
        create_raw(_settings("raw", warehouse, upstream)).test_client(),
        warehouse,
        bus,
        upstream,
    )
    chain.set_faults()
    chain.set_now(AFTER)
    bus.read(PHASE_1)
    bus.read(PHASE_2)
    return chain
