"""Which sources of a workflow have something to do now, by the date's games and by what is stored of it."""

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data_processors.raw.nba_schedule.slate import Game, Slate, read_slate
from orchestration.pipeline import load_pipeline
from orchestration.platform import Platform
from orchestration.state import State, States
from orchestration.timetable import UntilLastTip, UntilPlayed, UntilStored, Workflow
from shared.clock import EASTERN
from shared.messages import DateSpan, Phase

_BOXES = "nba_player_boxscores"
_SCHEDULE = "nba_schedule"
_WHOLE = frozenset({State.COMPLETE, State.EMPTY_OK})
_FINAL = "FINAL"
# The rounds of the playoffs become known one after the other; a longer break is the summer.
_SEASON_IS_OVER = timedelta(days=7)


@dataclass(frozen=True)
class DueSources:
    """The sources that are to run, and why; none when there is nothing to do."""

    sources: tuple[str, ...]
    reason: str


def sources_due(platform: Platform, workflow: Workflow, day: date, now: datetime) -> DueSources:
    """What of a workflow is due for a date; two reads at most, neither of them a query job.

    A date that the loaded schedule does not reach yet may have games: then all of it is due.

    Raises:
        TransientError: the warehouse could not be asked.
    """
    match workflow.when:
        case None:
            return DueSources(workflow.sources, "it always has something to do")
        case UntilStored():
            return lacking(workflow, platform.state.read(day, day), day)
        case window:
            slate = read_slate(platform.warehouse, DateSpan(from_date=day, to_date=day))
            if without := _without_games(workflow, slate, day):
                return without
            if isinstance(window, UntilLastTip):
                return before_tips(workflow, window, slate.on(day), now)
            return after_tips(workflow, window, slate.on(day), now, lambda: _boxed(platform, day))


def _without_games(workflow: Workflow, slate: Slate, day: date) -> DueSources | None:
    """The verdict where the schedule names no game of the date; None where it does."""
    if slate.on(day):
        return None
    if slate.covers(day):
        return DueSources((), f"the schedule has no games on {day}")
    ends = max((last for _, last in slate.seasons), default=day)
    if day - ends > _SEASON_IS_OVER:
        return DueSources((), f"the season ended on {ends}")
    return DueSources(workflow.sources, f"the loaded schedule does not reach {day}")


def before_tips(workflow: Workflow, window: UntilLastTip, games: list[Game], now: datetime) -> DueSources:
    """Due from so many hours before the first tip until the last."""
    tips = [game.tip_at for game in games]
    opens = min(tips) - timedelta(hours=window.hours_before_first_tip)
    if now < opens:
        return DueSources(
            (), f"opens at {_told(opens)}, {window.hours_before_first_tip:g} h before the first tip"
        )
    if now >= max(tips):
        return DueSources((), f"the last game began at {_told(max(tips))}")
    return DueSources(workflow.sources, f"games begin until {_told(max(tips))}")


def after_tips(
    workflow: Workflow,
    window: UntilPlayed,
    games: list[Game],
    now: datetime,
    read_boxed: Callable[[], Set[str]],
) -> DueSources:
    """Due while a game that began so many hours ago is not in.

    Args:
        read_boxed: the ids of the games whose box score is stored; asked for only when a game can be over.
    """
    takes = timedelta(hours=window.hours_after_tip)
    over = [game for game in games if game.tip_at + takes <= now]
    if not over:
        first = min(game.tip_at for game in games)
        return DueSources((), f"no game can be over: the first begins at {_told(first)}")
    done = read_boxed()
    if window.until == "final":
        done = done & {game.game_id for game in over if game.status == _FINAL}
    if awaited := sorted({game.game_id for game in over} - done):
        return DueSources(workflow.sources, f"not {window.until} yet: {', '.join(awaited)}")
    return DueSources((), f"all {len(over)} games that can be over are {window.until}")


def lacking(workflow: Workflow, states: States, day: date) -> DueSources:
    """Due are the sources of which an output of the date is neither complete nor proven to be empty."""
    schedule = states.get((day, _SCHEDULE))
    if schedule and schedule.state is State.EMPTY_OK:
        return DueSources((), f"the schedule has no games on {day}")
    outputs = load_pipeline().phases[Phase.RAW].outputs
    missing = {
        rule.source: name
        for name, rule in outputs.items()
        if (found := states.get((day, name))) is None or found.state not in _WHOLE
    }
    due = tuple(source for source in workflow.sources if source in missing)
    if not due:
        return DueSources((), f"everything of {day} is stored")
    return DueSources(due, f"not whole: {', '.join(str(missing[source]) for source in due)}")


def _boxed(platform: Platform, day: date) -> Set[str]:
    """The games of a date with a stored box score."""
    return set(platform.warehouse.read(_BOXES, ["game_id"], day, day)["game_id"].to_pylist())


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(EASTERN):%Y-%m-%d %H:%M} Eastern"
