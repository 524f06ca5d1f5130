"""The two prediction services over real emulators, and a night of basketball to predict."""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from google.cloud import pubsub_v1
from hypothesis import settings as hypothesis_settings
from werkzeug.test import TestResponse

from deploy.local.bigquery.process import Emulator, running_emulator
from deploy.local.environment import variable
from deploy.local.pubsub.emulator import Emulator as PubSubEmulator
from orchestration.announce import completion
from orchestration.pipeline import load_pipeline
from orchestration.platform import Platform
from orchestration.state import Event, OutputState, State
from predictions.coordinator.app import create_app as create_coordinator
from predictions.systems.contract import load_contract
from predictions.systems.moving_average import MovingAverage
from predictions.systems.system_set import PRIOR_MARKET_WEIGHT, SystemSet
from predictions.worker.app import create_app as create_worker
from shared.clock import utc_now
from shared.messages import AsOf, DateSpan, Message, Output, Phase, PhaseMessage, Status
from shared.settings import Settings
from shared.warehouse.bootstrap import bootstrap
from shared.warehouse.specs import spec_of

KEY = {"X-API-Key": "first-test-key"}
PREDICTIONS_TOPIC = "nba-phase5-predictions-complete"
_DAYS = itertools.count()
_FIRST_DAY = date(2024, 12, 3)
Row = dict[str, Any]
# Batches, attempts and grades are the same for any number of systems; one keeps their rows countable.
# Believed as it is, so that it recommends.
ONE_SYSTEM = SystemSet((MovingAverage(),), None, PRIOR_MARKET_WEIGHT, weights_against_line={})
NEUTRAL = {"fatigue_score": 60, "shot_zone_mismatch_score": 0.0, "pace_score": 0.0, "usage_spike_score": 0.0}

hypothesis_settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis_settings.load_profile("repeatable")


@dataclass
class Bus:
    """What has been published, taken with the official client."""

    project: str
    subscriber: pubsub_v1.SubscriberClient

    def take(self, topic: str) -> list[Row]:
        """The messages published on a topic since the last look, as JSON."""
        path = self.subscriber.subscription_path(self.project, f"tap-{topic}")
        request = {"subscription": path, "max_messages": 1000, "return_immediately": True}
        taken = []
        while received := list(self.subscriber.pull(request=request, timeout=30).received_messages):
            self.subscriber.acknowledge(subscription=path, ack_ids=[each.ack_id for each in received])
            taken += [json.loads(each.message.data) for each in received]
        return taken


@dataclass(frozen=True)
class Services:
    """Coordinator and worker with what they run on."""

    platform: Platform
    coordinator: FlaskClient
    worker: FlaskClient
    bus: Bus


def _settings(service: str, bigquery: Emulator, pubsub: str) -> Settings:
    return Settings(
        SERVICE=service,
        PORT=8080,
        GOOGLE_CLOUD_PROJECT="nba-local",
        VALID_API_KEYS=("first-test-key",),
        OIDC_AUDIENCE=f"nba-props/{service}",
        OIDC_SERVICE_ACCOUNTS=("push@nba-local.iam.gserviceaccount.com",),
        BIGQUERY_EMULATOR_HOST=bigquery.rest,
        BIGQUERY_STORAGE_EMULATOR_HOST=bigquery.grpc,
        PUBSUB_EMULATOR_HOST=pubsub,
    )


@pytest.fixture(scope="session")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Pub/Sub emulator with the pipeline's topics, each with a subscription to look at it."""
    emulator = PubSubEmulator(tmp_path_factory.mktemp("pubsub") / "data", time_scale=0.001)
    emulator.start()
    with variable("PUBSUB_EMULATOR_HOST", emulator.addresses["grpc"]):
        publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        for topic in load_pipeline().topics:
            path = publisher.topic_path("nba-local", topic)
            publisher.create_topic(name=path)
            tap = subscriber.subscription_path("nba-local", f"tap-{topic}")
            subscriber.create_subscription(name=tap, topic=path)
        publisher.stop()
        yield emulator.addresses["grpc"]
        subscriber.close()
    emulator.stop()


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, pubsub: str) -> Iterator[Services]:
    """Both services over one emulated warehouse; each test has a date of its own in it."""
    with running_emulator(tmp_path_factory.mktemp("bigquery")) as emulator:
        settings = _settings("coordinator", emulator, pubsub)
        platform = Platform(settings)
        bootstrap(platform.warehouse, "us-west2")
        subscriber = pubsub_v1.SubscriberClient()
        yield Services(
            platform,
            create_coordinator(settings).test_client(),
            create_worker(_settings("worker", emulator, pubsub), ONE_SYSTEM).test_client(),
            Bus("nba-local", subscriber),
        )
        subscriber.close()


