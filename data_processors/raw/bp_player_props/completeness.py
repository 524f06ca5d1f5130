"""When a date's offers are complete."""

from data_processors.raw.by_list import whole_list
from data_processors.raw.table import Day, Judgement
from scrapers.bettingpros.bodies import read_events, read_offers
from scrapers.bodies import kept
from shared.clock import eastern_date


def judge(day: Day) -> Judgement:
    """COMPLETE when each page of the offers on the date's events was read; EMPTY_OK without a line."""
    return whole_list(day, _missing)


def _missing(day: Day) -> str | None:
    """Pages that the newest first page speaks of and that are not there; the first when there is none."""
    if not _lists_events(day):
        return None
    pages = [read_offers(body.body).pagination for body in day.bodies if body.kind == "bp_offers"]
    firsts = [page for page in pages if page.page == 1]
    wanted = range(1, max(firsts[-1].total_pages, 1) + 1) if firsts else [1]
    absent = sorted(set(wanted) - {page.page for page in pages})
    return f"no page {', '.join(map(str, absent))} of the offers" if absent else None


def _lists_events(day: Day) -> bool:
    lists = [read_events(body.body) for body in day.bodies if body.kind == "bp_events"]
    return any(eastern_date(e.scheduled) == day.day for listed in lists for e in kept(listed.events))
