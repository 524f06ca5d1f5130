"""The prediction worker: one chunk of players in, one staged result and one ready message out."""

from flask_openapi3 import OpenAPI

from orchestration.platform import Platform
from orchestration.state import OutputState, State
from predictions.chunks import chunk_event, chunk_output
from predictions.systems.contract import load_contract
from predictions.systems.system_set import SystemSet
from predictions.worker.champion import ChampionSystems, FixedSystems
from predictions.worker.chunk import Staged, check_players, predict_and_stage
from predictions.worker.date_books import DateBooks
from predictions.worker.look_up import look_up
from shared.http.app import create_service
from shared.http.push import Delivery, add_push_route
from shared.messages import MAX_OPEN_CHUNKS, PredictionReady, PredictionRequest, Status
from shared.outcomes import Outcome, done
from shared.settings import Settings, load_settings
from shared.warehouse.specs import all_specs

READY_TOPIC = "prediction-ready"
_REASON_CHARACTERS = 1000


def create_app(settings: Settings | None = None, systems: SystemSet | None = None) -> OpenAPI:
    """The worker's Flask app; it predicts with the champion's systems unless it is given others."""
    settings = settings or load_settings()
    # A slate's chunks come at once: what each needs is read before the first.
    all_specs()
    worker = Worker(Platform(settings), FixedSystems(systems) if systems else ChampionSystems())
    checks = {**worker.platform.checks(), "model": worker.check_model}
    app = create_service(settings, "prediction worker", checks)
    letters = worker.platform.dead_letters
    add_push_route(app, "/predict", PredictionRequest, worker.predict, letters, worker.give_up)
    return app


class Worker:
    """Handles requests for chunks."""

    def __init__(self, platform: Platform, systems: ChampionSystems | FixedSystems) -> None:
        self.platform, self._systems, self._date_books = platform, systems, DateBooks()

    def check_model(self) -> None:
        """Raises when no champion could predict from the feature store as its manifest describes it."""
        self._systems.get(self.platform.warehouse, load_contract())

    def predict(self, delivery: Delivery[PredictionRequest]) -> Outcome:
        """Predicts a chunk, unless it has been predicted or its batch is superseded."""
        request, contract = delivery.message, load_contract()
        chunk = look_up(self.platform.warehouse, request, contract, self._date_books)
        state = chunk.state
        if state and state.state is State.SUPERSEDED:
            return done(f"batch {request.batch_id} is superseded")
        if state and state.usable and state.attempt_id:
            if delivery.redelivered:
                self._announce(request, Staged(state.attempt_id, state.rows_stored or 0))
            return done(f"{request.game_id} is predicted already", rows=state.rows_stored)
        players = check_players(chunk.players, request, contract)
        systems = self._systems.get(self.platform.warehouse, contract, chunk.champions)
        staged = predict_and_stage(self.platform.warehouse, request, players, systems.only(request.systems))
        self._announce(request, staged)
        return done(f"{request.game_id} is predicted", players=players.num_rows, rows=staged.rows)

    def give_up(self, request: PredictionRequest, reason: str) -> None:
        """Ends a chunk that can never succeed, so that its batch can close without it.

        A chunk that has ended otherwise stays so: another delivery may have succeeded meanwhile.
        """
        reason, chunk = reason[:_REASON_CHARACTERS], self._chunk(request)
        if chunk and chunk.terminal and chunk.state is not State.FAILED:
            return
        if not (chunk and chunk.terminal):
            self.platform.state.append([chunk_event(request, State.FAILED, reason=reason)])
        self.platform.bus.publish(READY_TOPIC, _ready(request, Status.FAILED, rows=0, reason=reason))

    def _chunk(self, request: PredictionRequest) -> OutputState | None:
        output = chunk_output(request.batch_id, request.game_id)
        states = self.platform.state.read(request.game_date, request.game_date, output)
        return states.get((request.game_date, output))

    def _announce(self, request: PredictionRequest, staged: Staged) -> None:
        waiting = staged.open_chunks and staged.open_chunks[:MAX_OPEN_CHUNKS]
        found = {"attempt_id": staged.attempt_id, "open_chunks": waiting}
        ready = _ready(request, Status.SUCCESS, rows=staged.rows, **found)
        self.platform.bus.publish(READY_TOPIC, ready)


def _ready(request: PredictionRequest, status: Status, **details: object) -> PredictionReady:
    return PredictionReady(
        correlation_id=request.correlation_id,
        batch_id=request.batch_id,
        game_date=request.game_date,
        game_id=request.game_id,
        status=status,
        **details,
    )
