"""When a date's boards are complete, of players' points and of games alike."""

from data_processors.raw.by_list import whole_list
from data_processors.raw.table import Day, Judgement
from scrapers.bodies import kept
from scrapers.odds_api.bodies import read_events
from shared.clock import eastern_date


def judge(day: Day) -> Judgement:
    """COMPLETE when the board of each listed event of the date was read; EMPTY_OK without a line."""
    return whole_list(day, _missing)


def _missing(day: Day) -> str | None:
    absent = _listed(day) - {body.event_id for body in day.bodies}
    return f"no board of event {', '.join(sorted(absent))}" if absent else None


def _listed(day: Day) -> set[str]:
    lists = [body for body in day.bodies if body.kind == "events"]
    events = [event for body in lists for event in kept(read_events(body.body).data)]
    return {event.id for event in events if eastern_date(event.commence_time) == day.day}
