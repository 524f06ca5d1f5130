"""What is ordered, and the batch that follows from it: pure, over what is stored and on the slate."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from orchestration.state import Event, State, States
from predictions.coordinator.batch import Batch, BatchId
from predictions.coordinator.finish import Origin, date_event
from predictions.coordinator.slate import Player, requests_of
from shared.messages import AsOf

REQUEST_TOPIC = "prediction-request"


@dataclass(frozen=True)
class Selection:
    """What an operator wants of a slate; nothing given means everybody, by every system.

    Args:
        systems: whose rows the batch asks for.
        min_minutes: below this average of minutes only players with a line are asked for.
    """

    systems: tuple[str, ...] = ()
    min_minutes: float | None = None


@dataclass(frozen=True)
class Order:
    """What to start.

    Args:
        force: predict every date again although it has ended on its newest inputs.
        selection: what of the slate, and by which systems.
        again: dates that are forced where not all are. They are part of this one order, as a second one that
            followed would find their new batches open and ask for every chunk of them once more.
    """

    days: list[date]
    knowledge: AsOf
    origin: Origin
    force: bool = False
    selection: Selection = Selection()
    again: frozenset[date] = frozenset()

    def forces(self, day: date) -> bool:
        """Whether to predict a date again although it has ended."""
        return self.force or day in self.again


@dataclass(frozen=True)
class Plan:
    """A batch to bring on its way.

    Args:
        requests: its players, if it is new and not yet stored.
        waiting: what says that newer news waits for it to close.
    """

    batch: Batch
    requests: list[dict[str, Any]] = field(default_factory=list)
    waiting: Event | None = None


def plan_of(
    batch_id: BatchId, stored: list[Batch], players: list[Player], states: States, order: Order
) -> Plan | None:
    """The stored batch of this generation, or a new one; None when nobody is left to predict."""
    same = [batch for batch in stored if batch.id.generation == batch_id.generation]
    if same and not order.forces(batch_id.game_date):
        return Plan(same[-1])
    attempt = same[-1].id.attempt + 1 if same else 1
    new = _new(BatchId(batch_id.game_date, batch_id.generation, attempt), players, order)
    begun = _begun_chunks(stored, players, batch_id, states)
    if begun or (new is None and stored and stored[-1].open_chunks(states)):
        # Asked for before the games began and still to be taken into place; its closing comes back here.
        reason = f"batch {stored[-1].id} is open"
        return Plan(stored[-1], waiting=date_event(batch_id, State.RUNNING, reason=reason))
    return new


def _begun_chunks(stored: list[Batch], players: list[Player], batch_id: BatchId, states: States) -> set[str]:
    """Open chunks of the newest stored batch that a newer one would supersede and could not ask for again."""
    if not stored or stored[-1].id.generation >= batch_id.generation:
        return set()
    return set(stored[-1].open_chunks(states)) - {player["game_id"] for player in players}


def _new(batch_id: BatchId, players: Iterable[Player], order: Order) -> Plan | None:
    requests = requests_of(players, order.selection.min_minutes)
    if not requests:
        return None
    asked = Counter(row["game_id"] for row in requests if row["status"] == "REQUESTED")
    skips = Counter(row["skip_kind"] for row in requests if row["skip_kind"])
    knowledge, systems = order.knowledge, order.selection.systems
    batch = Batch(batch_id, knowledge, dict(sorted(asked.items())), dict(skips), systems)
    own = {"batch_id": str(batch_id), "generation": batch_id.generation, "systems": list(systems)}
    return Plan(batch, [{**row, **own, **knowledge.model_dump()} for row in requests])
