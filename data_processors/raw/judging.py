"""The state of each date of a piece of work, and the generation that it rests on. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Slate
from data_processors.raw.reading import Reading
from data_processors.raw.table import Day, Judgement, Problem
from data_processors.raw.tables import SCHEDULE
from data_processors.raw.work import Work
from orchestration.pipeline import load_pipeline
from orchestration.state import Event, OutputState, State, States
from shared.clock import eastern_date, utc_now
from shared.messages import Phase, Status


def facts_of(
    work: Work,
    day: date,
    reading: Reading,
    slate: Slate,
    stored: Mapping[date, Mapping[str, int]],
    degraded_mode: bool = False,
) -> Day:
    """All that bears on one date."""
    every = work.table.whole_season
    return Day(
        day=day,
        games=slate.on(day),
        covered=slate.covers(day),
        stored=stored.get(day, {}),
        bodies=[body for body, _ in reading.parsed if every or body.game_date == day],
        problems=[problem for problem in reading.problems if every or problem.game_date == day],
        rejected=[
            f"{body.request_key}: {row.reason}"
            for body, parsed in reading.parsed
            if every or body.game_date == day
            for row in parsed.rejected
        ],
        age_days=(eastern_date(work.knowledge.as_of or utc_now()) - day).days,
        degraded_mode=degraded_mode,
    )


def judgement_of(work: Work, facts: Day, own: OutputState | None) -> Judgement | None:
    """The table's own judgement; None leaves a good state as it is when nothing new came."""
    nothing_came = not facts.bodies and (facts.problems or work.status is Status.FAILED)
    if not nothing_came:
        return _less_what_was_rejected(work.table.judge(facts), facts.rejected)
    if own and own.usable:
        return None
    why = "; ".join(problem.reason for problem in facts.problems) or work.reason or "the scrape failed"
    return Judgement(State.FAILED, why)


def _less_what_was_rejected(judgement: Judgement, rejected: Sequence[str]) -> Judgement:
    """What is complete but for rows that nobody can read is degraded."""
    if judgement.state is not State.COMPLETE or not rejected:
        return judgement
    return Judgement(State.DEGRADED, f"{len(rejected)} rows were rejected, the first of {rejected[0]}")


def generation_of(work: Work, facts: Day, state: State, own: OutputState | None, states: States) -> datetime:
    """The newest body of the date; without one, the schedule that proves it, or the run; now, when something
    that rests on the table was made on newer inputs and without it. Never before the table's own."""
    day = facts.day
    found = _evidence(facts.bodies, facts.problems) or _proof(work, day, states)
    known = own is not None and own.usable and own.generation >= found
    # What was fetched first may be stored last, as when its message was lost: else nobody would look at it.
    if state is not State.FAILED and not known and any(made > found for made in _resting(work, day, states)):
        return utc_now()
    # A failed run leaves a state that is newer than unchanged content fetched again.
    return max(found, own.generation) if own and own.terminal else found


def _resting(work: Work, day: date, states: States) -> Iterator[datetime]:
    """On which generations the outputs of a date that rest on the work's table were made."""
    for phase in load_pipeline().phases.values():
        for output, rule in phase.outputs.items():
            made = states.get((day, output)) if work.table.name in rule.inputs else None
            if made:
                yield made.generation


def _evidence(bodies: Iterable[LandedBody], problems: Iterable[Problem]) -> datetime | None:
    generations = [body.generation for body in bodies] + [problem.generation for problem in problems]
    return max(generations, default=None)


def _proof(work: Work, day: date, states: States) -> datetime:
    """That a date has no games rests on the schedule; that a run failed, on the run."""
    schedule = states.get((day, SCHEDULE))
    if schedule and work.status is not Status.FAILED:
        return schedule.generation
    return work.moment


def is_current(work: Work, day: date, landed: Sequence[LandedBody], states: States) -> bool:
    """Whether a date is terminal on its newest bodies already."""
    own = states.get((day, work.table.name))
    if own is None or not own.terminal:
        return False
    mine = [body for body in landed if work.table.whole_season or body.game_date == day]
    due = _evidence(mine, ()) or _proof(work, day, states)
    return own.generation >= due if own.usable else own.generation == due


def awaited(work: Work, day: date, states: States) -> list[str]:
    """The outputs that the table awaits and that have not ended for the date."""
    names = load_pipeline().rule(work.table.name).awaits
    return [name for name in names if not is_terminal(states, day, name)]


def is_terminal(states: States, day: date, output: str) -> bool:
    """Whether an output of a date has come to an end."""
    state = states.get((day, output))
    return state is not None and state.terminal


def event_of(
    work: Work, day: date, state: State, reason: str | None, generation: datetime, run_id: str
) -> Event:
    """What happened to the work's table on a date."""
    return Event(
        game_date=day,
        phase=Phase.RAW,
        output=work.table.name,
        state=state,
        generation=generation,
        run_id=run_id,
        reason=reason,
    )


def status_of(states: Sequence[State], dates: int) -> Status:
    """A phase's status from the states of some of its dates."""
    if all(state is State.FAILED for state in states):
        return Status.FAILED
    if State.FAILED in states or len(states) < dates:
        return Status.PARTIAL
    return Status.NO_DATA if all(state is State.EMPTY_OK for state in states) else Status.SUCCESS
