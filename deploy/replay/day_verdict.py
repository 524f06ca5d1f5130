"""Whether a simulated day was a good one: its outputs, when its predictions were ready, and its grading."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deploy.replay.operating_day import DayRun
from orchestration.pipeline import load_pipeline
from orchestration.state import OutputState, PipelineState, State
from orchestration.status import EXPECTED
from shared.warehouse.warehouse import Warehouse

LEAD = timedelta(minutes=30)
GOOD = frozenset({State.COMPLETE, State.EMPTY_OK})
# What a day may cost: BigQuery jobs in 24 hours with eleven games, and writes of a table.
MOST_JOBS, MOST_WRITES, MOST_WRITES_AT_ONCE = 400, 1000, 5
_DAY = timedelta(hours=24)
_READY = """
SELECT MIN(occurred_at) AS first_at, MAX(occurred_at) AS last_at
FROM nba_orchestration.pipeline_events
WHERE game_date = @day AND output = 'player_prop_predictions' AND state = 'COMPLETE'
"""
_GRADED = "SELECT COUNT(*) AS graded FROM nba_predictions.prediction_accuracy WHERE game_date = @day"


@dataclass(frozen=True)
class DayVerdict:
    """What is wrong with the day, and what it cost.

    Args:
        faults: each a sentence; a healthy day has none.
        refused: jobs that were not answered with 2xx, each a sentence; neither has it any of these.
        states: the state of each output of the date, with its reason; "EXPECTED" where nothing happened.
        jobs: BigQuery's in the first 24 hours. jobs_in_all: until the end.
        writes: table -> in all, and the most in any ten simulated seconds.
        excess: what was more than the day may cost, each a sentence.
    """

    faults: tuple[str, ...]
    refused: tuple[str, ...]
    states: dict[str, str]
    first_tip: datetime
    ready_at: datetime | None
    graded: int
    jobs: int
    jobs_in_all: int
    writes: dict[str, tuple[int, int]] = field(default_factory=dict)
    excess: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        return not (self.faults or self.refused)


def judge(warehouse: Warehouse, run: DayRun) -> DayVerdict:
    """Looks at what the day left in the warehouse."""
    day = run.plan.day
    first_tip, _ = run.plan.archive.tips(day)
    states = _states(warehouse, run)
    wrong = {output: told for output, told in states.items() if told not in GOOD}
    (ready,) = warehouse.rows(_READY, day=day)
    (grading,) = warehouse.rows(_GRADED, day=day)
    jobs, writes = run.jobs_until(run.plan.begins + _DAY), run.log.writes()
    return DayVerdict(
        faults=(
            *(f"{output} is {told}" for output, told in wrong.items()),
            *_late(ready["first_at"], first_tip),
            *_ungraded(grading["graded"]),
        ),
        refused=tuple(_refused(run)),
        states=states,
        first_tip=first_tip,
        ready_at=ready["first_at"],
        graded=grading["graded"],
        jobs=jobs,
        jobs_in_all=len(run.log.runs),
        writes=writes,
        excess=_excess(jobs, writes),
    )


def _states(warehouse: Warehouse, run: DayRun) -> dict[str, str]:
    """Every output of the date, with the reason of what is not as it should be."""
    day = run.plan.day
    found = PipelineState(warehouse).read(day, day)
    outputs = [output for rule in load_pipeline().phases.values() for output in rule.outputs]
    return {output: _told(found.get((day, output))) for output in outputs}


def _told(state: OutputState | None) -> str:
    if state is None:
        return EXPECTED
    return f"{state.state}: {state.reason}" if state.reason and state.state not in GOOD else str(state.state)


def _refused(run: DayRun) -> list[str]:
    """Jobs that were not answered with 2xx. What a source that failed has left undone shows in the states."""
    found = Counter((s.job, s.answer.status) for s in run.steps if not s.answer.accepted)
    return [
        f"{job} was answered {status or 'nothing'}, {count} times" for (job, status), count in found.items()
    ]


def _late(ready: datetime | None, first_tip: datetime) -> list[str]:
    if ready is None:
        return ["there never were predictions"]
    if ready > first_tip - LEAD:
        return [f"predictions were ready at {ready:%H:%M} UTC, under 30 minutes before {first_tip:%H:%M}"]
    return []


def _ungraded(graded: int) -> list[str]:
    return [] if graded else ["no prediction was graded"]


def _excess(jobs: int, writes: dict[str, tuple[int, int]]) -> tuple[str, ...]:
    told = [f"{jobs} BigQuery jobs in 24 hours, {MOST_JOBS} are allowed"] if jobs > MOST_JOBS else []
    for table, (total, at_once) in writes.items():
        if total > MOST_WRITES:
            told.append(f"{table} was written {total} times, {MOST_WRITES} are allowed a day")
        if at_once > MOST_WRITES_AT_ONCE:
            told.append(
                f"{table} was written {at_once} times in ten seconds, {MOST_WRITES_AT_ONCE} are allowed"
            )
    return tuple(told)
