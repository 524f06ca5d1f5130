"""Back goes to the revision on record, never to what is latest."""

from collections.abc import Callable
from typing import Any

import pytest

from deploy.gcp.cloud_run import CloudRun
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.release import ReleaseError
from deploy.gcp.rollback import Rollback
from deploy.registry import services

ANALYTICS = services()["analytics"]
FIRST, SECOND, THIRD = (f"{ANALYTICS.cloud_run}-0000{n}-abc" for n in (1, 2, 3))
PLACE = Environment("nba-props-test")
Deploy = Callable[..., None]


def rollback(world: Any, to: str | None = None) -> str:
    return Rollback(world.cloud_run, world.records, world.said.append).run(ANALYTICS, to)


def test_traffic_goes_back_to_what_served_before(world: Any, deploy: Deploy) -> None:
    deploy()
    deploy(commit="b")
    assert rollback(world) == FIRST
    assert world.traffic() == {FIRST: 100}
    last = world.last()
    assert (last.action, last.state, last.revision, last.previous_revision) == (
        "rollback",
        "ROLLED_BACK",
        FIRST,
        SECOND,
    )


def test_a_dry_run_names_the_revision_and_neither_moves_nor_records(world: Any, deploy: Deploy) -> None:
    deploy()
    deploy(commit="b")
    steps = world.steps()
    dry = CloudRun(Gcloud(PLACE, world.said.append, dry_run=True))
    assert Rollback(dry, world.records, world.said.append).run(ANALYTICS, None) == FIRST
    assert (world.traffic(), world.steps()) == ({SECOND: 100}, steps)
    assert f"--to-revisions={FIRST}=100" in world.said[-1]


def test_going_back_twice_does_not_come_forward_again(world: Any, deploy: Deploy) -> None:
    deploy()
    deploy(commit="b")
    deploy(commit="c")
    assert rollback(world) == SECOND
    assert rollback(world) == FIRST
    with pytest.raises(ReleaseError, match=f"no revision before {FIRST} 100 % is recorded: name one by --to"):
        rollback(world)
    assert world.traffic() == {FIRST: 100}


def test_a_split_that_a_killed_canary_left_goes_back_to_what_served_before_it(
    world: Any, deploy: Deploy
) -> None:
    from deploy.gcp.records import Step

    deploy()
    deploy(commit="b", hold=True)
    world.cloud_run.move(ANALYTICS, {SECOND: 10, FIRST: 90})
    world.records.add(Step("d", "analytics", "canary", "STEP", SECOND, FIRST, 10, "b" * 40, "10 %"))
    assert rollback(world) == FIRST
    assert (world.traffic(), world.tags()) == ({FIRST: 100}, set())


def test_a_split_goes_back_to_its_canarys_previous_though_its_move_was_never_recorded(
    world: Any, deploy: Deploy
) -> None:
    from deploy.gcp.records import Step

    deploy()
    deploy(commit="b")
    deploy(commit="c", hold=True)
    world.cloud_run.move(ANALYTICS, {THIRD: 10, SECOND: 90})
    # Nobody recorded who made it: what served before SECOND would be one too far.
    with pytest.raises(ReleaseError, match=r"no revision before .* is recorded: name one by --to"):
        rollback(world)
    world.records.add(Step("d", "analytics", "canary", "STARTED", THIRD, SECOND, 0, "c" * 40, "begins"))
    assert rollback(world) == SECOND
    assert world.traffic() == {SECOND: 100}


def test_a_revision_can_be_named(world: Any, deploy: Deploy) -> None:
    for commit in "abc":
        deploy(commit=commit)
    assert rollback(world, FIRST) == FIRST
    assert world.traffic() == {FIRST: 100}


def test_one_that_is_unknown_broken_or_serving_is_refused_and_nothing_moves(
    world: Any, deploy: Deploy
) -> None:
    with pytest.raises(ReleaseError, match="never deployed"):
        rollback(world)
    deploy()
    world.cue("deploy-as", broken=True)
    with pytest.raises(ReleaseError):
        deploy(commit="b")
    moved = len(world.calls("run", "services", "update-traffic"))
    for name, reason in ((SECOND, "is not ready"), ("nonsense", "no revision nonsense"), (FIRST, "already")):
        with pytest.raises(ReleaseError, match=reason):
            rollback(world, name)
    assert len(world.calls("run", "services", "update-traffic")) == moved


def test_one_whose_secret_is_disabled_is_refused_and_one_that_cannot_be_looked_at_is_not(
    world: Any, deploy: Deploy
) -> None:
    deploy()
    deploy(commit="b")
    world.configure(disabled=[ANALYTICS.api_key_secret])
    with pytest.raises(ReleaseError, match="mounts analytics-api-keys:1, which is not enabled"):
        rollback(world)
    assert world.traffic() == {SECOND: 100}
    world.cue("fail", match="secrets versions list")
    assert rollback(world) == FIRST


@pytest.mark.parametrize("moment", ["die-before", "die-after"])
def test_gcloud_dying_is_told_unless_the_traffic_moved(world: Any, deploy: Deploy, moment: str) -> None:
    deploy()
    deploy(commit="b")
    world.cue(moment, match=f"--to-revisions={FIRST}=100")
    if moment == "die-after":
        assert rollback(world) == FIRST
        return
    with pytest.raises(ReleaseError, match=f"has its traffic on {SECOND} 100 %"):
        rollback(world)
    assert world.last().state == "PROMOTED"


def test_a_named_revision_needs_no_record(
    world: Any, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.outcomes import TransientError

    deploy()
    deploy(commit="b")

    def refuse(*_: object) -> None:
        raise TransientError("BigQuery is away")

    monkeypatch.setattr(world.records, "newest", refuse)
    with pytest.raises(ReleaseError, match=f"name the revision by --to; ready are {SECOND}, {FIRST}"):
        rollback(world)
    monkeypatch.setattr(world.records, "add", refuse)
    with pytest.raises(ReleaseError, match=f"{FIRST} has all traffic, but that is not recorded"):
        rollback(world, FIRST)
    assert world.traffic() == {FIRST: 100}


def test_without_a_record_nothing_is_deployed(
    world: Any, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.outcomes import TransientError

    def refuse(*_: object) -> None:
        raise TransientError("BigQuery is away")

    monkeypatch.setattr(world.records, "add", refuse)
    with pytest.raises(ReleaseError, match=r"cannot be written .* nothing was changed"):
        deploy()
    assert world.calls("run", "deploy") == []
