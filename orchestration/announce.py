"""The completion that a phase announces: one shape, whoever announces it."""

from collections.abc import Iterable
from datetime import datetime

from orchestration.pipeline import load_pipeline
from shared.bus import Bus
from shared.messages import AsOf, DateSpan, Output, Phase, PhaseMessage, SourceRun, Status

SCRAPERS_TOPIC = "nba-phase1-scrapers-complete"


def completion(
    phase: Phase,
    producer: str,
    run_id: str,
    span: DateSpan,
    status: Status,
    correlation_id: str,
    *,
    outputs: Iterable[Output] = (),
    generation: datetime | None = None,
    reason: str | None = None,
    cause: str | None = None,
    knowledge: AsOf | None = None,
    retry: bool = False,
    along: Iterable[SourceRun] = (),
) -> PhaseMessage:
    """A phase's message about a finished piece of work; its key is the run's."""
    return PhaseMessage(
        message_key=f"{phase}:{producer}:{run_id}",
        phase=phase,
        producer=producer,
        run_id=run_id,
        span=span,
        generation=generation,
        status=status,
        outputs=tuple(outputs),
        reason=reason[:2000] if reason else None,
        cause=cause,
        correlation_id=correlation_id,
        knowledge=knowledge or AsOf(),
        retry=retry,
        along=tuple(along),
    )


def announce(bus: Bus, message: PhaseMessage) -> None:
    """Publishes a completion on the topic of its phase."""
    phase = message.phase
    topic = SCRAPERS_TOPIC if phase is Phase.SCRAPERS else load_pipeline().phases[phase].topic
    bus.publish(topic, message)
