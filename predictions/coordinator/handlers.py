"""What the coordinator does with each message, and what follows from having done it."""

from collections import deque
from datetime import date
from threading import Lock

from orchestration.platform import Platform
from orchestration.rules import may_be_better, verdicts
from orchestration.state import State, States
from predictions.chunks import chunk_event, chunk_output
from predictions.coordinator.batch import OUTPUT, BatchId
from predictions.coordinator.consolidation import close_batch
from predictions.coordinator.finish import Origin
from predictions.coordinator.plan import Order
from predictions.coordinator.start import start
from predictions.grading.grade import OUTPUT as GRADES
from predictions.grading.grade import grade
from shared.http.push import Delivery
from shared.messages import AsOf, Message, PhaseMessage, PredictionReady, PredictionRequest
from shared.outcomes import Outcome, OutcomeKind, done, not_yet

# Messages whose copies are known as such; copies come within minutes.
_REMEMBERED = 1000


def origin_of(message: Message) -> Origin:
    """A message as the cause of what it brings about."""
    return Origin(message.correlation_id, getattr(message, "message_key", None))


class Coordinator:
    """Handles completions of phases 4 and 3, chunks that ended, and messages that were given up."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        # Of chunks that end at once each may find that it was the last: the second finds the batch closed.
        self._closing = Lock()
        self._handled: deque[str] = deque(maxlen=_REMEMBERED)

    def process(self, delivery: Delivery[PhaseMessage]) -> Outcome:
        """Phase 4 has finished something: predict the dates that are due, or to be retried.

        A copy of a message that this process has handled asks for nothing: the chunks are on their way, and
        each would be predicted once more. One that another process may have left halfway is handled again.
        """
        if delivery.message_id in self._handled:
            return done("this message has been handled already")
        message = delivery.message
        days = message.span.dates()
        again = self._to_retry(days) if message.retry else frozenset()
        outcome = self.start(Order(days, message.knowledge, origin_of(message), again=again))
        if outcome.kind is OutcomeKind.DONE:
            self._handled.append(delivery.message_id)
        return outcome

    def _to_retry(self, days: list[date]) -> frozenset[date]:
        """Dates to predict again: they failed, or were degraded by features that no longer are."""
        states = self.platform.state.read(min(days), max(days))
        rule = self.platform.pipeline.rule(OUTPUT)
        return frozenset(day for day in days if may_be_better(states, day, OUTPUT, rule))

    def start(self, order: Order) -> Outcome:
        """Predicts the dates that are due, and grades what thereby became due."""
        outcome = start(self.platform, order)
        for closed in outcome.detail.get("closed", []):
            self._follow(BatchId.parse(closed), order.origin)
        if over := outcome.detail.get("over"):
            self._grade_due([date.fromisoformat(day) for day in over], order.origin)
        return outcome

    def complete(self, delivery: Delivery[PredictionReady]) -> Outcome:
        """A chunk has ended: close its batch if it was the last.

        Whoever ended it looked at the others afterwards. If one was open then, its own message closes the
        batch, and there is nothing to ask the warehouse.
        """
        message = delivery.message
        if waiting := message.open_chunks:
            return not_yet(f"{len(waiting)} chunks of the batch were open then", open_chunks=list(waiting))
        return self.close(BatchId.parse(message.batch_id), origin_of(message))

    def grade(self, delivery: Delivery[PhaseMessage]) -> Outcome:
        """Phase 3 has finished something: grade the dates that are due."""
        message = delivery.message
        return grade(self.platform, message.span.dates(), origin_of(message))

    def given_up(self, message: PredictionRequest | PredictionReady, reason: str) -> Outcome:
        """A chunk's message ran out of attempts: the chunk ends, and its batch if it was the last."""
        if isinstance(message, PredictionRequest):
            self._fail_chunk(message, reason)
        return self.close(BatchId.parse(message.batch_id), origin_of(message))

    def close(self, batch_id: BatchId, origin: Origin) -> Outcome:
        """Closes a batch if it can be closed now, and goes on with what waited for that."""
        with self._closing:
            outcome = close_batch(self.platform, batch_id, origin)
        if outcome.detail.get("closed"):
            self._follow(batch_id, origin)
        return outcome

    def _follow(self, batch_id: BatchId, origin: Origin) -> None:
        """What came in while the batch was open: news for which it was waited, or the end of the games."""
        day = batch_id.game_date
        states = self.platform.state.read(day, day)
        own = states.get((day, OUTPUT))
        if own and own.state is State.RUNNING and own.generation > batch_id.generation:
            self.start(Order([day], AsOf(), origin))
        else:
            self._grade_due([day], origin, states)

    def _grade_due(self, days: list[date], origin: Origin, states: States | None = None) -> None:
        if states is None:
            states = self.platform.state.read(min(days), max(days))
        rule, degraded = self.platform.pipeline.rule(GRADES), self.platform.settings.ALLOW_DEGRADED_MODE
        judged = verdicts(states, days, GRADES, rule, degraded)
        if due := [day for day, verdict in judged.items() if verdict.generation]:
            grade(self.platform, due, origin)

    def _fail_chunk(self, request: PredictionRequest, reason: str) -> None:
        """Ends a chunk as FAILED unless it has ended: an attempt may have succeeded unacknowledged."""
        output = chunk_output(request.batch_id, request.game_id)
        day = request.game_date
        chunk = self.platform.state.read(day, day, output).get((day, output))
        if chunk and chunk.terminal:
            return
        self.platform.state.append([chunk_event(request, State.FAILED, reason=reason)])
