"""What to do about what is overdue or has failed: pure, from a date's status and each source's newest scrape.

What can be made is asked for again, MAX_ATTEMPTS times in all; what nobody can make now ends FAILED, so that
what awaits it goes on without it. Whatever does come later is newer, and takes the place of such an end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from orchestration.pipeline import OutputRule, Pipeline
from orchestration.rules import verdict
from orchestration.state import OutputState, State, States
from orchestration.status import DateStatus, OutputStatus
from shared.messages import Phase, Status
from shared.warehouse.specs import spec_of

MAX_ATTEMPTS = 3
# Between two attempts, times those made: three of them outlast an outage of an hour.
PATIENCE = timedelta(minutes=30)
# The generation of what never came: older than anything that may yet come.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# A scrape that failed is not looked at again and again for as long as the date is.
_RAW_WINDOW = timedelta(hours=3)
# So long an end is told of again, to people and to what awaits it: a check may die before it has told.
NEWS = timedelta(hours=1)


@dataclass(frozen=True)
class ScrapeRun:
    """The newest run of a source that covers a date."""

    source: str
    run_id: str
    status: Status
    reason: str | None
    finished_at: datetime

    @property
    def landed(self) -> bool:
        return self.status is not Status.FAILED


@dataclass(frozen=True)
class Ask:
    """An output to ask for again: the generation to make it on, and the how manieth time it is."""

    output: OutputStatus
    generation: datetime
    attempt: int


@dataclass(frozen=True)
class End:
    """An output that ends FAILED, and why."""

    output: OutputStatus
    generation: datetime
    reason: str


@dataclass(frozen=True)
class Spent:
    """An output that stays FAILED, and why it is not asked for."""

    output: OutputStatus
    reason: str


@dataclass
class Plan:
    """What to do about one date.

    Args:
        asks: outputs whose inputs are there; what rests on one of them follows by itself.
        ends: outputs that nobody can make now.
        spent: outputs that stay FAILED after as many attempts as there may be, or past due without a chance.
        scrapes: the sources that have landed nothing for a raw output that is missing.
        runs: source -> its newest scrape of the date.
    """

    asks: list[Ask] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    scrapes: list[str] = field(default_factory=list)
    runs: Mapping[str, ScrapeRun] = field(default_factory=dict)


@dataclass(frozen=True)
class _Chance:
    """Whether an output can be made: `made` when asked, `open` when it may come by itself, else `lost`."""

    kind: Literal["made", "open", "lost"]
    generation: datetime | None = None
    reason: str = ""


def troubled(output: OutputStatus) -> bool:
    """Whether there is something to do about an output."""
    return output.overdue or output.state == State.FAILED


def needs_runs(status: DateStatus, now: datetime) -> bool:
    """Whether it takes the newest scrapes to know what to do about a date."""
    return any(_recent_trouble(output, now) for output in status.outputs if output.phase is Phase.RAW)


def _recent_trouble(output: OutputStatus, now: datetime) -> bool:
    if output.overdue:
        return True
    if output.state != State.FAILED:
        return False
    since = output.asked_at or output.occurred_at
    may_be_asked = output.attempts < MAX_ATTEMPTS and since is not None and now - since <= _RAW_WINDOW
    return may_be_asked or is_news(output, now)


def ended_lately(output: OutputStatus, now: datetime) -> bool:
    """Whether an output's newest event is younger than NEWS."""
    return output.occurred_at is not None and now - output.occurred_at <= NEWS


def is_news(output: OutputStatus, now: datetime) -> bool:
    """Whether a failed output has ended within NEWS, or has become due since then."""
    has_come_due = output.due_at is not None and timedelta(0) <= now - output.due_at <= NEWS
    return has_come_due or ended_lately(output, now)


