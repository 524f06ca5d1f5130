"""How dates stand: what pipeline.yaml and the schedule call for, held against what the events say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from orchestration.pipeline import Pipeline
from orchestration.platform import Platform
from orchestration.state import OutputState, State, States, rank
from shared.clock import dates_between
from shared.messages import Phase
from shared.warehouse.warehouse import Warehouse

# Of an output without an event: no state of the log, as whoever reads that alone cannot see what never began.
EXPECTED = "EXPECTED"
SCHEDULE = "nba_schedule"
PREDICTED = "player_prop_predictions"
Row = Mapping[str, Any]
_GAME = ["game_date", "status", "tip_at"]
_REQUEST = ["game_date", "batch_id", "generation", "written_at"]
_EVENT = [
    *("event_id", "occurred_at", "game_date", "output", "state", "run_id", "generation", "attempt"),
    *("rows_stored", "rows_expected", "games", "games_expected", "attempt_id", "reason"),
]
_NO_GAMES = "the schedule has no games on this date"
Health = Literal["healthy", "degraded", "failed"]
_GOOD = frozenset({EXPECTED, State.RUNNING, State.COMPLETE, State.EMPTY_OK})


@dataclass(frozen=True)
class Known:
    """What is stored about one output of a date: its newest event, and how often it was asked for again.

    Args:
        attempts: how often it was asked for on its generation, beyond what came by itself.
        asked_at: when last; None when never.
    """

    state: OutputState
    occurred_at: datetime
    attempts: int = 0
    asked_at: datetime | None = None


@dataclass(frozen=True)
class Slate:
    """The games of a date as the stored schedule has them, without postponed ones.

    Args:
        open_batch: the newest batch of the date, unless it is closed.
    """

    games: int = 0
    final_games: int = 0
    first_tip: datetime | None = None
    last_tip: datetime | None = None
    open_batch: str | None = None

    @property
    def all_final(self) -> bool:
        return 0 < self.games <= self.final_games


@dataclass(frozen=True)
class OutputStatus:
    """How one output of a date stands.

    Args:
        state: its newest event's; EXPECTED without one, and EMPTY_OK on a date without games to make it of.
        due_at: when pipeline.yaml wants it to have ended; None when it never has to.
        overdue: it is past due and has not ended.
        required: predictions or grades cannot be made without it.
    """

    phase: Phase
    output: str
    state: str
    due_at: datetime | None
    overdue: bool
    required: bool
    rows_stored: int | None = None
    rows_expected: int | None = None
    games: int | None = None
    games_expected: int | None = None
    generation: datetime | None = None
    occurred_at: datetime | None = None
    age_seconds: int | None = None
    reason: str | None = None
    attempts: int = 0
    asked_at: datetime | None = None

    @property
    def usable(self) -> bool:
        return self.state in (State.COMPLETE, State.EMPTY_OK, State.DEGRADED)

    @property
    def health(self) -> Health:
        """A required output that failed or is overdue fails its date; any other fault degrades it."""
        if self.state == State.FAILED or self.overdue:
            return "failed" if self.required else "degraded"
        return "healthy" if self.state in _GOOD else "degraded"


@dataclass(frozen=True)
class DateStatus:
    """How one date stands.

    Args:
        states: what the transition rules read, of this date alone.
    """

    game_date: date
    slate: Slate
    outputs: tuple[OutputStatus, ...]
    states: States

    @property
    def games(self) -> int:
        return self.slate.games

    @property
    def first_tip(self) -> datetime | None:
        return self.slate.first_tip

    @cached_property
    def health(self) -> Health:
        """The worst of its outputs: failed when a required output is FAILED or overdue, degraded when another
        is or when anything is DEGRADED. What is not due yet or is being made is no fault."""
        found = {output.health for output in self.outputs}
        return "failed" if "failed" in found else "degraded" if "degraded" in found else "healthy"

    def output(self, name: str) -> OutputStatus:
        """One output by its name."""
        return next(output for output in self.outputs if output.output == name)

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/status/{date} answers."""
        return {
            "game_date": self.game_date.isoformat(),
            "games": self.games,
            "final_games": self.slate.final_games,
            "first_tip": self.first_tip and self.first_tip.isoformat(),
            "open_batch": self.slate.open_batch,
            "health": self.health,
            "outputs": [{**_json(output), "health": output.health} for output in self.outputs],
        }


def read_statuses(platform: Platform, first: date, last: date, now: datetime) -> list[DateStatus]:
    """How every date of a span stands at a moment, oldest first.

    Raises:
        TransientError: the warehouse cannot say now.
    """
    warehouse = platform.warehouse
    games = _by_date(warehouse.read(SCHEDULE, _GAME, first, last).to_pylist())
    # A batch is stored before its events are written: of each that is found its end is found too.
    newest = _newest_batches(warehouse, first, last)
    events = _by_date(warehouse.read("pipeline_events", _EVENT, first, last).to_pylist())
    return [
        judge(
            platform.pipeline,
            day,
            slate_of(games[day], open_batch(newest.get(day), events[day])),
            known_of(events[day]),
            now,
        )
        for day in dates_between(first, last)
    ]


