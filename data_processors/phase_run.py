"""One run of a SQL phase over a span of dates: what is due, made in pipeline order, counted and recorded."""

import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.api_core import exceptions

from data_processors.counting import Counted, by_date, counting, looking, stored
from data_processors.decisions import Completeness, Decision, Slate, Step, decide
from orchestration.pipeline import RECENT_DAYS, OutputRule
from orchestration.platform import Platform
from orchestration.rules import is_degraded, may_be_better
from orchestration.state import Event, OutputState, State, States
from shared.clock import eastern_date, utc_now
from shared.messages import AsOf, DateSpan, Output, Phase, Status
from shared.outcomes import PermanentError, TransientError
from shared.warehouse.checks import Inspected, enforce, inspect, inspected
from shared.warehouse.replace import DatesOf, remove_dates, replace_dates, replace_together
from shared.warehouse.specs import TableSpec, spec_of
from shared.warehouse.warehouse import Warehouse

_LOG = logging.getLogger(__name__)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def slates(warehouse: Warehouse, first: date, last: date, moment: datetime) -> dict[date, Slate]:
    """The dates between two that have games; which of them are open is told as of a moment."""
    tips: dict[date, list[datetime]] = {}
    for game in warehouse.read("nba_schedule", ["game_date", "tip_at", "status"], first, last).to_pylist():
        if game["status"] != "POSTPONED":
            tips.setdefault(game["game_date"], []).append(game["tip_at"])
    return {day: Slate(len(at), max(at), sum(tip > moment for tip in at)) for day, at in tips.items()}


@dataclass(frozen=True)
class Ahead:
    """An output's dates that one job made with others', on what generations, and what was seen of them."""

    generations: Mapping[date, datetime]
    seen: Inspected


