"""A deploy while something else goes on: another release, or work in the folder that it uploads."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from deploy.gcp.preflight import PreflightError
from deploy.gcp.records import Step
from deploy.gcp.release import ReleaseError
from deploy.registry import services

NAME = services()["analytics"].cloud_run
FIRST, SECOND, THIRD = (f"{NAME}-0000{n}-abc" for n in (1, 2, 3))
Deploy = Callable[..., None]


def test_a_release_that_another_one_overtook_leaves_its_traffic_alone(world: Any, deploy: Deploy) -> None:
    deploy()
    deploy(commit="b", hold=True)
    world.cue("hang", match="run deploy", seconds=3)
    overtake = lambda: world.cloud_run.move(services()["analytics"], {SECOND: 100})  # noqa: E731
    told = f"somebody else moved traffic to {SECOND} 100 %, which was left"
    with world.once_hanging(overtake), pytest.raises(ReleaseError, match=told):
        deploy(commit="c")
    assert (world.traffic(), world.last().state) == ({SECOND: 100}, "FAILED")
    assert world.last().reason == f"somebody else moved traffic to {SECOND} 100 %"
    # What did serve meanwhile was what it had to be: the new one was proven, and waits.
    assert world.last().revision == THIRD


def test_nothing_is_released_beside_what_has_not_ended(
    world: Any, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy()
    begun = Step("d", "analytics", "canary", "STEP", SECOND, FIRST, 10, None, "10 % of the traffic")
    world.records.add(begun)
    with pytest.raises(ReleaseError, match=r"a canary has not ended; its last step was STEP .* or --force"):
        deploy(commit="b")
    assert (len(world.calls("run", "deploy")), len(world.steps())) == (1, 3)
    deploy(commit="b", force=True)
    world.records.add(begun)
    monkeypatch.setattr("deploy.gcp.release._UNENDED_FOR", timedelta(0))
    deploy(commit="c")
    assert world.traffic() == {THIRD: 100}


def test_only_the_commit_that_is_recorded_is_uploaded(world: Any, deploy: Deploy) -> None:
    def edited() -> str:
        raise PreflightError("the working tree is not clean (shared/x.py)")

    commits = iter(["a" * 40, "b" * 40])
    with pytest.raises(ReleaseError, match="the folder is at bbbbbbbbbbbb by now"):
        deploy("scrapers", "raw", commit_now=lambda: next(commits))
    with pytest.raises(ReleaseError, match="not clean"):
        deploy("raw", commit_now=edited)
    assert [argv[2] for argv in world.calls("run", "deploy")] == [services()["scrapers"].cloud_run]
    assert world.last("raw").state == "FAILED"