class Planner:
    """Goes through a date's outputs in pipeline order, so that each knows how its inputs are dealt with.

    Args:
        runs: source -> its newest scrape of the date.
        patient: wait between attempts; an operator does not.
        degraded: ALLOW_DEGRADED_MODE.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        status: DateStatus,
        runs: Mapping[str, ScrapeRun],
        now: datetime,
        *,
        patient: bool = True,
        degraded: bool = False,
    ) -> None:
        self._pipeline, self._status, self._runs, self._now = pipeline, status, runs, now
        self._patient, self._degraded = patient, degraded
        self._states: States = dict(status.states)
        self._hoped_for: set[str] = set()
        self._plan = Plan(runs=runs)

    def plan(self) -> Plan:
        """What to do about the date."""
        for output in self._status.outputs:
            if troubled(output):
                self._deal_with(output, self._pipeline.rule(output.output))
        return self._plan

    def _deal_with(self, output: OutputStatus, rule: OutputRule) -> None:
        self._give_up_awaited(output, rule)
        chance = self._scraped(output, rule) if rule.source else self._chance(output, rule)
        if chance.kind == "open":
            self._hoped_for.add(output.output)
        elif chance.kind == "lost":
            self._end(output, chance.reason)
        elif output.attempts >= MAX_ATTEMPTS:
            self._give_up(output, chance)
        else:
            self._ask(output, chance)

    def _give_up_awaited(self, output: OutputStatus, rule: OutputRule) -> None:
        """What an overdue output still awaits, and nobody is asked for, has had its time."""
        if not output.overdue:
            return
        for name in rule.awaits:
            awaited = self._states.get((self._status.game_date, name))
            if name not in self._hoped_for and not (awaited and awaited.terminal):
                why = self._dated(f"{output.output} is overdue and can wait no longer")
                self._end(self._status.output(name), why)

    def _scraped(self, output: OutputStatus, rule: OutputRule) -> _Chance:
        """Of a raw table: whether its source has landed something that it does not rest on."""
        run = self._runs.get(str(rule.source))
        if run and run.landed:
            return _Chance("made", output.generation or NEVER)
        if run:
            why = f"its scrape failed: {run.reason}"
        else:
            why = self._dated(f"no scrape of {rule.source} has run for the date")
        if rule.source not in self._plan.scrapes:
            self._plan.scrapes.append(str(rule.source))
        return _Chance("lost", reason=why)

    def _chance(self, output: OutputStatus, rule: OutputRule) -> _Chance:
        day, slate = self._status.game_date, self._status.slate
        last_tip = slate.last_tip
        if spec_of(output.output).frozen_at_tip and last_tip is not None and last_tip <= self._now:
            return _Chance("lost", reason="every game has begun, and it may only be made before that")
        judged = verdict(self._states, day, output.output, rule, self._degraded)
        if self._hoped_for.intersection(judged.waits_for) or self._first_asked(output, rule):
            return _Chance("open")
        if judged.waits_for:
            waits = f"waits for {', '.join(map(self._told, judged.waits_for))}"
            return _Chance("lost", reason=self._dated(waits))
        if output.output == "prediction_accuracy" and not slate.all_final:
            final = f"{slate.final_games} of {slate.games} games are final"
            return _Chance("lost", reason=self._dated(final))
        return _Chance("made", judged.generation or output.generation)

    def _first_asked(self, output: OutputStatus, rule: OutputRule) -> bool:
        """Whether an input that failed in an earlier phase has just been asked for: without it, the output
        would be made worse than it need be. Of its own phase each comes in its turn."""
        asked = {
            a.output.output for a in self._plan.asks if a.attempt == 1 and a.output.phase != output.phase
        }
        return bool(asked.intersection(rule.requires + rule.awaits))

    def _dated(self, reason: str) -> str:
        """A reason that may cease to hold while the end that it is stored with still stands."""
        return f"{reason}, as of {self._now:%Y-%m-%d %H:%M} UTC"

    def _told(self, name: str) -> str:
        state = self._states.get((self._status.game_date, name))
        return f"{name} ({state.state if state else 'nothing came'})"

    def _ask(self, output: OutputStatus, chance: _Chance) -> None:
        self._hoped_for.add(output.output)
        waits_until = (output.asked_at or NEVER) + output.attempts * PATIENCE
        if chance.generation and (self._now >= waits_until or not self._patient):
            self._plan.asks.append(Ask(output, chance.generation, output.attempts + 1))

    def _give_up(self, output: OutputStatus, chance: _Chance) -> None:
        if output.state == State.FAILED:
            vain = f"asked for {output.attempts} times in vain"
            self._plan.spent.append(Spent(output, f"{vain}: {output.reason}" if output.reason else vain))
        elif self._now < (output.asked_at or NEVER) + PATIENCE:
            self._hoped_for.add(output.output)
        else:
            asked = f"asked for {output.attempts} times, last at {output.asked_at:%Y-%m-%d %H:%M} UTC"
            self._end(output, f"{asked}, and never made", chance.generation)

    def _end(self, output: OutputStatus, reason: str, generation: datetime | None = None) -> None:
        """FAILED from now on, also to whatever is looked at later; what has failed already stays so."""
        if output.state == State.FAILED:
            if output.due_at is None or output.due_at <= self._now:
                self._plan.spent.append(Spent(output, reason))
            return
        made = output.generation or generation or NEVER
        self._plan.ends.append(End(output, made, reason))
        self._states[self._status.game_date, output.output] = OutputState(State.FAILED, made, reason=reason)
