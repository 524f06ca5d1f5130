"""Loads an archive's history straight into the raw tables and tells phase 3 of it, as raw would."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from deploy.replay.archive import ReplayArchive
from orchestration.announce import announce, completion
from orchestration.state import Event, PipelineState, State
from shared.bus import Bus
from shared.clock import utc_now
from shared.messages import MAX_SPAN_DAYS, DateSpan, Output, Phase, Status
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

PRODUCER = "bulk-history"


def load_history(
    warehouse: Warehouse, bus: Bus, archive: ReplayArchive, first: date, last: date
) -> dict[str, int]:
    """Stores schedule, box scores and shots between two dates and announces them; returns rows per table.

    Analytics are asked for by message, a span of at most MAX_SPAN_DAYS each.
    """
    generation, run_id = utc_now(), f"bulk-{uuid.uuid4().hex}"
    frames = {
        **history_frames(archive, first, last),
        # Who was out in the games before is a part of what is known of the next.
        "nba_injury_report": archive.report_rows(first, last),
    }
    stored = {name: _store(warehouse, name, frame, run_id) for name, frame in frames.items()}
    events = [
        Event(day, Phase.RAW, name, State.COMPLETE, generation, run_id, len(rows), reason="bulk history")
        for name, frame in frames.items()
        for day, rows in frame.groupby("game_date")
    ]
    PipelineState(warehouse).append(events)
    for span in _spans(first, last):
        outputs = [Output(table=name, rows=count) for name, count in stored.items()]
        announce(
            bus,
            completion(
                Phase.RAW,
                PRODUCER,
                f"{run_id}-{span.from_date}",
                span,
                Status.SUCCESS,
                run_id,
                outputs=outputs,
                generation=generation,
            ),
        )
    return stored


def history_frames(archive: ReplayArchive, first: date, last: date) -> dict[str, pd.DataFrame]:
    """The rows between two dates of the raw tables that history consists of."""
    return {
        "nba_schedule": archive.schedule_rows(first, last),
        "nba_player_boxscores": archive.box_rows(first, last),
        "nba_shots": archive.shot_rows(first, last),
    }


def store_history(warehouse: Warehouse, archive: ReplayArchive, first: date, last: date) -> dict[str, int]:
    """Stores history and tells nobody; returns rows per table."""
    run_id = f"bulk-{uuid.uuid4().hex}"
    frames = history_frames(archive, first, last)
    return {name: _store(warehouse, name, frame, run_id) for name, frame in frames.items()}


def load_absences(warehouse: Warehouse, archive: ReplayArchive, first: date, last: date) -> int:
    """Stores the archive's absences between two dates as injury reports; returns their number."""
    return _store(
        warehouse, "nba_injury_report", archive.absence_rows(first, last), f"bulk-{uuid.uuid4().hex}"
    )


def load_reports(warehouse: Warehouse, archive: ReplayArchive, first: date, last: date) -> int:
    """Stores the archive's real injury reports between two dates; returns the number of rows."""
    return _store(
        warehouse, "nba_injury_report", archive.report_rows(first, last), f"bulk-{uuid.uuid4().hex}"
    )


def load_lines(warehouse: Warehouse, archive: ReplayArchive, first: date, last: date) -> int:
    """Stores the archive's lines on players and games between two dates; returns the number on players."""
    run_id = f"bulk-{uuid.uuid4().hex}"
    _store(warehouse, "odds_game_lines", archive.game_line_rows(first, last), run_id)
    return _store(warehouse, "odds_player_props", archive.line_rows(first, last), run_id)


def load_rosters(warehouse: Warehouse, archive: ReplayArchive, first: date, last: date) -> int:
    """Stores rosters as the archive's box scores show them; returns the number of rows."""
    return _store(warehouse, "espn_rosters", archive.roster_rows(first, last), f"bulk-{uuid.uuid4().hex}")


def _store(warehouse: Warehouse, name: str, frame: pd.DataFrame, run_id: str) -> int:
    spec = spec_of(name)
    moment = utc_now()
    frame = frame.assign(generation=moment, run_id=run_id, written_at=moment)
    for column in set(spec.column_names()) - set(frame.columns):
        frame[column] = None
    rows = pa.Table.from_pandas(frame[spec.column_names()], spec.arrow_schema(), preserve_index=False)
    if not rows.num_rows:
        return 0
    bounds = frame["game_date"].min(), frame["game_date"].max()
    return replace_rows(warehouse, spec, rows, run_id, bounds).stored


def _spans(first: date, last: date) -> Iterator[DateSpan]:
    step = timedelta(days=MAX_SPAN_DAYS - 1)
    while first <= last:
        yield DateSpan(from_date=first, to_date=min(last, first + step))
        first += step + timedelta(days=1)
