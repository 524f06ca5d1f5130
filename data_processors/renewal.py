"""The later dates that a run has made out of date: what they have rests on the days before them.

A box score may come, or be corrected, when the contexts and the rotations of the next days are there already.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from string import Template

from data_processors.phase_run import PhaseRun
from orchestration.pipeline import RECENT_DAYS, OutputRule
from orchestration.rules import newest_input, newest_recent
from orchestration.state import States
from shared.clock import dates_between
from shared.messages import DateSpan
from shared.warehouse.specs import spec_of

_KNOWING_MORE = Template(
    "SELECT DISTINCT game_date FROM $table WHERE game_date BETWEEN @first AND @last AND cutoff > @moment"
)


def renewal(run: PhaseRun, again: bool = False) -> PhaseRun | None:
    """A run over the dates after an executed run's span that it has made out of date; None without any.

    It is decided by the state and not by what the run made, so that a run that died halfway is followed too.
    It ends RECENT_DAYS after the span, also where what it makes again is a `recent` input of later dates, and
    no renewal follows it. With a lead before each tip nothing is renewed: only the dates asked for are made
    as they never were.

    Args:
        again: also the dates that rest on the newest inputs already, as it may never have been announced.
    """
    if run.only or run.renews or run.knowledge.lead_minutes is not None:
        return None
    renews = _renewed(run, again)
    if not renews:
        return None
    days = set().union(*renews.values())
    span = DateSpan(from_date=min(days), to_date=max(days))
    return PhaseRun(run.platform, run.phase, span, run.knowledge, only=tuple(renews), renews=renews)


def _renewed(run: PhaseRun, again: bool) -> Mapping[str, set[date]]:
    """Output -> its dates to make again; each is judged as if those before it in the phase had been made."""
    states, found = dict(run.states), {}
    for output, rule in run.rules().items():
        if days := _outdated(run, states, output, rule, again):
            found[output] = days
            for day in days:
                made = newest_input(states, day, rule) or states[day, output].generation
                states[day, output] = replace(states[day, output], generation=made)
    return found


def _outdated(run: PhaseRun, states: States, output: str, rule: OutputRule, again: bool) -> set[date]:
    """The dates after the span on which an output is there, older than its inputs, and not frozen."""
    last, found = run.span.to_date, set()
    for day in dates_between(last + timedelta(days=1), last + timedelta(days=RECENT_DAYS)):
        own, newest = states.get((day, output)), newest_recent(states, day, rule)
        is_open = day in run.slates and day not in run.frozen[output]
        if own and newest and is_open and (own.generation < newest or (again and own.generation == newest)):
            found.add(day)
    return found - _knowing_more(run, output, found)


def _knowing_more(run: PhaseRun, output: str, days: set[date]) -> set[date]:
    """The dates whose rows know more than this run may: in a replay each date has its own turn.

    Rows about games played have no cutoff, and are the same whoever makes them.
    """
    if not days or run.knowledge.as_of is None or not spec_of(output).frozen_at_tip:
        return set()
    rows = run.platform.warehouse.rows(
        _KNOWING_MORE.substitute(table=spec_of(output).table),
        first=min(days),
        last=max(days),
        moment=run.knowledge.as_of,
    )
    return {row["game_date"] for row in rows}
