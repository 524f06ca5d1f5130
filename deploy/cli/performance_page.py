"""docs/performance.md and its bar: what the benchmarks saved in docs/figures. `make docs` writes both."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.bench.figures import read
from deploy.bench.growth import cell, growth
from deploy.bench.intervals import IDLE
from deploy.bench.shown import (
    POINTS,
    ROUTES,
    STARTS,
    batch_header,
    batch_rows,
    point_rows,
    reader_rows,
    reader_title,
    start_rows,
)
from deploy.cli.svg import draw_bar

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, BAR, FOLDER = DOCS / "performance.md", DOCS / "profile.svg", DOCS / "figures"
Found = Mapping[str, Any]
_INTRODUCTION = """# Performance

Written by `make docs` from the files in [figures](figures), each of which the command above its tables wrote.
`make bench` measures all of it anew. All of it is of one machine, where BigQuery is an emulator that
answers one statement at a time: seconds say what grows and where time goes, not what Google Cloud takes.
The load is what the machine was doing otherwise when the command began, in processes that wanted to run:
beyond the number of cores the seconds are longer than the work."""
_COST = """One season of a simulated league is computed by the production SQL; the seasons before it are
its rows on earlier dates, in every table that has a game date, predictions too. The slate is the same
each time. Seconds of a phase are those in which a service of it had a request; processor seconds are of
all processes together, emulators too, which other work on the machine changes less. The emulator reports
no bytes: they are rows times bytes a row, counted in the partitions that the constant bounds of each
statement leave, all columns, plus what was read without a job. A statement without such a bound counts
the whole table. No look back is longer than 800 days, so one season to two fills the windows; what grows
after that would be a fault."""
_PROFILE = """A moment in which several kinds of work ran is shared among them equally. Scrape, load,
predict and consolidate are the requests of scrapers, raw, worker and coordinator, SQL those of analytics
and precompute; load jobs and publications count as such wherever they run. Idle is when no service had a
request: messages on their way, and the scheduler's stand-in between two steps."""


def page(figures: Mapping[str, Found]) -> str:
    """The whole page, of the figures that are there, by the name of their file."""
    there = [(section, figures[name]) for name, section in _SECTIONS.items() if name in figures]
    lines = [line for section, found in there for line in section(found)]
    return "\n".join([_INTRODUCTION, *lines]) + "\n"


def figures_in(folder: Path) -> dict[str, Found]:
    """What the benchmarks saved."""
    return {file.stem: read(file) for file in sorted(folder.glob("*.json"))}


def bar(found: Found) -> str:
    """The picture of a profile."""
    return draw_bar(found["seconds"], "Where the time of one slate goes") + "\n"


def _head(title: str, found: Found, text: str = "") -> Iterator[str]:
    yield f"\n## {title}\n"
    yield f"`{found['command']}`, {found['cores']} cores, load {found['load_before']:g} before.\n"
    if text:
        yield f"{text}\n"


def _profile(found: Found) -> Iterator[str]:
    yield from _head("Where the time of a slate goes", found, _PROFILE)
    yield f"![Where the time of one slate goes]({BAR.name})\n"
    yield f"{found['games']} games, {found['whole']:.2f} s from the first scrape to the predictions;"
    yield f"idle {100 * found['idle_share']:.1f} %, of which the goal is at most 20 %.\n"
    whole = found["whole"]
    shares = found["seconds"].items()
    yield from _table(
        ("work", "seconds", "share"), ((k, f"{s:.2f}", f"{100 * s / whole:.1f} %") for k, s in shares)
    )
    yield "\nSeconds (and number) of requests, and of the calls in them; of one kind at the same time once:\n"
    services = found["services"]
    kinds = list(next(iter(services.values())))
    rows = (
        (name, *(f"{spent[kind]:.2f} ({found['counts'][name][kind]})" for kind in kinds))
        for name, spent in services.items()
    )
    yield from _table(("service", *kinds), rows)
    largest = sorted((name for name in found["seconds"] if name != IDLE), key=lambda n: -found["seconds"][n])
    yield f"\nThe three largest: {', '.join(largest[:3])}.\n"
    yield from (f"- {_WHY[name]}" for name in largest[:3])


_WHY = {
    "load": "load: raw replaces the tables of a message one after the other, each in a guarded "
    "transaction that counts what it did: its share is as many statements as tables, whatever the rows. "
    "Side by side they would only wait for each other here; on Google Cloud they need not.",
    "SQL": "SQL: one statement a table, in the order in which they rest on each other, whatever the players.",
    "predict": "predict: a chunk is one game; an instance predicts one at a time, and here is one instance. "
    "Google Cloud starts up to five.",
    "consolidate": "consolidate: one guarded replacement of the date, and the history beside it.",
    "scrape": "scrape: paced as each provider wants it.",
    "publish": "publish: each message is confirmed before anything rests on it.",
}


def _cold_start(found: Found) -> Iterator[str]:
    goal = f"The goal is at most {found['limit']:g} s until /health and /ready answer."
    text = f"Fresh processes with the Procfile's command. {goal}"
    yield from _head("How soon a service answers", found, text)
    yield from _table(STARTS, start_rows(found))


def _load(found: Found) -> Iterator[str]:
    threads = ", ".join(f"{name} {number}" for name, number in found["threads"].items())
    text = f"From POST /start to the complete date. Requests that an instance answers at a time: {threads}."
    yield from _head("Ten times a slate, and fifty readers", found, text)
    batches = found["batches"]
    yield from _table(batch_header(batches), batch_rows(batches))
    for batch in batches:
        yield from (f"\n{number} x {error}" for error, number in batch["errors"].items())
    for readers in found["readers"]:
        yield f"\n{reader_title(readers)}.\n"
        yield from _table(ROUTES, ((f"`{name}`", *rest) for name, *rest in reader_rows(readers)))


def _cost(found: Found) -> Iterator[str]:
    yield from _head("How a slate's cost grows", found, _COST)
    points = found["points"]
    yield from _table(POINTS, point_rows(points))
    yield _verdict(found)
    for along, fixed in (("seasons", "games"), ("games", "seasons")):
        measured = sorted({point[along] for point in points})
        largest = max(point[fixed] for point in points)
        yield (
            f"\nFrom {measured[0]} to {measured[-1]} {along}, with {largest} {fixed}: last over first, and "
            f"b of cost = a x {along}^b.\n"
        )
        grown = growth(points, along, fixed)
        yield from _table(
            ("phase", "figure", "times", "exponent"),
            ((each.phase, each.figure, cell(each.times), cell(each.exponent)) for each in grown),
        )


def _verdict(found: Found) -> str:
    """What the largest slate costs after the longest history, over after the shortest."""
    grown = {e.figure: e.times for e in growth(found["points"], "seasons", "games") if e.phase == "slate"}
    told = ", ".join(f"{name} {cell(times)}" for name, times in grown.items())
    goal = f"of seconds the goal is {found['limit']:g}"
    return f"\nThe longest history over the shortest, with the most games: {told}; {goal}."


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (header, ("---",) * len(header), *rows):
        yield f"| {' | '.join(row)} |"


_SECTIONS: Mapping[str, Callable[[Found], Iterator[str]]] = {
    "profile": _profile,
    "cold-start": _cold_start,
    "load": _load,
    "cost": _cost,
}

if __name__ == "__main__":
    saved = figures_in(FOLDER)
    PAGE.write_text(page(saved))
    BAR.write_text(bar(saved["profile"]))
