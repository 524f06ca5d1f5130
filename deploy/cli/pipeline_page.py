"""docs/pipeline.md: orchestration/pipeline.yaml as tables to read. `make docs` writes it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestration.announce import SCRAPERS_TOPIC
from orchestration.bus_setup import DEAD_LETTERS_PATH, dead_topic
from orchestration.pipeline import RECENT_DAYS, Due, OutputRule, Pipeline, load_pipeline
from orchestration.timetable import UntilLastTip, UntilPlayed, UntilStored, Window
from shared.messages import Phase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pipeline.md"
_INTRODUCTION = """# The pipeline

Written by `make docs` from [orchestration/pipeline.yaml](../orchestration/pipeline.yaml), which says why.
Change it there."""


def page(pipeline: Pipeline) -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_topics(pipeline), *_clock(pipeline), *_phases(pipeline)]) + "\n"


def _topics(pipeline: Pipeline) -> Iterator[str]:
    phases = {SCRAPERS_TOPIC: Phase.SCRAPERS.value}
    phases |= {rule.topic: phase.value for phase, rule in pipeline.phases.items()}
    pushed = {topic: [s for s in pipeline.subscriptions if s.topic == topic] for topic in pipeline.topics}
    yield from _section("Topics", "")
    yield from _table(
        ("topic", "phase complete", "pushed to"),
        (
            (_code(topic), phases.get(topic, ""), ", ".join(f"{s.service} {_code(s.path)}" for s in found))
            for topic, found in pushed.items()
        ),
    )
    delivery = pipeline.delivery
    yield from _section(
        "Subscriptions",
        f"Each gives a message {delivery.max_attempts} attempts, "
        f"{delivery.min_backoff_seconds} to {delivery.max_backoff_seconds} s apart, then puts it on\n"
        f"{_code(dead_topic('<topic>'))}, which is pushed to the coordinator's {_code(DEAD_LETTERS_PATH)}.",
    )
    yield from _table(
        ("subscription", "topic", "posts to", "seconds to answer"),
        (
            (s.name, _code(s.topic), f"{s.service} {_code(s.path)}", str(s.ack_seconds))
            for s in pipeline.subscriptions
        ),
    )


def _clock(pipeline: Pipeline) -> Iterator[str]:
    zones = ", ".join(sorted({schedule.time_zone for schedule in pipeline.schedules}))
    yield from _section("Schedules", f"Cron by the clocks of {zones}.")
    yield from _table(
        ("schedule", "cron", "posts to", "body", "why"),
        (
            (s.name, _code(s.cron), f"{s.service} {_code(s.path)}", _code(json.dumps(s.body)), s.why)
            for s in pipeline.schedules
        ),
    )
    yield from _section(
        "Workflows",
        "Outside of its window a scheduled run (`if_due`) does nothing; a call without `if_due` always runs.",
    )
    yield from _table(
        ("workflow", "sources, in order", "date", "window"),
        (
            (_code(name), ", ".join(workflow.sources), workflow.date, _window(workflow.when))
            for name, workflow in pipeline.workflows.items()
        ),
    )


def _window(window: Window | None) -> str:
    match window:
        case UntilLastTip(hours_before_first_tip=hours):
            return f"on a date with games, from {hours:g} h before the first tip until the last"
        case UntilPlayed(until=until, hours_after_tip=hours):
            also = " and is not final in the schedule" * (until == "final")
            return f"while a game that began {hours:g} h ago lacks its box score{also}"
        case UntilStored():
            return "those sources of which an output is not complete, on a date with games"
        case None:
            return "always"


def _phases(pipeline: Pipeline) -> Iterator[str]:
    yield from _section(
        "Phases and outputs",
        "An output starts for a date when what it requires is complete and what it awaits has ended.\n"
        f"Newer inputs make it again, used ones and recent ones (of the {RECENT_DAYS} days before) too.\n"
        "It is overdue after the time given (New York); one without a time may be missing.",
    )
    yield from _table(
        ("phase", "output", "requires", "awaits", "uses", "recent", "due"),
        (
            (phase.value, _output(name, rule), *map(_codes, _inputs(rule)), _due(rule.due))
            for phase, made in pipeline.phases.items()
            for name, rule in made.outputs.items()
        ),
    )


def _output(name: str, rule: OutputRule) -> str:
    return f"{_code(name)} of {rule.source}" if rule.source else _code(name)


def _inputs(rule: OutputRule) -> tuple[tuple[str, ...], ...]:
    return rule.requires, rule.awaits, rule.uses, rule.recent


def _due(due: Due | None) -> str:
    if due is None:
        return ""
    days = {0: "", 1: " next day"}.get(due.days_after, f" {due.days_after} days later")
    return f"{due.by:%H:%M}{days}"


def _code(text: str) -> str:
    return f"`{text}`"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _section(title: str, text: str) -> Iterator[str]:
    yield f"\n## {title}"
    if text:
        yield f"{text}\n"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (header, ("---",) * len(header), *rows):
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    PAGE.write_text(page(load_pipeline()))