@dataclass
class PhaseRun:
    """One run of a phase.

    Args:
        only: the outputs to make; all of the phase when empty.
        again: make what is current too.
        retry: make what FAILED, or was degraded for want of what is there now, too.
        renews: output -> the dates of the span on which it is made again, and on no others; all when empty.
        states: of the span, and as far before and after it as `recent` inputs reach; slates as far after it.
        waiting: the dates that lack an input or have too few rows, by output and by what they wait for.
        ahead: what was made in one job before each output's turn.
        held: what it left alone because its games had tipped off, by output.
    """

    platform: Platform
    phase: Phase
    span: DateSpan
    knowledge: AsOf
    only: tuple[str, ...] = ()
    again: bool = False
    retry: bool = False
    renews: Mapping[str, set[date]] = field(default_factory=dict)
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    states: States = field(default_factory=dict)
    slates: Mapping[date, Slate] = field(default_factory=dict)
    frozen: Mapping[str, set[date]] = field(default_factory=dict)
    held: dict[str, set[date]] = field(default_factory=dict)
    waiting: dict[str, dict[str, set[date]]] = field(default_factory=dict)
    outdated: bool = False
    made: list[Event] = field(default_factory=list)
    ahead: dict[str, Ahead] = field(default_factory=dict)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        # Once for the whole run: a tip-off that passes meanwhile must not change what is open halfway.
        self.now = self.knowledge.as_of or utc_now()

    def execute(self) -> None:
        """Makes all that is due; the events are written after their effects, also when a later output fails.

        Raises:
            TransientError: the warehouse could not do it now.
        """
        first, last = self.span.from_date, self.span.to_date
        reach = timedelta(days=RECENT_DAYS if any(rule.recent for rule in self.rules().values()) else 0)
        self.slates = slates(self.platform.warehouse, first, last + reach, self.moment)
        self.states = self.platform.state.read(first - reach, last + reach)
        self.frozen = {output: self._frozen_days(output) for output in self.rules()}
        # What is renewed stands until it has been made: should that never succeed, nobody waits for it.
        together = self._due_together()
        if not self.renews:
            self._record_running(together)
        self._make_together(together)
        try:
            for output, rule in self.rules().items():
                self._make(output, rule)
        finally:
            self.platform.state.append(self.made)

    @property
    def moment(self) -> datetime:
        """Games that tip off later are open: of all with a lead before each tip."""
        if self.knowledge.lead_minutes is not None:
            return _LONG_AGO
        return self.now

    @property
    def _known(self) -> AsOf:
        """What may be known, with the run's own moment where nothing else was asked for."""
        return self.knowledge if self.knowledge.lead_minutes is not None else AsOf(as_of=self.now)

    @property
    def days(self) -> list[date]:
        """The dates that the run is about and that have games or any event."""
        known = {*self.slates, *(day for day, _ in self.states)}
        asked = set().union(*self.renews.values()) if self.renews else self.span.dates()
        return sorted(known.intersection(asked))

    def _days_of(self, output: str) -> list[date]:
        """Those on which the run makes an output: what is renewed has dates of its own."""
        return [day for day in self.days if not self.renews or day in self.renews.get(output, ())]

    def failures(self) -> list[str]:
        """What this run could not make, by output and date."""
        return [f"{e.output} {e.game_date}: {e.reason}" for e in self.made if e.state is State.FAILED]

    def outputs(self) -> list[Output]:
        """The rows that the phase's usable outputs have in the span."""
        found: dict[str, list[OutputState]] = {}
        for (_, output), state in self._terminal().items():
            if state.usable:
                found.setdefault(output, []).append(state)
        return [_output(name, found[name]) for name in self.rules() if name in found]

    def generation(self) -> datetime | None:
        """The newest input that the phase's outputs of the span rest on; None without outputs."""
        return max((state.generation for state in self._terminal().values()), default=None)

    def status(self) -> Status | None:
        """How the phase's outputs of the span stand; None when none is terminal on what it rests on now."""
        found = {state.state for state in self._terminal().values()}
        if not found:
            return None
        if self.outdated:
            return Status.PARTIAL
        if State.FAILED in found:
            return Status.FAILED if found == {State.FAILED} else Status.PARTIAL
        return Status.NO_DATA if found == {State.EMPTY_OK} else Status.SUCCESS

    def _terminal(self) -> States:
        own = {(day, name) for name in self.rules() for day in self._days_of(name)}
        return {key: state for key, state in self.states.items() if key in own and state.terminal}

    def rules(self) -> dict[str, OutputRule]:
        """The outputs that the run makes, and what each rests on."""
        rules = self.platform.pipeline.phases[self.phase].outputs
        return {name: rule for name, rule in rules.items() if not self.only or name in self.only}

    def _judge(self, states: States, output: str, rule: OutputRule) -> dict[date, Decision]:
        degraded = self.platform.settings.ALLOW_DEGRADED_MODE
        return {
            day: decide(
                states,
                day,
                output,
                rule,
                self.slates.get(day),
                frozen=day in self.frozen[output],
                degraded=degraded,
                again=self.again or (self.retry and may_be_better(states, day, output, rule)),
            )
            for day in self._days_of(output)
        }

    def _decide(self, output: str, rule: OutputRule) -> dict[date, Decision]:
        decisions = self._judge(self.states, output, rule)
        for day, decision in decisions.items():
            if decision.step is Step.WAITING and decision.generation:
                self._outdate(day, output, decision.generation)
        return decisions

    def _record_running(self, together: Mapping[str, Mapping[date, datetime]]) -> None:
        """Records what is due at once, or made together with it; what else rests on it shows only its end, as
        it may never begin."""
        due = together or {name: _due(self._decide(name, rule)) for name, rule in self.rules().items()}
        self.platform.state.append(
            self._event(day, output, State.RUNNING, Decision(Step.DUE, generation))
            for output, days in due.items()
            for day, generation in days.items()
        )

    def _frozen_days(self, output: str) -> set[date]:
        """The dates whose games have all tipped off: a pre-game output stays there as it is, or absent."""
        if not spec_of(output).frozen_at_tip:
            return set()
        return {day for day, slate in self.slates.items() if slate.last_tip_at <= self.moment}

    def _make_together(self, due: Mapping[str, Mapping[date, datetime]]) -> None:
        """Makes in one job what is due, where that is all that the run makes and on the same dates.

        Each is judged in its turn as if it had just been made by itself. Where anything is not as it should
        be, each is made by itself in its turn after all.
        """
        if len(due) < 2:
            return
        parts = [DatesOf(spec_of(name), days, looking(spec_of(name))) for name, days in due.items()]
        try:
            replaced = replace_together(
                self.platform.warehouse, parts, self._known, self.run_id, moment=self.moment
            )
        except (PermanentError, TransientError, exceptions.ClientError) as error:
            _LOG.warning("%d tables are made one by one: %s", len(due), error)
            return
        seen = {name: inspected(spec_of(name), each.seen) for name, each in zip(due, replaced, strict=True)}
        if all(found.holds for found in seen.values()) and not any(each.superseded for each in replaced):
            self.ahead = {name: Ahead(days, seen[name]) for name, days in due.items()}

    def _due_together(self) -> dict[str, dict[date, datetime]]:
        """All outputs of the run, each with its dates' generations if those before end well; none unless
        every one is due on the same dates and rests on no more of the others than their end."""
        rules = self.rules()
        states, found = dict(self.states), dict[str, dict[date, datetime]]()
        for output, rule in rules.items():
            due = _due(self._judge(states, output, rule))
            same = not found or due.keys() == next(iter(found.values())).keys()
            if not same or not 0 < len(due) <= RECENT_DAYS or rules.keys() & {*rule.requires, *rule.recent}:
                return {}
            found[output] = due
            for day, generation in due.items():
                states[day, output] = OutputState(State.COMPLETE, generation)
        return found

    def _make(self, output: str, rule: OutputRule) -> None:
        decisions = self._decide(output, rule)
        for day, decision in decisions.items():
            for name in decision.waits_for:
                self._wait(output, name, day)
        if held := {day for day, d in decisions.items() if d.step is Step.FROZEN}:
            self.held[output] = held
        empty = {day: d for day, d in decisions.items() if d.step is Step.EMPTY}
        self._finish([self._event(day, output, State.EMPTY_OK, d, 0) for day, d in empty.items()])
        if due := _due(decisions):
            self._finish(self._store(output, rule, due))

    def _wait(self, output: str, awaited: str, day: date) -> None:
        self.waiting.setdefault(output, {}).setdefault(awaited, set()).add(day)

    def _outdate(self, day: date, output: str, generation: datetime) -> None:
        """What an output was on older inputs is neither used nor announced while it waits for newer ones."""
        own = self.states.get((day, output))
        if own and own.terminal:
            self.states[day, output] = OutputState(State.RUNNING, generation)
            self.outdated = True

    def _finish(self, events: list[Event]) -> None:
        self.made += events
        for e in events:
            self.states[e.game_date, e.output] = OutputState(
                e.state,
                e.generation,
                e.rows_stored,
                e.reason,
                games=e.games,
                games_expected=e.games_expected,
                rows_expected=e.rows_expected,
            )

    def _store(self, output: str, rule: OutputRule, due: dict[date, datetime]) -> list[Event]:
        spec = spec_of(output)
        superseded, failed, seen = self._replaced(spec, due)
        rows, holds = self._inspect(spec, due, seen)
        if not holds and (written := {day: made for day, made in due.items() if day not in failed}):
            broken = self._failed_days(spec, written)
            self._remove(spec, {day: due[day] for day in broken})
            failed |= broken
            rows = {day: found for day, found in rows.items() if day not in broken}
        events = []
        for day, generation in due.items():
            found = rows.get(day)
            count = found.stored_rows if found else 0
            covered = self._completeness(spec, day, found)
            reason = failed.get(day) or self._too_few(day, count)
            if not reason and not self._goes_on(day, covered):
                self._wait(output, f"more than {covered.told}", day)
                self._outdate(day, output, generation)
                continue
            state = State.FAILED if reason else self._good_state(day, rule, count, covered)
            reason = reason or ("rows of a newer generation were there" if day in superseded else None)
            if state is State.DEGRADED and covered.share < self._threshold:
                reason = covered.told
            decision = Decision(Step.DUE, generation)
            events.append(self._event(day, output, state, decision, count, reason, covered))
        return events

    @property
    def _threshold(self) -> float:
        return self.platform.settings.COMPLETENESS_THRESHOLD

    def _completeness(self, spec: TableSpec, day: date, found: Counted | None) -> Completeness:
        slate = self.slates.get(day)
        expected = (slate.open_games if spec.frozen_at_tip else slate.games) if slate else 0
        if found is None:
            return Completeness(0, expected)
        return Completeness(found.games, expected, found.open_rows, found.expected_rows)

    def _goes_on(self, day: date, covered: Completeness) -> bool:
        age_days = (eastern_date(self.now) - day).days
        degraded = self.platform.settings.ALLOW_DEGRADED_MODE
        return covered.suffices(self._threshold, age_days, degraded)

    def _replaced(
        self, spec: TableSpec, due: dict[date, datetime]
    ) -> tuple[set[date], dict[date, str], Inspected | None]:
        """The dates that were superseded, those that the warehouse refuses to store, and what was seen of
        all; together, and in halves only to find the guilty, after which nothing was seen."""
        ahead = self.ahead.get(spec.name)
        if ahead and ahead.generations == due:
            return set(), {}, ahead.seen
        try:
            superseded, seen = self._replace(spec, due)
            return superseded, {}, seen
        except PermanentError as error:
            if len(due) == 1:
                return set(), dict.fromkeys(due, str(error)), None
        (newer, bad, _), (more_newer, more_bad, _) = (self._replaced(spec, half) for half in _halves(due))
        return newer | more_newer, bad | more_bad, None

    def _replace(self, spec: TableSpec, due: dict[date, datetime]) -> tuple[set[date], Inspected | None]:
        """Recomputes the dates in one job, and looks at them in it; returns those that a newer run has made
        already, and what was seen, unless there are any."""
        warehouse, seeing = self.platform.warehouse, looking(spec)
        replaced = replace_dates(
            warehouse, spec, due, self._known, self.run_id, seeing=seeing, moment=self.moment
        )
        if not replaced.superseded:
            return set(), inspected(spec, replaced.seen)
        there = stored(warehouse, spec, due, self.moment)
        rest = {day: made for day, made in due.items() if day not in there or there[day].generation <= made}
        if not rest or len(rest) == len(due):
            return set(due), None
        return set(due) - set(rest) | self._replace(spec, rest)[0], None

    def _remove(self, spec: TableSpec, broken: Mapping[date, datetime]) -> None:
        """Takes the rows of dates that broke a check out of the table, so that nobody rests on them."""
        if broken:
            remove_dates(self.platform.warehouse, spec, broken, self._known, self.run_id)

    def _inspect(
        self, spec: TableSpec, due: Mapping[date, datetime], seen: Inspected | None
    ) -> tuple[dict[date, Counted], bool]:
        """What the table has for each date, and whether all #fail checks hold; warnings are logged."""
        first, last = min(due), max(due)
        found = seen or inspect(
            self.platform.warehouse, spec, first, last, counting(spec), moment=self.moment
        )
        for broken in found.violations:
            if broken.level == "warn":
                _LOG.warning("%s %s to %s: %s", spec.name, first, last, broken.told)
        return by_date(found.counts), found.holds

    def _failed_days(self, spec: TableSpec, due: Mapping[date, datetime]) -> dict[date, str]:
        """The dates whose #fail checks do not hold; together, and in halves only to find the guilty."""
        try:
            enforce(self.platform.warehouse, spec, min(due), max(due))
        except PermanentError as error:
            if len(due) == 1:
                return dict.fromkeys(due, str(error))
            first, second = (self._failed_days(spec, half) for half in _halves(due))
            return first | second
        return {}

    def _too_few(self, day: date, count: int) -> str | None:
        slate = self.slates.get(day)
        return f"0 rows although the schedule has {slate.games} games" if slate and not count else None

    def _good_state(self, day: date, rule: OutputRule, count: int, covered: Completeness) -> State:
        if not count:
            return State.EMPTY_OK
        short = covered.share < self._threshold
        return State.DEGRADED if short or is_degraded(self.states, day, rule) else State.COMPLETE

    def _event(
        self,
        day: date,
        output: str,
        state: State,
        decision: Decision,
        rows: int | None = None,
        reason: str | None = None,
        covered: Completeness | None = None,
    ) -> Event:
        if decision.generation is None:
            raise ValueError(f"{output} {day}: an event needs a generation")
        made = (day, self.phase, output, state, decision.generation, self.run_id, rows)
        counted: dict[str, Any] = covered.figures if covered else {}
        return Event(*made, reason=reason, **counted)


def _due(decisions: Mapping[date, Decision]) -> dict[date, datetime]:
    """The dates to make, each with the generation to make it on."""
    return {day: d.generation for day, d in decisions.items() if d.step is Step.DUE and d.generation}


def _halves(due: Mapping[date, datetime]) -> tuple[dict[date, datetime], dict[date, datetime]]:
    """The earlier and the later half, so that a bad date among n costs some 2 log2(n) statements."""
    days = sorted(due)
    middle = len(days) // 2
    return {day: due[day] for day in days[:middle]}, {day: due[day] for day in days[middle:]}


def _output(table: str, states: Iterable[OutputState]) -> Output:
    """The rows and games that a table's dates have together, and should have where that is known of each."""
    found = list(states)
    counted = [state for state in found if state.games_expected is not None]
    filled = [state for state in found if state.rows_stored]
    known = filled and all(state.rows_expected is not None for state in filled)
    return Output(
        table=table,
        rows=sum(state.rows_stored or 0 for state in found),
        rows_expected=sum(state.rows_expected or 0 for state in filled) if known else None,
        games=sum(state.games or 0 for state in counted) if counted else None,
        games_expected=sum(state.games_expected or 0 for state in counted) if counted else None,
    )
