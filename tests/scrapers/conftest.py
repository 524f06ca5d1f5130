"""The scrapers service against a real upstream server, warehouse and bus."""

from collections.abc import Callable, Iterator
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

from data_processors.raw.known import Lookups
from data_processors.raw.landed import read_landed
from data_processors.raw.nba_schedule.parse import parse
from deploy.local.environment import variable
from deploy.local.league import generate
from deploy.local.pubsub.emulator import Emulator
from deploy.local.upstream.__main__ import QuietHandler
from deploy.local.upstream.app import create_app as create_upstream
from scrapers.app import create_app
from shared.messages import DateSpan, PhaseMessage
from shared.settings import Settings
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

KEY = "first-test-key"
ODDS_KEY = "odds-canary-7f3a"
TOPIC = "nba-phase1-scrapers-complete"
PROJECT = "nba-local"
OPENING = date(2024, 10, 22)


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of a simulated season from 2024-10-22."""
    return generate(7, tmp_path_factory.mktemp("league"), days=10).archive


@dataclass
class Upstream:
    """A running upstream server."""

    url: str

    def set_now(self, moment: str) -> None:
        self._post("now", {"now": moment})

    def set_faults(self, *faults: dict[str, Any]) -> None:
        self._post("faults", {"faults": list(faults)})

    def requests(self) -> dict[str, int]:
        found: dict[str, int] = requests.get(f"{self.url}/_control", timeout=5).json()["requests"]
        return found

    def _post(self, what: str, body: dict[str, Any]) -> None:
        requests.post(f"{self.url}/_control/{what}", json=body, timeout=5).raise_for_status()


@pytest.fixture(scope="module")
def upstream(league: Path) -> Iterator[Upstream]:
    app = create_upstream(league, "2024-11-02T12:00:00Z", odds_api_key=ODDS_KEY)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield Upstream(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


class Announced:
    """What was published on the scrapers' topic since it was last read."""

    def __init__(self) -> None:
        self._client = pubsub_v1.SubscriberClient()
        self._path = self._client.subscription_path(PROJECT, "listener")
        topic = pubsub_v1.PublisherClient().topic_path(PROJECT, TOPIC)
        pubsub_v1.PublisherClient().create_topic(name=topic)
        self._client.create_subscription(name=self._path, topic=topic)

    def read(self) -> list[PhaseMessage]:
        found = self._client.pull(
            subscription=self._path, max_messages=100, return_immediately=True, timeout=5
        ).received_messages
        if found:
            self._client.acknowledge(subscription=self._path, ack_ids=[each.ack_id for each in found])
        return [PhaseMessage.model_validate_json(each.message.data) for each in found]


@pytest.fixture(scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Announced]:
    emulator = Emulator(tmp_path_factory.mktemp("pubsub"))
    emulator.start()
    with variable("PUBSUB_EMULATOR_HOST", emulator.addresses["grpc"]):
        yield Announced()
    emulator.stop()


@dataclass
class Service:
    """The scrapers service with all that it talks to."""

    client: FlaskClient
    warehouse: Warehouse
    upstream: Upstream
    announced: Announced

    def scrape(self, source: str, day: str, to_day: str | None = None, **more: Any) -> dict[str, Any]:
        """Runs a source; the answer's JSON with its `http` status."""
        body = {"source": source, "from_date": day, "to_date": to_day or day, **more}
        response = self.client.post("/scrape", json=body, headers={"X-API-Key": KEY})
        return {**response.get_json(), "http": response.status_code}

    def landed(self, run_id: str) -> list[dict[str, Any]]:
        return self.warehouse.rows(
            "SELECT * FROM nba_raw.scrape_landing WHERE run_id = @run_id ORDER BY request_key", run_id=run_id
        )

    def load_schedule(self) -> None:
        """Scrapes the season's schedule and stores it as phase 2 would."""
        run = self.scrape("schedule", OPENING.isoformat())
        span = DateSpan(from_date=OPENING, to_date=OPENING)
        (body,) = read_landed(self.warehouse, "schedule", span, run["run_id"])
        games = parse(body, Lookups(self.warehouse, span)).rows
        rows = [{**row, "generation": body.fetched_at} for row in games]
        bounds = date(2024, 8, 1), date(2025, 7, 31)
        replaced = replace_rows(self.warehouse, spec_of("nba_schedule"), rows, "test", bounds)
        assert replaced.stored == len(rows) > 0, replaced
        self.announced.read()

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.warehouse.rows(f"SELECT * FROM {spec_of(table).table}")


def service_settings(warehouse: Warehouse, upstream: Upstream, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "SERVICE": "scrapers",
        "PORT": 8080,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "VALID_API_KEYS": (KEY,),
        "OIDC_AUDIENCE": "nba-props/scrapers",
        "OIDC_SERVICE_ACCOUNTS": ("push@nba-local.iam.gserviceaccount.com",),
        "ODDS_API_KEY": ODDS_KEY,
        "BIGQUERY_EMULATOR_HOST": warehouse.client._connection.API_BASE_URL,
        "BIGQUERY_STORAGE_EMULATOR_HOST": warehouse.storage.emulator,
        "UPSTREAM_BASE_URL": upstream.url,
    }
    return Settings(**(values | more))


_EMPTIED = (
    "nba_raw.scrape_landing",
    "nba_raw.nba_schedule",
    "nba_orchestration.scrape_runs",
    "nba_orchestration.dead_letters",
)


@pytest.fixture
def serve(warehouse: Warehouse, upstream: Upstream, announced: Announced) -> Callable[..., Service]:
    """Makes the service with some settings changed, on empty tables, with well providers."""
    for table in _EMPTIED:
        warehouse.run(f"DELETE FROM {table} WHERE TRUE")
    upstream.set_faults()
    upstream.set_now("2024-11-02T12:00:00Z")
    announced.read()

    def make(**more: Any) -> Service:
        app = create_app(service_settings(warehouse, upstream, **more))
        return Service(app.test_client(), warehouse, upstream, announced)

    return make


@pytest.fixture
def service(serve: Callable[..., Service]) -> Service:
    return serve()
