"""What is said of raw tables that have ended: one message, so that what rests on several is made once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from data_processors.raw.judging import status_of
from data_processors.raw.work import Work
from orchestration.announce import completion
from orchestration.state import State, States
from shared.messages import DateSpan, Output, Phase, PhaseMessage
from shared.warehouse.specs import spec_of


@dataclass(frozen=True)
class Ended:
    """A piece of work, with the state and the generation of each date of it that has ended.

    Args:
        rows: what its table has for the work's dates.
        reason: why a date is not as it should be; None when nothing is to be said.
    """

    work: Work
    states: Sequence[State]
    generations: Sequence[datetime]
    rows: int
    run_id: str
    reason: str | None = None


def as_it_is(work: Work, states: States) -> Ended:
    """What a work's table, terminal on all its dates, has ended as before."""
    own = [states[day, work.table.name] for day in work.span.dates()]
    rows = sum(state.rows_stored or 0 for state in own)
    made = [state.generation for state in own]
    return Ended(work, [state.state for state in own], made, rows, uuid.uuid4().hex)


def message_of(ended: Sequence[Ended]) -> PhaseMessage:
    """The completion of some tables, at least one, each with an ended date; under the name of the first."""
    first = ended[0].work
    return completion(
        Phase.RAW,
        first.table.name,
        ended[0].run_id,
        _span(ended),
        status_of(
            [state for each in ended for state in each.states],
            sum(len(each.work.span.dates()) for each in ended),
        ),
        first.correlation_id,
        outputs=[Output(table=spec_of(each.work.table.name).table, rows=each.rows) for each in ended],
        generation=max(made for each in ended for made in each.generations),
        reason="; ".join(f"{each.work.table.name}: {each.reason}" for each in ended if each.reason) or None,
        cause=first.cause,
        knowledge=first.knowledge,
        retry=any(each.work.force for each in ended),
    )


def _span(ended: Sequence[Ended]) -> DateSpan:
    spans = [each.work.span for each in ended]
    return DateSpan(
        from_date=min(span.from_date for span in spans), to_date=max(span.to_date for span in spans)
    )
