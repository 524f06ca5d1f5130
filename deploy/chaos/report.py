"""What a week of faults came to: as figures, as tables to look at, and as a page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from deploy.bench.shown import shown
from deploy.chaos.contents import Contents
from deploy.chaos.plan import ChaosPlan
from deploy.chaos.week import Week

Figures = Mapping[str, Any]


def figures(week: Week, expected: Contents, plan: ChaosPlan) -> dict[str, Any]:
    """All that was measured, fit for JSON."""
    return {
        "plan": asdict(plan),
        "slates": len(week.days),
        "struck": dict(sorted(week.struck.items())),
        "asked_again": dict(sorted(week.asked_again.items())),
        "letters": dict(sorted(week.letters.items())),
        "tables": len(expected),
        "rows": sum(len(rows) for rows in expected.values()),
        "open_batches": week.open_batches,
        "backlog": week.backlog,
        "memory": {name: list(held) for name, held in sorted(week.memory.items())},
        "wrongs": week.wrongs(expected),
    }


def verdict(found: Figures) -> str:
    """One sentence on whether all is as without faults."""
    total = sum(found["struck"].values())
    told = f"{total:,} faults on {found['slates']} slates, seed {found['plan']['seed']}"
    if found["wrongs"]:
        return f"{told}: {'; '.join(found['wrongs'])}"
    letters = ", ".join(f"{count} {decision}" for decision, count in found["letters"].items()) or "none"
    return (
        f"{told}: {found['tables']} tables with {found['rows']:,} rows are as without faults, every batch is "
        f"closed, no message is left; dead letters: {letters}"
    )


def tables(found: Figures) -> list[Table]:
    """What struck, and what the services hold."""
    return [shown(*part) for part in _parts(found)]


def section(found: Figures) -> str:
    """The same in Markdown."""
    parts = [verdict(found) + "."]
    for title, head, rows in _parts(found):
        rule = ["---", *("---:" for _ in head[1:])]
        lines = [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
        parts.append("\n".join([f"### {title}", "", *lines]))
    return "\n\n".join(parts) + "\n"


def _parts(found: Figures) -> list[tuple[str, Sequence[str], list[Sequence[str]]]]:
    struck = [(kind, f"{times:,}") for kind, times in found["struck"].items()]
    memory = [
        (name, f"{warm:.0f}", f"{end:.0f}", f"{end / warm:.2f}")
        for name, (warm, end) in found["memory"].items()
    ]
    parts: list[tuple[str, Sequence[str], list[Sequence[str]]]] = [
        ("Faults that struck", ("fault", "times"), [*struck])
    ]
    if found["asked_again"]:
        again = [(what, f"{times:,}") for what, times in found["asked_again"].items()]
        parts.append(("Steps that were asked for again", ("step", "times"), [*again]))
    if memory:
        parts.append(
            ("Memory of each service", ("service", "MB when warm", "MB at the end", "ratio"), [*memory])
        )
    return parts
