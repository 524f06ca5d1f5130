"""Sources that bring nothing although they were called for twice, or although games are long over. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cronsim import CronSim

from orchestration.pipeline import Pipeline
from orchestration.status import Slate
from orchestration.timetable import Schedule, UntilLastTip, UntilPlayed, Workflow
from predictions.coordinator.watched import SourceRuns

# A game takes two hours and a half, its box score half an hour more; a scrape follows within three.
GAME_AND_SCRAPES = timedelta(hours=8)
# A call may take minutes; one that has just been made has not failed.
_GRACE = timedelta(minutes=10)
_CALLS = 2


class Stale(NamedTuple):
    """A source without a good run since the second last call for it."""

    source: str
    workflow: str
    called_at: datetime


class Unfresh(NamedTuple):
    """Why a source is not as fresh as it should be, and which workflow asks for it."""

    workflow: str
    reason: str


def unfresh_sources(
    pipeline: Pipeline, runs: Mapping[str, SourceRuns], today: Slate, yesterday: Slate, now: datetime
) -> dict[str, Unfresh]:
    """Each source that brings nothing although it should have, once, whatever calls for it in vain.

    Args:
        runs: of the last days.
    """
    found = {}
    if yesterday.first_tip and yesterday.last_tip and yesterday.last_tip <= now - GAME_AND_SCRAPES:
        reason = f"nothing since yesterday's games began at {yesterday.first_tip:%Y-%m-%d %H:%M} UTC"
        for source, workflow in failing_after_games(pipeline, runs, yesterday.first_tip):
            found[source] = Unfresh(workflow, reason)
    newest = {source: each.newest_good for source, each in runs.items()}
    for source, workflow, called_at in stale_sources(pipeline, newest, today, now):
        reason = f"nothing since it was called for at {called_at:%Y-%m-%d %H:%M} UTC, and once after"
        found[source] = Unfresh(workflow, reason)
    return found


def stale_sources(
    pipeline: Pipeline, newest: Mapping[str, datetime | None], slate: Slate, now: datetime
) -> Iterator[Stale]:
    """The sources of which two calls in a row brought nothing.

    Only workflows that always have something to do, or that end with the last tip-off, promise a run at each
    call: what is asked for after games is asked for until it is there (`failing_after_games`).

    Args:
        newest: source -> when its newest run that did not fail began.
        slate: today's games.
    """
    for schedule in pipeline.schedules:
        name = schedule.path.removeprefix("/workflows/")
        workflow = pipeline.workflows.get(name) if schedule.service == "scrapers" else None
        if workflow is None or not _promises(workflow):
            continue
        calls = _calls(schedule, workflow, slate, now)
        if len(calls) < _CALLS:
            continue
        for source in workflow.sources:
            run = newest.get(source)
            if run is None or run < calls[-1]:
                yield Stale(source, name, calls[-1])


def failing_after_games(
    pipeline: Pipeline, runs: Mapping[str, SourceRuns], began: datetime
) -> Iterator[tuple[str, str]]:
    """The sources, each with a workflow that asks for it, that have failed since yesterday's games began.

    Of those that are asked for until games are played: one whose newest run failed and that has brought
    nothing since. The gap detector looks at box scores alone.

    Args:
        began: the first tip of games that are long enough over for every call of the night.
    """
    for name, workflow in pipeline.workflows.items():
        if not isinstance(workflow.when, UntilPlayed):
            continue
        for source in workflow.sources:
            run = runs.get(source)
            if run and run.failing and (run.newest_good is None or run.newest_good < began):
                yield source, name


def _promises(workflow: Workflow) -> bool:
    return workflow.when is None or isinstance(workflow.when, UntilLastTip)


def _calls(schedule: Schedule, workflow: Workflow, slate: Slate, now: datetime) -> list[datetime]:
    """The last two calls, newest first, at which the workflow had something to do."""
    zone = ZoneInfo(schedule.time_zone)
    backwards = CronSim(schedule.cron, (now - _GRACE).astimezone(zone), reverse=True)
    calls = [next(backwards).astimezone(now.tzinfo) for _ in range(_CALLS)]
    window = workflow.when
    if not isinstance(window, UntilLastTip):
        return calls
    if slate.first_tip is None or slate.last_tip is None:
        return []
    opens = slate.first_tip - timedelta(hours=window.hours_before_first_tip)
    return [call for call in calls if opens <= call < slate.last_tip]
