"""docs/reliability.md: the text beside this file with what a week of faults saved; `make docs` writes it."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from deploy.bench.figures import read
from deploy.chaos.report import section
from deploy.cli.performance_page import DOCS, FOLDER

PAGE, FIGURES = DOCS / "reliability.md", FOLDER / "faults.json"
_TEXT = Path(__file__).with_name("reliability.md")
_SHARES = ("duplicate", "drop_acks", "provider", "warehouse")


def page(found: Mapping[str, Any]) -> str:
    """The whole page."""
    plan = found["plan"]
    percent = {name: f"{100 * plan[name]:g}" for name in _SHARES}
    return Template(_TEXT.read_text()).substitute(
        percent,
        disorder_seconds=f"{plan['disorder_seconds']:g}",
        command=found["command"],
        cores=found["cores"],
        section=section(found),
    )


if __name__ == "__main__":
    PAGE.write_text(page(read(FIGURES)))
