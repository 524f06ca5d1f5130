"""Grading: once every game of a date is final and has its box, each prediction is held against it."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from orchestration.announce import announce, completion
from orchestration.platform import Platform
from orchestration.rules import Verdict, verdicts
from orchestration.state import Event, State, States
from predictions.coordinator.finish import Origin
from shared.messages import AsOf, DateSpan, Output, Phase, Status
from shared.outcomes import Outcome, PermanentError, done, not_yet
from shared.warehouse.checks import enforce
from shared.warehouse.replace import replace_dates
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

OUTPUT = "prediction_accuracy"
PRODUCER = "grading"
_READINESS = Path(__file__).with_name("readiness.sql").read_text()
_REASON_CHARACTERS = 1000


def grade(platform: Platform, days: list[date], origin: Origin, *, force: bool = False) -> Outcome:
    """Grades the dates that are due; grading a date again gives the same rows.

    Args:
        force: grade again what is graded on its newest inputs already.

    Returns:
        DONE when something was graded or all is graded already (announced again), else NOT_YET with what
        each date waits for.

    Raises:
        PermanentError: the graded rows of some dates break a check; those dates have ended FAILED, the others
            are graded.
    """
    states = platform.state.read(min(days), max(days))
    rule, degraded = platform.pipeline.rule(OUTPUT), platform.settings.ALLOW_DEGRADED_MODE
    judged = verdicts(states, days, OUTPUT, rule, degraded)
    due = _due(judged, states, force)
    waits = {day: " and ".join(v.waits_for) for day, v in judged.items() if v.waits_for}
    waits |= _unfinished(platform.warehouse, due)
    ready = {day: generation for day, generation in due.items() if day not in waits}
    if ready:
        return _grade_ready(platform, ready, origin, waits)
    if waits:
        return not_yet("; ".join(f"{day} waits for {what}" for day, what in waits.items()))
    _announce_again(platform, states, days, origin)
    return done("graded on the newest inputs already")


def _due(judged: Mapping[date, Verdict], states: States, force: bool) -> dict[date, datetime]:
    due = {day: verdict.generation for day, verdict in judged.items() if verdict.generation}
    again = {
        day: states[(day, OUTPUT)].generation for day, verdict in judged.items() if force and verdict.current
    }
    return due | again


def _unfinished(warehouse: Warehouse, due: Mapping[date, datetime]) -> dict[date, str]:
    """What is still to come on each of the dates; a postponed game is not waited for."""
    if not due:
        return {}
    rows = warehouse.rows(_READINESS, first=min(due), last=max(due))
    return {
        row["game_date"]: (
            f"{row['expected'] - row['final']} games to end "
            f"and {row['expected'] - row['boxed']} boxes of {row['expected']} games"
        )
        for row in rows
        if row["game_date"] in due and row["boxed"] < row["expected"]
    }


def _grade_ready(
    platform: Platform, ready: Mapping[date, datetime], origin: Origin, waits: Mapping[date, str]
) -> Outcome:
    run_id = uuid.uuid4().hex
    made = _make(platform.warehouse, ready, run_id)
    if not made:
        return done("graded on newer inputs already")
    generations = {day: generation for day, generation in ready.items() if day in made}
    failures = {day: why for day, why in made.items() if why}
    rows = _rows_by_date(platform.warehouse, generations) | dict.fromkeys(failures, 0)
    _finish(platform, run_id, generations, rows, origin, failures)
    if failures:
        raise PermanentError(_listed(failures))
    return done(
        f"graded {len(made)} dates", rows=sum(rows.values()), waiting={str(d): w for d, w in waits.items()}
    )


def _make(warehouse: Warehouse, ready: Mapping[date, datetime], run_id: str) -> dict[date, str | None]:
    """Grades the dates together; in ever smaller parts only to find which of them it is that cannot be.

    Returns:
        What is wrong with each date, None if nothing is; without those graded on newer inputs already.
    """
    spec = spec_of(OUTPUT)
    try:
        superseded = replace_dates(warehouse, spec, ready, AsOf(), run_id).superseded
        if not superseded:
            enforce(warehouse, spec, min(ready), max(ready))
            return dict.fromkeys(ready)
    except PermanentError as error:
        if len(ready) == 1:
            return dict.fromkeys(ready, str(error))
    if len(ready) == 1:
        return {}
    days = sorted(ready)
    first, rest = days[: len(days) // 2], days[len(days) // 2 :]
    parts = ({day: ready[day] for day in part} for part in (first, rest))
    return {day: why for part in parts for day, why in _make(warehouse, part, run_id).items()}


def _listed(failures: Mapping[date, str]) -> str:
    return "; ".join(f"{day}: {why}" for day, why in failures.items())[:_REASON_CHARACTERS]


def _rows_by_date(warehouse: Warehouse, days: Mapping[date, datetime]) -> dict[date, int]:
    rows = warehouse.rows(
        """
        SELECT game_date, COUNT(*) AS stored
        FROM nba_predictions.prediction_accuracy
        WHERE game_date BETWEEN @first AND @last
        GROUP BY game_date
        """,
        first=min(days),
        last=max(days),
    )
    stored = {row["game_date"]: int(row["stored"]) for row in rows}
    return {day: stored.get(day, 0) for day in days}


def _finish(
    platform: Platform,
    run_id: str,
    generations: Mapping[date, datetime],
    rows: Mapping[date, int],
    origin: Origin,
    failures: Mapping[date, str],
) -> None:
    """Ends the dates, events first, and announces them together."""
    events = [
        Event(
            game_date=day,
            phase=Phase.PREDICTIONS,
            output=OUTPUT,
            state=State.FAILED if day in failures else State.COMPLETE if rows[day] else State.EMPTY_OK,
            generation=generation,
            run_id=run_id,
            rows_stored=rows[day],
            reason=failures[day][:_REASON_CHARACTERS]
            if day in failures
            else (None if rows[day] else "nothing was predicted"),
        )
        for day, generation in generations.items()
    ]
    platform.state.append(events)
    total = sum(rows.values())
    status = Status.PARTIAL if failures else Status.SUCCESS if total else Status.NO_DATA
    status = Status.FAILED if len(failures) == len(generations) else status
    _announce(platform, run_id, generations, total, status, origin, _listed(failures) or None)


def _announce_again(platform: Platform, states: States, days: list[date], origin: Origin) -> None:
    ended = {day: states[(day, OUTPUT)] for day in days}
    failed = [state.reason for state in ended.values() if state.state is State.FAILED]
    total = sum(state.rows_stored or 0 for state in ended.values())
    status = Status.FAILED if failed else Status.SUCCESS if total else Status.NO_DATA
    generations = {day: state.generation for day, state in ended.items()}
    reason = failed[0] if failed else None
    _announce(platform, f"again-{uuid.uuid4().hex}", generations, total, status, origin, reason)


def _announce(
    platform: Platform,
    run_id: str,
    generations: Mapping[date, datetime],
    rows: int,
    status: Status,
    origin: Origin,
    reason: str | None,
) -> None:
    message = completion(
        Phase.PREDICTIONS,
        PRODUCER,
        run_id,
        DateSpan(from_date=min(generations), to_date=max(generations)),
        status,
        origin.correlation_id,
        outputs=[Output(table=OUTPUT, rows=rows)],
        generation=max(generations.values()),
        reason=reason,
        cause=origin.cause,
    )
    announce(platform.bus, message)
