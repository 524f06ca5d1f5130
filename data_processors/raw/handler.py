"""Handles a scrape's completion: read the bodies, parse, replace, check, judge each date, announce."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from data_processors.raw.ended import Ended, as_it_is, message_of
from data_processors.raw.judging import (
    awaited,
    event_of,
    facts_of,
    generation_of,
    is_current,
    is_terminal,
    judgement_of,
)
from data_processors.raw.known import Lookups
from data_processors.raw.landed import LandedBody, landed_dates, read_landed
from data_processors.raw.nba_schedule.slate import read_slate
from data_processors.raw.reading import Reading, letters, read_bodies, unresolved_rows
from data_processors.raw.store import new_names, newest_rows, store, stored_units
from data_processors.raw.table import Judgement
from data_processors.raw.tables import waiting_on
from data_processors.raw.work import Work, works_of
from orchestration.announce import announce
from orchestration.platform import Platform
from orchestration.state import Event, State, States
from shared.dead_letters import DeadLetter
from shared.http.push import Delivery
from shared.messages import DateSpan, PhaseMessage
from shared.outcomes import Outcome, OutcomeKind, PermanentError, done, not_yet
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of

_LOG = logging.getLogger(__name__)
_NAMED = 5


class RawHandler:
    """Phase 2's work on the platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def handle(self, delivery: Delivery[PhaseMessage]) -> Outcome:
        """Does the work of a scrape's completion. Raises PermanentError or TransientError."""
        return self.process(works_of(delivery.message, delivery.redelivered))

    def process(self, works: Sequence[Work]) -> Outcome:
        """Fills each table of some sources of one span, and tells of all in one message.

        Doing it again changes nothing. What has ended is told of, even if a later table cannot be looked at.

        Raises:
            PermanentError: a table cannot be filled; its dates ended FAILED, the others went on.
        """
        outcomes: list[Outcome] = []
        broken: list[str] = []
        ended: list[Ended] = []
        try:
            for _, own in groupby(works, key=lambda work: work.source):
                self._fill_all(list(own), outcomes, broken, ended)
        finally:
            self._announce(ended)
        for each in ended:
            self._wake_waiting(each.work)
        if broken:
            raise PermanentError("; ".join(broken))
        return _together(outcomes)

    def _fill_all(
        self, works: Sequence[Work], outcomes: list[Outcome], broken: list[str], ended: list[Ended]
    ) -> None:
        """Fills each table of one source."""
        first = works[0]
        landed = read_landed(self._platform.warehouse, first.source, first.span, first.run_id)
        lookups = Lookups(self._platform.warehouse, first.span)
        for work in works:
            try:
                outcomes.append(self._fill(work, landed, lookups, ended))
            except PermanentError as error:
                ended.append(self._fail(work, str(error)))
                broken.append(str(error))

    def _fail(self, work: Work, reason: str) -> Ended:
        """FAILED for every date of the work."""
        run_id = uuid.uuid4().hex
        events = [event_of(work, day, State.FAILED, reason, work.moment, run_id) for day in work.span.dates()]
        return self._finish(work, events, {}, run_id)

    def _fill(
        self, work: Work, landed: Sequence[LandedBody], lookups: Lookups, ended: list[Ended]
    ) -> Outcome:
        platform = self._platform
        states = platform.state.read(work.span.from_date, work.span.to_date)
        if not work.force and all(is_current(work, day, landed, states) for day in work.span.dates()):
            if not work.redelivered:
                return done(f"{work.table.name}: already processed")
            # Saying so again heals a crash between event and message.
            ended.append(as_it_is(work, states))
            return done(f"{work.table.name}: already processed", rows=ended[-1].rows)
        run_id = uuid.uuid4().hex
        ready = [body for body in landed if not awaited(work, body.game_date, states)]
        reading = read_bodies(work.table, ready, lookups)
        rows = newest_rows(((b, p.rows) for b, p in reading.parsed), spec_of(work.table.name))
        checked = store(platform.warehouse, work.table, rows, work.span, run_id)
        for warning in checked.warnings:
            _LOG.warning("%s: %s", work.table.name, warning.told, extra=warning._asdict())
        self._keep_strays(work, reading, run_id)
        self._keep_broken(work, checked.broken)
        return self._judge(work, reading, states, run_id, checked.broken, ended)

    def _judge(
        self,
        work: Work,
        reading: Reading,
        states: States,
        run_id: str,
        broken: Mapping[date, str],
        ended: list[Ended],
    ) -> Outcome:
        stored = stored_units(self._platform.warehouse, work.table, work.span)
        slate = read_slate(self._platform.warehouse, work.span)
        degraded = self._platform.settings.ALLOW_DEGRADED_MODE
        events: list[Event] = []
        waiting: list[str] = []
        for day in work.span.dates():
            own = states.get((day, work.table.name))
            facts = facts_of(work, day, reading, slate, stored, degraded)
            if others := awaited(work, day, states):
                waiting.append(f"{day}: awaits {', '.join(others)}")
                continue
            judgement = judgement_of(work, facts, own)
            if day in broken:
                judgement = Judgement(State.FAILED, broken[day])
            if judgement is None:
                continue
            if judgement.state is None:
                waiting.append(f"{day}: {judgement.reason}")
                continue
            generation = generation_of(work, facts, judgement.state, own, states)
            events.append(event_of(work, day, judgement.state, judgement.reason, generation, run_id))
        counts = {day: sum(games.values()) for day, games in stored.items()}
        ended.append(self._finish(work, events, counts, run_id))
        if waiting:
            return not_yet(_listed(waiting), dates=len(work.span.dates()), complete=len(events))
        rows = sum(counts.values())
        return done(f"{work.table.name}: {rows} rows", rows=rows, complete=len(events))

    def _finish(self, work: Work, events: Sequence[Event], counts: Mapping[date, int], run_id: str) -> Ended:
        """Events first, then the message: whoever hears of it finds the state."""
        counted = [replace(event, rows_stored=counts.get(event.game_date, 0)) for event in events]
        self._platform.state.append(counted)
        failed = dict.fromkeys(event.reason or "" for event in events if event.state is State.FAILED)
        return Ended(
            work,
            [event.state for event in events],
            [event.generation for event in events],
            sum(counts.values()),
            run_id,
            "; ".join(failed) or work.reason,
        )

    def _announce(self, ended: Sequence[Ended]) -> None:
        """One message of all tables of which a date has ended."""
        if told := [each for each in ended if each.states]:
            announce(self._platform.bus, message_of(told))

    def _keep_strays(self, work: Work, reading: Reading, run_id: str) -> None:
        """What belongs to no game, and names of nobody, are kept where people look for them."""
        if strays := letters(work.source, reading):
            self._platform.dead_letters.record(*strays)
        if names := new_names(self._platform.warehouse, work.source, unresolved_rows(work.source, reading)):
            replace_rows(self._platform.warehouse, spec_of("unresolved_names"), names, run_id)

    def _keep_broken(self, work: Work, broken: Mapping[date, str]) -> None:
        """Dates that break a check are kept where people look for them, also those outside the span.

        Raises:
            PermanentError: no date of the span holds, so that the message itself is at fault.
        """
        if all(day in broken for day in work.span.dates()):
            raise PermanentError(_listed(list(dict.fromkeys(broken.values()))))
        if broken:
            name = work.table.name
            kept = [
                DeadLetter(work.source, f"{name} {day}", "PermanentError", f"{day}: {why}", "")
                for day, why in broken.items()
            ]
            self._platform.dead_letters.record(*kept)

    def _wake_waiting(self, work: Work) -> None:
        """A schedule brings back what could not be placed without it; other tables, who awaits them."""
        platform, others = self._platform, waiting_on(work.table.name)
        if not others:
            return
        states = platform.state.read(work.span.from_date, work.span.to_date)
        landed = landed_dates(platform.warehouse, list(others), work.span)
        for source, tables in others.items():
            mine = [day for name, day in landed if name == source]
            waiting = {
                table.name: days
                for table in tables
                if (days := [day for day in mine if not is_terminal(states, day, table.name)])
            }
            if waiting:
                days = [day for found in waiting.values() for day in found]
                span = DateSpan(from_date=min(days), to_date=max(days))
                self._process_apart(
                    [work.of_other(table, source, span) for table in tables if table.name in waiting]
                )

    def _process_apart(self, works: Sequence[Work]) -> None:
        """What is wrong with another table's bodies is not this one's failure."""
        try:
            self.process(works)
        except PermanentError as error:
            _LOG.error("%s: %s", works[0].source, error)


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several tables: NOT_YET as long as one of them is."""
    if len(outcomes) == 1:
        return outcomes[0]
    reason = "; ".join(dict.fromkeys(outcome.reason for outcome in outcomes))
    complete = sum(int(outcome.detail.get("complete", 0)) for outcome in outcomes)
    if any(outcome.kind is OutcomeKind.NOT_YET for outcome in outcomes):
        return not_yet(reason, complete=complete)
    rows = sum(int(outcome.detail.get("rows", 0)) for outcome in outcomes)
    return done(reason, rows=rows, complete=complete)


def _listed(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - _NAMED} more dates" if len(reasons) > _NAMED else ""
    return "; ".join(reasons[:_NAMED]) + more
