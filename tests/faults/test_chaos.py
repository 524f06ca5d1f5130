"""Slates on which everything goes wrong end as those on which nothing does.

Each fault is real: processes die, answers are lost, disks are full. A seed draws the same plan again; which
request meets which fault is up to the machine.
"""

import pytest

from deploy.chaos.contents import Contents
from deploy.chaos.plan import ChaosPlan
from deploy.chaos.slates import run_slates
from deploy.replay.archive import ReplayArchive

# Every run of the tests waits for the first.
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))]
# A workflow may take its 480 s when what it asks is away: only what hangs longer is cut off.
SLATE_SECONDS = 900
WEEK, CALM_DAYS, FAULTS = 7, 3, 1000
# What a service may hold more at the end than when it was warm.
GROWTH = 1.2


@pytest.fixture(scope="module")
def slate(short_archive: ReplayArchive) -> Contents:
    """What the last slate leaves without faults."""
    found = run_slates(short_archive, 1, None)
    assert (found.struck, found.wrongs(found.contents)) == ({}, [])
    assert found.contents["nba_predictions.prediction_accuracy"]
    return found.contents


@pytest.mark.timeout(SLATE_SECONDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slate_with_faults_ends_as_one_without(
    seed: int, short_archive: ReplayArchive, slate: Contents
) -> None:
    # Each of the week's faults, but fewer of them.
    plan = ChaosPlan(seed, provider=0.015, warehouse=0.02, pause_seconds=8)
    found = run_slates(short_archive, 1, plan)
    assert found.wrongs(slate) == []
    kinds = {kind.split()[0].rstrip(":") for kind in found.struck}
    assert {"pubsub", "upstream", "door", "kill"} <= kinds


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_week_with_a_thousand_faults_ends_as_one_without(archive: ReplayArchive) -> None:
    expected = run_slates(archive, WEEK, None).contents
    found = run_slates(archive, WEEK, ChaosPlan(seed=7), CALM_DAYS)
    assert found.wrongs(expected) == []
    assert found.struck.total() >= FAULTS
    for service, (warm, end) in found.memory.items():
        assert end <= GROWTH * warm, f"{service}: {warm:.0f} MB when warm, {end:.0f} at the end"
