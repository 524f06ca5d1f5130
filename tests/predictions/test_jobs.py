"""How many BigQuery jobs a slate costs: few, and no more for more players."""

from datetime import timedelta
from string import ascii_uppercase
from typing import Any

import pytest

from shared.clock import utc_now

GAMES, MOST_JOBS = 15, 3


def jobs_of_a_slate(night: Any, players: int) -> int:
    """Jobs from the news that phase 4 is complete until phase 5 is."""
    for letter in ascii_uppercase[:GAMES]:
        for number in range(players):
            lines = [night.line(20.5), night.line(19.5, "fanduel")]
            night.add(f"player{letter.lower()}{number}", f"AW{letter}_HO{letter}", lines=lines)
    night.store()
    client = night.platform.warehouse.client
    before = utc_now() - timedelta(minutes=10)
    known = {job.job_id for job in client.list_jobs(min_creation_time=before)}
    night.start()
    night.complete(*night.predict(*night.requests()))
    asked = {job.job_id for job in client.list_jobs(min_creation_time=before)} - known
    assert night.state().state == "COMPLETE"
    assert night.state().rows_stored == GAMES * players * 2
    return len(asked)


@pytest.mark.parametrize("players", [1, 12])
def test_a_slate_takes_three_jobs_whatever_its_size(night: Any, players: int) -> None:
    """The requests, staged and exchanged, then the predictions together with their history."""
    assert jobs_of_a_slate(night, players) <= MOST_JOBS
