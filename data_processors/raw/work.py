"""One piece of work: a source's bodies for some dates, from a message or from an operator."""

from dataclasses import dataclass, field
from datetime import datetime

from data_processors.raw.table import RawTable
from data_processors.raw.tables import tables_by_source
from shared.clock import utc_now
from shared.messages import AsOf, DateSpan, Phase, PhaseMessage, Status
from shared.outcomes import PermanentError


@dataclass(frozen=True)
class Work:
    """What is to be done.

    Args:
        run_id: the scrape run whose bodies to read; None for all bodies of the dates.
        moment: the generation of whatever rests on no body at all.
        force: do it again although it is done.
        redelivered: say so again if it is done already.
    """

    table: RawTable
    source: str
    span: DateSpan
    correlation_id: str
    run_id: str | None = None
    status: Status = Status.SUCCESS
    reason: str | None = None
    cause: str | None = None
    knowledge: AsOf = field(default_factory=AsOf)
    moment: datetime = field(default_factory=utc_now)
    force: bool = False
    redelivered: bool = True

    def of_other(self, table: RawTable, source: str, span: DateSpan) -> "Work":
        """The work on another source's landed bodies that this one makes possible."""
        return Work(table, source, span, self.correlation_id, cause=self.cause, knowledge=self.knowledge)


def work_of(message: PhaseMessage, table: RawTable, redelivered: bool = True) -> Work:
    """The work that a scrape run's completion asks for.

    A run that landed none of its bodies brought what is there already: then it is about all there is.
    """
    landed_none = bool(message.outputs) and not any(output.rows for output in message.outputs)
    return Work(
        table=table,
        source=message.producer,
        span=message.span,
        correlation_id=message.correlation_id,
        run_id=None if landed_none else message.run_id,
        status=message.status,
        reason=message.reason,
        cause=message.message_key,
        knowledge=message.knowledge,
        moment=message.generation or message.produced_at,
        force=message.retry,
        redelivered=redelivered,
    )


def works_of(message: PhaseMessage, redelivered: bool = True) -> list[Work]:
    """What the completion of scrapes asks for, a piece of work a table. Raises PermanentError."""
    works = []
    for run in message.runs():
        tables = tables_by_source().get(run.producer)
        if run.phase is not Phase.SCRAPERS or tables is None:
            raise PermanentError(f"no raw table is filled by {run.phase} {run.producer}")
        works += [work_of(run, table, redelivered) for table in tables]
    return works
