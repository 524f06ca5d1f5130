"""What phase 5 of slates cost on a running platform: seconds, BigQuery jobs, and the worker's answers."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from statistics import median

from rich.table import Table

from shared.warehouse.warehouse import Warehouse

_PREDICTED = "POST /predict 200"
# The last news of phase 4 before a date's predictions were complete, and that end.
_SPANS = """
WITH ended AS (
  SELECT game_date, MAX(occurred_at) AS ended_at
  FROM nba_orchestration.pipeline_events
  WHERE output = 'player_prop_predictions' AND state = 'COMPLETE' AND game_date IN UNNEST(@days)
  GROUP BY game_date
)

SELECT e.game_date, MAX(p.occurred_at) AS began_at, e.ended_at
FROM ended AS e
JOIN nba_orchestration.pipeline_events AS p
  ON p.game_date = e.game_date
  AND p.output = 'ml_feature_store'
  AND p.state = 'COMPLETE'
  AND p.occurred_at < e.ended_at
GROUP BY e.game_date, e.ended_at
ORDER BY e.game_date
"""
_GAMES = """
SELECT COUNT(DISTINCT game_id) AS games, COUNT(DISTINCT player_lookup) AS players, COUNT(*) AS predictions
FROM nba_predictions.player_prop_predictions
WHERE game_date = @day
"""


@dataclass(frozen=True)
class Slate:
    """A date from phase 4 complete to phase 5 complete."""

    day: date
    games: int
    players: int
    predictions: int
    seconds: float
    jobs: int


def measure(warehouse: Warehouse, days: Iterable[date]) -> list[Slate]:
    """What the events, tables and jobs say of some dates that nothing else was computed beside."""
    found = []
    for span in warehouse.rows(_SPANS, days=sorted(days)):
        (counts,) = warehouse.rows(_GAMES, day=span["game_date"])
        began, ended = span["began_at"], span["ended_at"]
        seconds = (ended - began).total_seconds()
        found.append(Slate(span["game_date"], **counts, seconds=seconds, jobs=_jobs(warehouse, began, ended)))
    return found


def _jobs(warehouse: Warehouse, began: datetime, ended: datetime) -> int:
    """Jobs of every service that were begun in a span of time; of a script only the script."""
    # The emulator gives one page and knows no span of time.
    jobs = warehouse.client.list_jobs(
        all_users=True, min_creation_time=began, max_creation_time=ended, page_size=1000
    )
    return sum(began <= job.created <= ended for job in jobs if job.parent_job_id is None)


def answers(lines: Iterable[str]) -> Iterator[float]:
    """Seconds of each chunk that the worker predicted, from its log's lines."""
    for line in lines:
        if _PREDICTED in line:
            yield float(json.loads(line)["seconds"])


def table(slates: list[Slate], log: Path) -> Table:
    """A line a slate; in the title the worker's answers."""
    spent = list(answers(log.read_text().splitlines()))
    shown = Table(title=f"Phase 4 complete to phase 5 complete; {_told(spent)}")
    for name in ("slate", "games", "players", "predictions", "seconds", "BigQuery jobs"):
        shown.add_column(name, justify="left" if name == "slate" else "right")
    for each in slates:
        counted = (each.games, each.players, f"{each.predictions:,}", f"{each.seconds:.1f}", each.jobs)
        shown.add_row(str(each.day), *map(str, counted))
    return shown


def _told(spent: list[float]) -> str:
    if not spent:
        return "no chunk was predicted"
    p95 = sorted(spent)[int(0.95 * (len(spent) - 1))]
    return f"POST /predict p50 {1000 * median(spent):.0f} ms, p95 {1000 * p95:.0f} ms of {len(spent)} chunks"
