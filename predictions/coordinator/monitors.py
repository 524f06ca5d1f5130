"""The monitors: what nobody else would notice. A finding is an alert, a run a heartbeat."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.alerts import Alert, Severity, give, heartbeat
from orchestration.platform import Platform
from orchestration.state import State
from orchestration.status import DateStatus, at_fault, read_statuses
from predictions.coordinator.freshness import GAME_AND_SCRAPES, unfresh_sources
from predictions.coordinator.overdue import read_learning
from predictions.coordinator.watched import Letters, SourceRuns, read_gaps, read_runs, undecided_letters
from predictions.grading.grade import OUTPUT as GRADES
from shared.clock import eastern_date

GAP_DAYS = 7
_LETTERS = timedelta(days=30)
RUNS = timedelta(days=4)
_NAMED = 5
# The share of a quota of which an operator should know.
_QUOTA_USED = 0.8
# Grading follows the last box score by itself; so long it may take.
_GRADING = timedelta(hours=1)


@dataclass(frozen=True)
class Seen:
    """All that the monitors look at."""

    platform: Platform
    yesterday: DateStatus
    today: DateStatus
    gaps: Mapping[date, list[str]]
    letters: list[Letters]
    runs: Mapping[str, SourceRuns]
    now: datetime


Monitor = Callable[[Seen], Iterator[Alert]]


def run_monitors(platform: Platform, now: datetime) -> dict[str, Any]:
    """Runs every monitor once.

    Returns:
        `monitors`: what each has found; `alerted`: what was told now, the rest being within its cooldown.
    """
    seen = _look(platform, now)
    found = {name: list(monitor(seen)) for name, monitor in MONITORS.items()}
    given = give(platform, [alert for alerts in found.values() for alert in alerts])
    # Only now: who finds something and cannot say so has not run to its end.
    for name, alerts in found.items():
        heartbeat(name, findings=len(alerts))
    texts = {name: [alert.text for alert in alerts] for name, alerts in found.items()}
    return {"monitors": texts, "alerted": [alert.text for alert in given]}


def _look(platform: Platform, now: datetime) -> Seen:
    today = eastern_date(now)
    yesterday, current = read_statuses(platform, today - timedelta(days=1), today, now)
    return Seen(
        platform,
        yesterday,
        current,
        read_gaps(platform.warehouse, today - timedelta(days=GAP_DAYS), today, now - GAME_AND_SCRAPES),
        undecided_letters(platform.warehouse, now - _LETTERS),
        read_runs(platform.warehouse, now - RUNS),
        now,
    )


def _gaps(seen: Seen) -> Iterator[Alert]:
    for day, games in seen.gaps.items():
        reason = f"{len(games)} finished games have no box score: {', '.join(games[:_NAMED])}"
        remedy = f"`nba-props heal {day}`, or POST /scrape of box_scores for the date"
        yield Alert("box-score-gap", day.isoformat(), Severity.ERROR, reason, remedy)


def _stale(seen: Seen) -> Iterator[Alert]:
    unfresh = unfresh_sources(
        seen.platform.pipeline, seen.runs, seen.today.slate, seen.yesterday.slate, seen.now
    )
    for source, (workflow, reason) in unfresh.items():
        why = seen.runs[source].failure if source in seen.runs else None
        told = f"{reason}; last it {why}" if why else reason
        yield Alert(
            "source-stale", source, Severity.WARNING, told, f"POST /workflows/{workflow} of the scrapers"
        )


def _quotas(seen: Seen) -> Iterator[Alert]:
    for source, runs in seen.runs.items():
        if runs.quota is None:
            continue
        used, remaining = runs.quota
        if used > 0 and used >= _QUOTA_USED * (used + remaining):
            reason = f"{remaining} of {used + remaining} requests are left in the provider's period"
            remedy = "call it less often in pipeline.yaml, or take a larger plan"
            yield Alert("quota-low", source, Severity.WARNING, reason, remedy)


def _letters(seen: Seen) -> Iterator[Alert]:
    for found in seen.letters:
        reason = f"{found.count} dead letters since {found.since:%Y-%m-%d %H:%M} UTC, e.g. {found.example}"
        yield Alert(
            "dead-letters", found.origin, Severity.ERROR, reason, "`nba-props dead-letters list` shows them"
        )


def _ungraded(seen: Seen) -> Iterator[Alert]:
    status = seen.yesterday
    grades, boxes = status.output(GRADES), status.output("player_game_summary")
    if not status.slate.all_final or not boxes.usable or grades.usable:
        return
    if boxes.age_seconds is None or boxes.age_seconds < _GRADING.total_seconds():
        return
    reason = f"every game is final and the grades are {grades.state}" + (
        f": {grades.reason}" if grades.reason else ""
    )
    day: date = status.game_date
    yield Alert("grading-overdue", day.isoformat(), Severity.ERROR, reason, "POST /grade of the coordinator")


def _failed(seen: Seen) -> Iterator[Alert]:
    for status in (seen.yesterday, seen.today):
        lost = [o for o in status.outputs if o.required and o.state == State.FAILED]
        if lost:
            faults = at_fault(seen.platform.pipeline, status.outputs)
            names = tuple(output.output for output in lost if output.output in faults)
            reason = "; ".join(f"{output.output}: {output.reason}" for output in lost)
            remedy = "`nba-props status DATE` says how the date stands"
            yield Alert("date-failed", status.game_date.isoformat(), Severity.ERROR, reason, remedy, names)


def _learning(seen: Seen) -> Iterator[Alert]:
    yield from read_learning(seen.platform.warehouse, eastern_date(seen.now)).alerts()


MONITORS: dict[str, Monitor] = {
    "box-score-gaps": _gaps,
    "source-freshness": _stale,
    "quotas": _quotas,
    "dead-letters": _letters,
    "grading": _ungraded,
    "failed-outputs": _failed,
    "retraining": _learning,
}
