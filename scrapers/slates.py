"""What the schedule tells a source to ask for: dates with games, or games that have tipped off."""

from datetime import date

from data_processors.raw.nba_schedule.slate import Game, Slate
from scrapers.source import NothingToFetchError, NotReadyError, SlateReader, Task
from shared.clock import utc_now
from shared.messages import DateSpan

_NO_GAMES = "the schedule has no games on these dates"


def game_days(task: Task, read_slate: SlateReader) -> list[date]:
    """The dates that have games, or may have some as far as the loaded schedule reaches.

    Raises:
        NothingToFetchError: the schedule has no games on any of them.
    """
    slate = read_slate(task.span)
    days = [day for day in task.span.dates() if slate.on(day) or not slate.covers(day)]
    if not days:
        raise NothingToFetchError(_NO_GAMES)
    return days


def games_begun(task: Task, read_slate: SlateReader) -> list[Game]:
    """Games that are played and have begun, as far as the run may know.

    Raises:
        NotReadyError: the schedule is not loaded, or no game has begun.
        NothingToFetchError: the schedule has no games.
    """
    slate = read_slate(task.span)
    _check_schedule(slate, task.span)
    played = [game for game in slate.games if not game.postponed]
    if not played:
        raise NothingToFetchError(_NO_GAMES)
    now = min(utc_now(), task.knowledge.as_of or utc_now())
    begun = [game for game in played if game.tip_at <= now]
    if not begun:
        raise NotReadyError(
            f"no game has tipped off yet; the first tips off at {played[0].tip_at:%Y-%m-%d %H:%M} UTC"
        )
    return begun


def _check_schedule(slate: Slate, span: DateSpan) -> None:
    missing = [day for day in span.dates() if not slate.covers(day)]
    if not missing:
        return
    more = f" and {len(missing) - 1} more dates" if len(missing) > 1 else ""
    known = f"; it reaches to {max(last for _, last in slate.seasons)}" if slate.seasons else ""
    raise NotReadyError(
        f"schedule not loaded: scrape source schedule first (nothing known of {missing[0]}{more}{known})"
    )
