"""The BigQuery jobs of a simulated day, and what they wrote, by table and simulated time."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from google.cloud import bigquery

# As many as BigQuery gives a page; the emulator gives no second one.
_PAGE = 1000
_WRITES = re.compile(
    r"\b(?:INSERT INTO|MERGE(?: INTO)?|UPDATE|DELETE FROM)\s+`?([a-z_]+\.\w+)", re.IGNORECASE
)
# Each load makes a table of its own there.
_STAGING = "nba_staging."
WINDOW = timedelta(seconds=10)


@dataclass(frozen=True)
class JobRun:
    """A job: when it was begun, by the simulated clock, and the tables it wrote, each once."""

    at: datetime
    tables: tuple[str, ...]


@dataclass
class JobLog:
    """Every job from the first look on.

    A script counts once, and as one write of each table it writes: it commits once.
    """

    client: bigquery.Client
    runs: list[JobRun] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def skip(self) -> None:
        """Leaves out what was begun before."""
        self._seen |= {job.job_id for job in self._newest()}

    def look(self, ahead: timedelta) -> list[JobRun]:
        """Notes the jobs since the last look and returns them.

        Args:
            ahead: by how much the simulated clock was ahead of the warehouse's since then.

        Raises:
            OverflowError: there were more than a page, so some may be missing.
        """
        fresh = [job for job in self._newest() if job.job_id not in self._seen]
        if len(fresh) >= _PAGE:
            raise OverflowError(f"more than {_PAGE} BigQuery jobs between two looks: not all were counted")
        self._seen |= {job.job_id for job in fresh}
        runs = [JobRun(job.created + ahead, written(job)) for job in fresh if job.parent_job_id is None]
        self.runs += runs
        return runs

    def _newest(self) -> list[Any]:
        return list(self.client.list_jobs(all_users=True, page_size=_PAGE, max_results=_PAGE))

    def writes(self) -> dict[str, tuple[int, int]]:
        """Table -> writes in all, and the most in any ten seconds."""
        moments: dict[str, list[datetime]] = defaultdict(list)
        for run in self.runs:
            for table in run.tables:
                moments[table].append(run.at)
        return {table: (len(found), _densest(found)) for table, found in sorted(moments.items())}


def written(job: Any) -> tuple[str, ...]:
    """The tables that a job writes, staging left out."""
    if job.job_type == "load":
        names = {f"{job.destination.dataset_id}.{job.destination.table_id}"}
    elif job.job_type == "query":
        names = {name.lower() for name in _WRITES.findall(job.query)}
    else:
        names = set()
    return tuple(sorted(name for name in names if not name.startswith(_STAGING)))


def _densest(moments: Iterable[datetime]) -> int:
    """The most moments that lie within WINDOW."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= WINDOW:
            first += 1
        most = max(most, last - first + 1)
    return most