@dataclass
class Night:
    """One date: its games, players and lines, and the messages about it."""

    day: date
    services: Services
    generation: datetime = datetime(2024, 12, 3, 14, tzinfo=UTC)
    players: list[Row] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)
    message_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def platform(self) -> Platform:
        return self.services.platform

    @property
    def tip(self) -> datetime:
        """When the games begin unless said otherwise: 19:30 Eastern."""
        return datetime.combine(self.day + timedelta(days=1), time(0, 30), UTC)

    @property
    def morning(self) -> AsOf:
        return AsOf(as_of=datetime.combine(self.day, time(15), UTC))

    def game(self, teams: str = "MEM_DAL") -> str:
        return f"{self.day:%Y%m%d}_{teams}"

    def add(self, name: str, teams: str = "MEM_DAL", **changes: Any) -> None:
        """A player who may play; his features average 20 points."""
        away, home = teams.split("_")
        features: Row = dict.fromkeys(load_contract().features, 1.0)
        features |= {"points_avg_last_5": 20.0, "points_avg_last_10": 22.0, "points_avg_season": 24.0}
        self.players.append(
            {
                "game_date": self.day,
                "game_id": self.game(teams),
                "tip_at": self.tip,
                "cutoff": self.morning.as_of,
                "player_lookup": name,
                "player_id": 1000 + len(self.players),
                "player_name": name.title(),
                "team_abbr": home,
                "opponent_team_abbr": away,
                "feature_version": load_contract().feature_version,
                **features,
                **NEUTRAL,
                "points_std_last_10": 6.0,
                "home_away": 1,
                "back_to_back": 0,
                "games_in_last_7_days": 3,
                "days_rest": 1,
                "playoff_game": 0,
                "has_vegas_line": 1,
                "games_played_season": 20,
                "injury_status": None,
                "availability_assumed": False,
                "quality_score": 100.0,
                "missing_features": [],
                "missing_optional_features": [],
                "phase3_features": [],
                "has_injury_report": True,
                "early_season_flag": False,
                "lines": [],
                **changes,
            }
        )

    def line(self, line: float = 21.5, book: str = "draftkings", **changes: Any) -> Row:
        offered = self.morning.as_of
        prices = {"over_price": -110, "under_price": -110, "is_main": True, "snapshot_at": offered}
        return {"bookmaker": book, "line": line, **prices, **changes}

    def store(self, state: State = State.COMPLETE) -> None:
        """Schedule and phases 3 and 4 of the date, as their tables and the pipeline's state have them."""
        features = [{k: v for k, v in player.items() if k != "lines"} for player in self.players]
        self.load("ml_feature_store", features)
        self.load("upcoming_player_game_context", [_context(player) for player in self.players])
        if "player_game_summary" not in self.loaded:  # the games are not over
            tips = {player["game_id"][9:]: player["tip_at"] for player in self.players}
            self.load("nba_schedule", [self.schedule(g, "SCHEDULED", tip_at=tip) for g, tip in tips.items()])
        self.event("ml_feature_store", state, Phase.PRECOMPUTE, rows=len(features))

    def load(self, table: str, rows: list[Row]) -> None:
        """Makes these the table's rows of the date; quicker than the replacement that the services use."""
        warehouse, spec = self.platform.warehouse, spec_of(table)
        if table in self.loaded:
            warehouse.run(f"DELETE FROM {spec.table} WHERE game_date = @day", day=self.day)
        self.loaded.add(table)
        written = {"generation": self.generation, "run_id": "test", "written_at": self.generation}
        warehouse.load(table, [{**row, **written} for row in rows])

    def event(self, output: str, state: State, phase: Phase, rows: int = 1) -> None:
        event = Event(self.day, phase, output, state, self.generation, "test", rows_stored=rows)
        self.platform.state.append([event])

    def newer(self, minutes: int = 60) -> None:
        """From now on everything rests on news that came later."""
        self.generation += timedelta(minutes=minutes)

    def message(self, phase: Phase = Phase.PRECOMPUTE, knowledge: AsOf | None = None) -> PhaseMessage:
        return completion(
            phase,
            "test",
            f"run-{next(self.message_ids)}",
            DateSpan(from_date=self.day, to_date=self.day),
            Status.SUCCESS,
            "test-correlation",
            outputs=[Output(table="ml_feature_store", rows=len(self.players))],
            generation=self.generation,
            knowledge=knowledge or self.morning,
        )

    def post(
        self, path: str, body: Message | Row, attempt: int = 1, copy_of: str | None = None, **attributes: str
    ) -> TestResponse:
        """Posts a message, or a copy of one, as Pub/Sub does to the service that has the path."""
        text = body.model_dump_json() if isinstance(body, Message) else json.dumps(body)
        envelope = {
            "message": {
                "data": base64.b64encode(text.encode()).decode(),
                "messageId": copy_of or f"{self.day:%Y%m%d}{next(self.message_ids)}",
                "attributes": attributes,
            },
            "subscription": "projects/nba-local/subscriptions/test",
            "deliveryAttempt": attempt,
        }
        client = self.services.worker if path == "/predict" else self.services.coordinator
        return client.post(path, json=envelope, headers=KEY)

    def start(self, knowledge: AsOf | None = None) -> Row:
        response = self.post("/process", self.message(knowledge=knowledge))
        assert response.status_code == 200, response.text
        return response.get_json()

    def requests(self) -> list[Row]:
        return self.services.bus.take("prediction-request")

    def readies(self) -> list[Row]:
        return self.services.bus.take("prediction-ready")

    def announced(self) -> list[Row]:
        return self.services.bus.take(PREDICTIONS_TOPIC)

    def predict(self, *requests: Row, attempt: int = 1) -> list[Row]:
        """Delivers requests to the worker and takes the ready messages that it published."""
        for request in requests:
            response = self.post("/predict", request, attempt)
            assert response.status_code == 200, response.text
        return self.readies()

    def complete(self, *readies: Row) -> list[Row]:
        answers = []
        for ready in readies:
            response = self.post("/complete", ready)
            assert response.status_code == 200, response.text
            answers.append(response.get_json())
        return answers

    def run(self) -> list[Row]:
        """The whole of phase 5 in order; returns the date's predictions."""
        self.start()
        self.complete(*self.predict(*self.requests()))
        return self.rows()

    def rows(self, table: str = "player_prop_predictions") -> list[Row]:
        spec = spec_of(table)
        rows = self.platform.warehouse.rows(
            f"SELECT * FROM {spec.table} WHERE game_date = @day", day=self.day
        )
        names = ("player_lookup", "system_id", "bookmaker", "line")
        return sorted(rows, key=lambda row: repr([row.get(name) for name in names]))

    def stable_rows(self, table: str = "player_prop_predictions") -> list[Row]:
        """The rows by the columns by which tables are compared, in one order."""
        names = spec_of(table).stable_columns()
        return sorted(({name: row[name] for name in names} for row in self.rows(table)), key=repr)

    def state(self, output: str = "player_prop_predictions") -> OutputState | None:
        return self.platform.state.read(self.day, self.day).get((self.day, output))

    def states(self, prefix: str) -> dict[str, State]:
        read = self.platform.state.read(self.day, self.day, prefix)
        return {output: state.state for (_, output), state in read.items()}

    def jobs(self, work: Callable[[], object]) -> int:
        """How many BigQuery jobs a piece of work took."""
        client, began = self.platform.warehouse.client, utc_now()
        before = {job.job_id for job in client.list_jobs(min_creation_time=began)}
        work()
        return len({job.job_id for job in client.list_jobs(min_creation_time=began)} - before)

    def schedule(self, teams: str = "MEM_DAL", status: str = "FINAL", **changes: Any) -> Row:
        away, home = teams.split("_")
        return {
            "game_id": self.game(teams),
            "nba_game_id": f"00{self.day:%y%m%d}{sum(map(ord, teams)) % 100:02d}",
            "game_date": self.day,
            "season_year": 3000 + self.day.toordinal() % 1000,
            "season_type": "regular",
            "tip_at": self.tip,
            "tip_assumed": False,
            "home_team": home,
            "away_team": away,
            "status": status,
            "neutral_site": False,
            **changes,
        }

    def box(self, name: str, points: int, teams: str = "MEM_DAL", seconds: int = 2190) -> Row:
        away, home = teams.split("_")
        counted = [c for c in spec_of("player_game_summary").columns if c.type == "INT64" and c.required]
        return {
            **{column.name: 0 for column in counted},
            "player_lookup": name,
            "player_name": name.title(),
            "game_id": self.game(teams),
            "game_date": self.day,
            "season_type": "regular",
            "team_abbr": home,
            "opponent_team_abbr": away,
            "is_home": True,
            "seconds_played": seconds,
            "minutes_played": seconds / 60,
            "points": points,
        }

    def finish_games(self, boxes: list[Row], games: list[Row] | None = None) -> None:
        """The next morning: the schedule says final and the boxes are in."""
        self.load("nba_schedule", games or [self.schedule()])
        self.load("player_game_summary", boxes)
        self.event("player_game_summary", State.COMPLETE, Phase.ANALYTICS, rows=len(boxes))

    def grade(self) -> Row:
        response = self.post("/grade", self.message(Phase.ANALYTICS))
        assert response.status_code == 200, response.text
        return response.get_json()


def _context(player: Row) -> Row:
    names = {column.name for column in spec_of("upcoming_player_game_context").columns}
    row = {name: value for name, value in player.items() if name in names}
    flags = {name: bool(player[name]) for name in ("back_to_back", "is_new_to_team")}
    return {**row, **flags, "history_end": player["game_date"], "is_on_roster": True}


@pytest.fixture
def night(services: Services) -> Night:
    """A date that no other test uses, with nothing on the bus."""
    for topic in load_pipeline().topics:
        services.bus.take(topic)
    return Night(_FIRST_DAY + timedelta(days=next(_DAYS)), services)


@pytest.fixture
def repo_root() -> Path:
    return Path(__file__).resolve().parents[2]