def read_slates(warehouse: Warehouse, first: date, last: date) -> dict[date, Slate]:
    """The slates of the dates of a span that have rows in the schedule; of their batches nothing is read.

    Raises:
        TransientError: the warehouse cannot say now.
    """
    games = _by_date(warehouse.read(SCHEDULE, _GAME, first, last).to_pylist())
    return {day: slate_of(rows) for day, rows in games.items()}


def _by_date(rows: Iterable[Row]) -> defaultdict[date, list[Row]]:
    found: defaultdict[date, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["game_date"]].append(row)
    return found


def _newest_batches(warehouse: Warehouse, first: date, last: date) -> dict[date, str]:
    """The newest batch of each date; of a generation that was asked for again, the last one stored."""
    rows = warehouse.read("prediction_requests", _REQUEST, first, last)
    stored = rows.group_by(["game_date", "batch_id", "generation"]).aggregate([("written_at", "min")])
    in_order = sorted(stored.to_pylist(), key=lambda row: (row["generation"], row["written_at_min"]))
    return {row["game_date"]: row["batch_id"] for row in in_order}


def open_batch(newest: str | None, events: Iterable[Row]) -> str | None:
    """A date's newest batch unless an event has closed it."""
    closed = {row["run_id"] for row in events if row["output"] == PREDICTED and row["state"] != State.RUNNING}
    return None if newest in closed else newest


def slate_of(games: Sequence[Row], open_batch: str | None = None) -> Slate:
    """The slate of a date from the rows of its schedule."""
    played = [game for game in games if game["status"] != "POSTPONED"]
    tips = [game["tip_at"] for game in played]
    final = sum(game["status"] == "FINAL" for game in played)
    return Slate(len(played), final, min(tips, default=None), max(tips, default=None), open_batch)


def known_of(events: Iterable[Row]) -> dict[str, Known]:
    """Output -> what a date's events say of it; a batch's chunks are no outputs."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for event in events:
        if not event["output"].startswith("chunk/"):
            found[event["output"]].append(event)
    return {output: _known(own) for output, own in found.items()}


def _known(events: Sequence[Row]) -> Known:
    last = max(events, key=rank)
    names = [field.name for field in fields(OutputState)]
    state = OutputState(**{**{name: last[name] for name in names}, "state": State(last["state"])})
    asks = [e for e in events if e["attempt"] is not None and e["generation"] == last["generation"]]
    attempts = max((ask["attempt"] for ask in asks), default=0)
    return Known(state, last["occurred_at"], attempts, max((a["occurred_at"] for a in asks), default=None))


def judge(
    pipeline: Pipeline, day: date, slate: Slate, known: Mapping[str, Known], now: datetime
) -> DateStatus:
    """How a date stands, from what is stored about it. Pure."""
    schedule = known.get(SCHEDULE)
    idle = slate.games == 0 and schedule is not None and schedule.state.usable
    outputs = tuple(
        _output(pipeline, day, name, known.get(name), now, idle and name != SCHEDULE)
        for phase in pipeline.phases.values()
        for name in phase.outputs
    )
    return DateStatus(day, slate, outputs, {(day, name): each.state for name, each in known.items()})


def required_outputs(pipeline: Pipeline) -> frozenset[str]:
    """The outputs of the last phase, and whatever they require: those without which a date has failed."""
    wanted = set(pipeline.phases[Phase.PREDICTIONS].outputs)
    rules = {name: rule for phase in pipeline.phases.values() for name, rule in phase.outputs.items()}
    while further := {name for output in wanted for name in rules[output].requires} - wanted:
        wanted |= further
    return frozenset(wanted)


def at_fault(pipeline: Pipeline, outputs: Iterable[OutputStatus]) -> set[str]:
    """The names of a date's outputs that have failed while nothing did that they require or await: what
    follows from another's failure is no trouble of its own."""
    failed = {output.output for output in outputs if output.state == State.FAILED}
    rules = {name: pipeline.rule(name) for name in failed}
    return {name for name, rule in rules.items() if not failed.intersection(rule.requires + rule.awaits)}


def _output(
    pipeline: Pipeline, day: date, name: str, known: Known | None, now: datetime, idle: bool
) -> OutputStatus:
    due = pipeline.rule(name).due
    due_at = due.moment(day) if due else None
    ended = known.state.terminal if known else idle
    judged = OutputStatus(
        phase=pipeline.phase_of(name),
        output=name,
        state=State.EMPTY_OK if idle else EXPECTED,
        due_at=due_at,
        overdue=due_at is not None and now > due_at and not ended,
        required=name in required_outputs(pipeline),
        reason=_NO_GAMES if idle else None,
    )
    if known is None:
        return judged
    age = max(0, int((now - known.occurred_at).total_seconds()))
    own: dict[str, Any] = {**vars(known.state), "attempts": known.attempts, "asked_at": known.asked_at}
    del own["attempt_id"]
    return replace(judged, **own, occurred_at=known.occurred_at, age_seconds=age)


def _json(output: OutputStatus) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(output).items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
