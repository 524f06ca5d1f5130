"""A canary gets all traffic or none, by its own requests; the record says which step it was and why."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from deploy.gcp.canary import Canary, CanaryOptions
from deploy.gcp.gate import Limits
from deploy.gcp.release import ReleaseError, ReleaseInterrupted
from deploy.gcp.request_log import RequestLog
from deploy.registry import services
from deploy.smoke.target import COMPARED_AGENT, USER_AGENT

ANALYTICS = services()["analytics"]
FIRST, SECOND = (f"{ANALYTICS.cloud_run}-0000{n}-abc" for n in (1, 2))
# Seconds mean little where tests share a machine: only what is told to be slow is slower by two.
ROUGHLY = Limits(minimum=10, slack_seconds=2.0)
QUICK = CanaryOptions((10, 50, 100), 2.0, ROUGHLY, log_delay_seconds=0.1, log_wait_seconds=15.0)
Deploy = Callable[..., None]


def canary(world: Any, options: CanaryOptions = QUICK) -> None:
    log = RequestLog(world.gcloud)
    Canary(world.cloud_run, world.records, log, world.said.append).run(
        ANALYTICS, "analytics-first-key", options
    )


@pytest.fixture
def candidate(world: Any, deploy: Deploy) -> Callable[..., None]:
    """A revision that serves, and one that waits and behaves as told."""

    def make(**behaviour: Any) -> None:
        deploy()
        world.cue("deploy-as", behaviour=behaviour)
        deploy(commit="b", hold=True)

    return make


def percents(world: Any) -> list[tuple[str, int]]:
    return [(step.state, step.percent) for step in world.steps() if step.action == "canary"]


def test_a_good_one_goes_step_by_step_to_all_traffic(world: Any, candidate: Callable[..., None]) -> None:
    candidate()
    with world.callers():
        canary(world)
    assert (world.traffic(), world.tags()) == ({SECOND: 100}, set())
    assert percents(world) == [("STARTED", 0), ("STEP", 10), ("STEP", 50), ("STEP", 100), ("PROMOTED", 100)]
    assert {step.previous_revision for step in world.steps()[2:]} == {FIRST}
    assert world.last().commit_sha == "b" * 40
    splits = [argv[5] for argv in world.calls("run", "services", "update-traffic")][1:]
    assert splits[:2] == [f"--to-revisions={SECOND}=10,{FIRST}=90", f"--to-revisions={SECOND}=50,{FIRST}=50"]


@pytest.mark.slow
def test_where_nobody_calls_safe_reads_of_both_make_up_the_numbers(
    world: Any, candidate: Callable[..., None]
) -> None:
    candidate()
    canary(world)
    assert world.last().state == "PROMOTED"
    assert any(re.search(r"0 real.*; \d\d probes", text) for text in world.said)


def test_both_revisions_are_compared_by_the_same_reads(world: Any, candidate: Callable[..., None]) -> None:
    """Looks at /health and /ready go to the candidate alone: they are not counted, and not enough."""
    candidate()
    canary(world, replace(QUICK, steps=(100,)))
    (figures,) = re.findall(r"(\d+) probes, .*; serving: (\d+),", "\n".join(world.said))
    reads = [row["httpRequest"] for row in world.gcloud.read("logging", "read", "", "--limit=9999")]
    compared = [row["requestUrl"] for row in reads if row["userAgent"] == COMPARED_AGENT]
    assert set(compared) == {f"https://{ANALYTICS.cloud_run}.a.run.app{ANALYTICS.safe_read}"}
    assert figures[0] == figures[1]
    assert len([row for row in reads if row["userAgent"].startswith(USER_AGENT)]) > len(compared)


@pytest.mark.parametrize("percent", [10, 50])
def test_an_error_rate_that_rises_at_a_step_ends_it_there(
    world: Any, candidate: Callable[..., None], percent: int
) -> None:
    candidate(errors=2, errors_from=percent)
    with world.callers(), pytest.raises(ReleaseError, match=f"error rate .*; {FIRST} has all traffic"):
        canary(world)
    assert (world.traffic(), world.tags()) == ({FIRST: 100}, set())
    last = world.last()
    assert (last.state, last.revision, last.previous_revision) == ("ROLLED_BACK", SECOND, FIRST)
    assert "error rate" in last.reason
    assert percents(world)[-2] == ("STEP", percent)
    assert not [argv for argv in world.calls() if "--to-latest" in argv]


def test_one_that_refuses_every_push_does_not_pass(world: Any, candidate: Callable[..., None]) -> None:
    candidate(refuses_pushes=True)
    with world.callers("POST", "/process"), pytest.raises(ReleaseError, match=r"real: error rate 100\.0%"):
        canary(world)
    assert (world.traffic(), percents(world)[-2]) == ({FIRST: 100}, ("STEP", 10))


@pytest.mark.slow
def test_one_that_is_slower_than_what_serves_does_not_pass(
    world: Any, candidate: Callable[..., None]
) -> None:
    candidate(slow=3.0, slow_from=50)
    options = replace(QUICK, limits=replace(ROUGHLY, minimum=5))
    with pytest.raises(ReleaseError, match=r"p95 .* against"):
        canary(world, options)
    assert (world.traffic(), percents(world)[-2]) == ({FIRST: 100}, ("STEP", 50))


def test_one_that_is_no_longer_ready_does_not_pass(
    world: Any, candidate: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.gcp.canary._PATIENCE_SECONDS", 1.0)
    candidate(unready_from=50)
    with pytest.raises(ReleaseError, match="not ready after 1 s"):
        canary(world)
    assert (world.traffic(), percents(world)[-2]) == ({FIRST: 100}, ("STEP", 50))


def test_too_few_requests_are_no_pass(world: Any, candidate: Callable[..., None]) -> None:
    candidate()
    world.configure(log_delay=3600.0)
    with pytest.raises(ReleaseError, match="too few requests, which is no pass"):
        canary(world, replace(QUICK, log_wait_seconds=1.0))
    assert (world.traffic(), world.last().state) == ({FIRST: 100}, "ROLLED_BACK")


@pytest.mark.slow
def test_a_log_that_comes_late_is_waited_for(world: Any, candidate: Callable[..., None]) -> None:
    candidate()
    world.configure(log_delay=2.0)
    canary(world, replace(QUICK, steps=(100,), log_delay_seconds=2.5))
    assert world.last().state == "PROMOTED"


@pytest.mark.parametrize("moment", ["die-before", pytest.param("die-after", marks=pytest.mark.slow)])
def test_gcloud_dying_in_a_step_moves_traffic_back_or_has_moved_it(
    world: Any, candidate: Callable[..., None], moment: str
) -> None:
    candidate()
    world.cue(moment, match=f"--to-revisions={SECOND}=50")
    if moment == "die-after":
        canary(world)
        assert (world.traffic(), world.last().state) == ({SECOND: 100}, "PROMOTED")
        return
    with pytest.raises(ReleaseError, match=f"{FIRST} has all traffic"):
        canary(world)
    assert (world.traffic(), world.last().state) == ({FIRST: 100}, "ROLLED_BACK")


# The gcloud that is killed is reaped by the next one.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("during", ["the watch", "gcloud"])
def test_ctrl_c_gives_traffic_back(world: Any, candidate: Callable[..., None], during: str) -> None:
    candidate()
    if during == "gcloud":
        world.cue("hang", match=f"--to-revisions={SECOND}=10", seconds=30)
        ready = lambda: (world.folder / "hanging").exists()  # noqa: E731
    else:
        ready = lambda: "STEP" in {step.state for step in world.steps()}  # noqa: E731

    def interrupt() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not ready():
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        # A second one does not stop the way back.
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(ReleaseInterrupted, match=f"interrupted by the operator; {FIRST} has all traffic"):
            canary(world, CanaryOptions(watch_seconds=60.0))
    finally:
        thread.join()
    assert (world.traffic(), world.tags()) == ({FIRST: 100}, set())
    assert "interrupted by the operator" in world.last().reason
    assert world.last().state == ("ROLLED_BACK" if during == "the watch" else "FAILED")


@pytest.mark.parametrize("steps", [(10, 100), (100,)])
def test_a_rollback_meanwhile_is_not_overwritten(
    world: Any, candidate: Callable[..., None], steps: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.gcp.canary._PATIENCE_SECONDS", 1.0)
    candidate()

    def go_back() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and "STEP" not in {step.state for step in world.steps()}:
            time.sleep(0.1)
        world.cloud_run.move(ANALYTICS, {FIRST: 100}, remove_tags=("candidate", "stable"))

    thread = threading.Thread(target=go_back)
    thread.start()
    with pytest.raises(ReleaseError, match=f"somebody else moved traffic to {FIRST} 100 %, which was left"):
        canary(world, replace(QUICK, steps=steps, watch_seconds=4.0, log_wait_seconds=1.0))
    thread.join()
    assert world.traffic() == {FIRST: 100}
    assert percents(world) == [("STARTED", 0), ("STEP", steps[0]), ("FAILED", 0)]


def test_without_a_candidate_nothing_begins(world: Any, deploy: Deploy) -> None:
    with pytest.raises(
        ReleaseError, match="no candidate: `nba-props gcp deploy analytics --no-traffic` first"
    ):
        canary(world)
    deploy()
    with pytest.raises(ReleaseError, match="no candidate"):
        canary(world)
    assert percents(world) == []
