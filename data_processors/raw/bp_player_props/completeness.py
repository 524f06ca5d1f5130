"""When a date's offers are complete."""

from collections.abc import Iterable

from data_processors.raw.landed import LandedBody
from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State
from scrapers.bettingpros.bodies import read_events, read_offers
from scrapers.bodies import kept
from shared.clock import eastern_date


def judge(day: Day) -> Judgement:
    """COMPLETE, with or without lines, when each page of the offers on the date's events was read."""
    if not day.covered:
        return Judgement(None, UNKNOWN_DATE)
    if not day.games:
        return Judgement(State.EMPTY_OK, "the schedule has no games on this date")
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    if not day.bodies:
        return Judgement(None, "no list of this date's events was landed")
    if _lists_events(day) and (missing := _missing(b for b in day.bodies if b.kind == "bp_offers")):
        return Judgement(State.FAILED, f"no page {', '.join(map(str, missing))} of the offers")
    return Judgement(State.COMPLETE)


def _lists_events(day: Day) -> bool:
    lists = [read_events(body.body) for body in day.bodies if body.kind == "bp_events"]
    return any(eastern_date(e.scheduled) == day.day for listed in lists for e in kept(listed.events))


def _missing(offers: Iterable[LandedBody]) -> list[int]:
    """Pages that the newest first page speaks of and that are not there; 1 when there is none at all."""
    pages = [read_offers(body.body).pagination for body in offers]
    firsts = [page for page in pages if page.page == 1]
    wanted = range(1, max(firsts[-1].total_pages, 1) + 1) if firsts else [1]
    return sorted(set(wanted) - {page.page for page in pages})
