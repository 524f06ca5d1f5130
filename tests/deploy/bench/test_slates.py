"""What `nba-props bench slates` says of phase 5 is read from events, jobs and the worker's log."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from deploy.bench.slates import answers, measure, table
from orchestration.state import Event, PipelineState, State
from shared.clock import utc_now
from shared.messages import Phase
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
LOG = """\
Starting gunicorn
{"message": "GET /ready 200", "seconds": 0.004}
{"message": "POST /predict 200", "seconds": 0.25}
{"message": "POST /predict 503", "seconds": 9.0}
{"message": "POST /predict 200", "seconds": 0.15}
"""


def test_only_chunks_that_were_predicted_are_timed() -> None:
    assert list(answers(LOG.splitlines())) == [0.25, 0.15]


def event(phase: Phase, output: str, at: datetime) -> Event:
    generation = datetime(2024, 12, 3, 14, tzinfo=UTC)
    return Event(DAY, phase, output, State.COMPLETE, generation, "test", occurred_at=at)


def test_a_slate_is_what_was_done_between_the_two_ends(warehouse: Warehouse, tmp_path: Path) -> None:
    state, began = PipelineState(warehouse), utc_now()
    state.append([event(Phase.PRECOMPUTE, "ml_feature_store", began)])
    for _ in range(3):
        warehouse.rows("SELECT 1 AS one")
    ended = utc_now()
    state.append([event(Phase.PREDICTIONS, "player_prop_predictions", ended)])
    warehouse.rows("SELECT 1 AS one")
    (slate,) = measure(warehouse, [DAY])
    # The three queries: the event is appended, which is no job.
    assert (slate.day, slate.games, slate.jobs) == (DAY, 0, 3)
    assert timedelta(seconds=slate.seconds) == ended - began
    log = tmp_path / "worker.log"
    log.write_text(LOG)
    assert "p50 200 ms" in str(table([slate], log).title)
