"""Where the time of one slate goes on a running platform, from the services' own logs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from deploy.bench.intervals import IDLE, Interval, covered, in_order, shares, without
from deploy.bench.service_logs import CALLS, REQUEST, Span, spans
from deploy.local.driver import Driver
from deploy.replay.archive import ReplayArchive
from deploy.replay.day import after_games, before_games
from deploy.replay.replay import ReplayOptions, history
from shared.clock import utc_now

# A service's requests are this kind of work, except while they load or publish.
WORK = {
    "scrapers": "scrape",
    "raw": "load",
    "analytics": "SQL",
    "precompute": "SQL",
    "worker": "predict",
    "coordinator": "consolidate",
}
_APART = {"load": "load", "publish": "publish"}
ORDER = ("scrape", "load", "SQL", "publish", "predict", "consolidate", IDLE)
_BAR = 100
_SHADES = ("blue", "red", "green", "magenta", "yellow", "cyan", "bright_black")


@dataclass(frozen=True)
class Profile:
    """A slate from the first scrape to its stored predictions.

    Args:
        seconds: kind of work -> seconds; together the whole.
        services: service -> kind of call -> seconds in which at least one ran; `request` is all of them.
        counts: the same, how many.
    """

    games: int
    seconds: dict[str, float]
    services: dict[str, dict[str, float]]
    counts: dict[str, dict[str, int]]

    @property
    def whole(self) -> float:
        """The seconds of the slate."""
        return sum(self.seconds.values())

    def share(self, kind: str) -> float:
        """A kind's part of the whole."""
        return self.seconds.get(kind, 0.0) / self.whole

    def as_json(self) -> dict[str, Any]:
        """For the file of figures."""
        return {"bench": "profile", "whole": self.whole, "idle_share": self.share(IDLE), **vars(self)}


def profile(
    driver: Driver, archive: ReplayArchive, day: date, warm_up: int, at: Callable[[str, int, int], None]
) -> Profile:
    """Replays slates on bulk-loaded history and measures the last.

    Args:
        warm_up: how many dates are replayed before it, so that it is a slate like any other.
    """
    days = [each for each in archive.dates if each <= day][-warm_up - 1 :]
    at("history", 0, len(days) + 1)
    history(driver, ReplayOptions(archive, days[0], days[0], bulk_until=days[0]))
    for number, each in enumerate(days[:-1], start=1):
        at(f"warming up on {each}", number, len(days) + 1)
        before_games(driver, archive, each, "tip")
        after_games(driver, each)
    at(f"slate of {day}", len(days), len(days) + 1)
    began = utc_now()
    before_games(driver, archive, day, "tip")
    ended = utc_now()
    found = spans(driver.stack.options.folder, began, ended)
    games = int((archive.games["game_date"] == day).sum())
    return measured(found, began, ended, games)


def measured(found: Iterable[Span], began: datetime, ended: datetime, games: int) -> Profile:
    """What some spans are together."""
    listed = list(found)
    seconds = shares(work(listed), began.timestamp(), ended.timestamp())
    by_service: dict[str, dict[str, float]] = {}
    counts: dict[str, dict[str, int]] = {}
    for service in WORK:
        own = {kind: _of(listed, service, kind) for kind in (REQUEST, *CALLS)}
        by_service[service] = {kind: covered(each.interval() for each in some) for kind, some in own.items()}
        counts[service] = {kind: len(some) for kind, some in own.items()}
    return Profile(games, in_order(seconds, ORDER), by_service, counts)


def work(found: Iterable[Span]) -> list[Interval]:
    """Each moment of a service's requests as one kind of work: loading or publishing, else the service's."""
    listed, intervals = list(found), []
    for service, kind in WORK.items():
        apart = [each.interval(_APART[each.kind]) for name in _APART for each in _of(listed, service, name)]
        requests = [each.interval() for each in _of(listed, service, REQUEST)]
        intervals += [*apart, *without(requests, apart, kind)]
    return intervals


def _of(found: Iterable[Span], service: str, kind: str) -> list[Span]:
    return [each for each in found if each.service == service and each.kind == kind]


def bar(found: Profile) -> Text:
    """The whole as one bar of characters."""
    drawn = Text()
    for number, kind in enumerate(found.seconds):
        drawn.append("█" * round(_BAR * found.share(kind)), style=_SHADES[number % len(_SHADES)])
    return drawn


def share_table(found: Profile) -> Table:
    """A line a kind of work."""
    shown = Table(title=f"One slate of {found.games} games from the first scrape to its predictions")
    for name in ("", "work", "seconds", "share"):
        shown.add_column(name, justify="right" if name in ("seconds", "share") else "left")
    for number, (kind, seconds) in enumerate(found.seconds.items()):
        colour = Text("█", style=_SHADES[number % len(_SHADES)])
        shown.add_row(colour, kind, f"{seconds:.2f}", f"{100 * found.share(kind):.1f} %")
    shown.add_row("", "whole", f"{found.whole:.2f}", "100.0 %", style="bold")
    return shown


def service_table(found: Profile) -> Table:
    """A line a service: seconds in which it had a request, and within them each kind of call."""
    shown = Table(title="Seconds (and number) by service; calls of one kind at the same time count once")
    shown.add_column("service")
    for name in (REQUEST, *CALLS):
        shown.add_column(name, justify="right")
    for service, seconds in found.services.items():
        cells = (f"{seconds[kind]:.2f} ({found.counts[service][kind]})" for kind in seconds)
        shown.add_row(service, *cells)
    return shown
