"""Phases 1 and 2 on real emulators: what the scrapers announce is pushed to the raw service."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from google.cloud import pubsub_v1
from werkzeug.serving import make_server

from data_processors.raw.app import create_app as create_raw
from deploy.local.environment import variable
from deploy.local.league import generate
from deploy.local.pubsub.emulator import Emulator
from deploy.local.upstream.__main__ import QuietHandler
from deploy.local.upstream.app import create_app as create_upstream
from orchestration.pipeline import load_pipeline
from orchestration.state import OutputState, PipelineState
from scrapers.app import create_app as create_scrapers
from shared.messages import PhaseMessage
from shared.settings import Settings
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

KEY = {"X-API-Key": "first-test-key"}
PROJECT = "nba-local"
AFTER = "2024-11-02T12:00:00Z"
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
        BIGQUERY_EMULATOR_HOST=warehouse.client._connection.API_BASE_URL,
        UPSTREAM_BASE_URL=upstream,
    )


_EMPTIED = (
    "nba_raw.scrape_landing",
    "nba_raw.nba_schedule",
    "nba_raw.nba_player_boxscores",
    "nba_raw.odds_player_props",
    "nba_orchestration.pipeline_events",
    "nba_orchestration.scrape_runs",
    "nba_orchestration.dead_letters",
    "nba_orchestration.unresolved_names",
    "nba_reference.player_aliases",
)


@pytest.fixture
def chain(warehouse: Warehouse, upstream: str, bus: Bus) -> Chain:
    """Both services on empty tables, the providers well and the ten days over."""
    for table in _EMPTIED:
        warehouse.run(f"DELETE FROM {table} WHERE TRUE")
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
