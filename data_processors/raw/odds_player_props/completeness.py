"""When a date's boards are complete, of players' points and of games alike."""

from data_processors.raw.table import UNKNOWN_DATE, Day, Judgement, reasons
from orchestration.state import State
from scrapers.bodies import kept
from scrapers.odds_api.bodies import read_events
from shared.clock import eastern_date


def judge(day: Day) -> Judgement:
    """COMPLETE, with or without lines, when the board of each listed event of the date was read."""
    if not day.covered:
        return Judgement(None, UNKNOWN_DATE)
    if not day.games:
        return Judgement(State.EMPTY_OK, "the schedule has no games on this date")
    if day.problems:
        return Judgement(State.FAILED, reasons(day.problems))
    if not day.bodies:
        return Judgement(None, "no list of this date's events was landed")
    if absent := _listed(day) - {body.event_id for body in day.bodies}:
        return Judgement(State.FAILED, f"no board of event {', '.join(sorted(absent))}")
    return Judgement(State.COMPLETE)


def _listed(day: Day) -> set[str]:
    lists = [body for body in day.bodies if body.kind == "events"]
    events = [event for body in lists for event in kept(read_events(body.body).data)]
    return {event.id for event in events if eastern_date(event.commence_time) == day.day}
