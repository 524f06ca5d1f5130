"""A deploy ends with the new revision serving or the old one, and the record says which and why."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from deploy.gcp.release import ReleaseError, ReleaseInterrupted
from deploy.registry import services

NAME = services()["analytics"].cloud_run
FIRST, SECOND, THIRD = (f"{NAME}-0000{n}-abc" for n in (1, 2, 3))
Deploy = Callable[..., None]


def test_the_first_deploy_has_no_old_revision_and_gcloud_refuses_no_traffic(
    world: Any, deploy: Deploy
) -> None:
    deploy()
    (argv,) = world.calls("run", "deploy")
    assert "--no-traffic" not in argv
    assert world.traffic() == {FIRST: 100}
    assert [step.state for step in world.steps()] == ["STARTED", "PROMOTED"]
    assert world.last().previous_revision is None
    # By name: what follows the latest would give a later deploy all traffic.
    assert world.state()["services"][NAME]["traffic"] == [{"revision": FIRST, "percent": 100, "tag": None}]


def test_a_later_deploy_is_proven_without_traffic_and_then_serves(world: Any, deploy: Deploy) -> None:
    deploy()
    deploy(commit="b")
    argv = world.calls("run", "deploy")[-1]
    assert {"--no-traffic", "--tag=candidate", "--no-invoker-iam-check", "--source=."} <= set(argv)
    assert "--ingress=all" in argv
    assert world.traffic() == {SECOND: 100}
    assert world.tags() == set()
    last = world.last()
    assert (last.state, last.revision, last.previous_revision, last.percent) == (
        "PROMOTED",
        SECOND,
        FIRST,
        100,
    )
    assert last.commit_sha == "b" * 40
    assert any("smoke checks passed" in text for text in world.said)


def test_held_before_traffic_the_old_revision_serves_and_the_new_one_waits(
    world: Any, deploy: Deploy
) -> None:
    deploy()
    deploy(commit="b", hold=True)
    assert world.traffic() == {FIRST: 100}
    assert world.tags() == {"candidate"}
    assert (world.last().state, world.last().revision) == ("HELD", SECOND)


FAULTS = {
    "bad image": ({"broken": True}, "failed to start and listen"),
    "never ready": ({"behaviour": {"ready_after": 3600}}, "not ready after 1 s: /ready answers 503"),
    "another commit": ({"behaviour": {"commit": "0" * 40}}, "wrong identity"),
    "another service": ({"behaviour": {"service": "worker"}}, "service is 'worker'"),
    "a hole in its gate": ({"behaviour": {"open_route": True}}, "smoke checks failed"),
    "its reads fail": ({"behaviour": {"errors": 1}}, "answers 500"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_revision_never_gets_traffic(world: Any, deploy: Deploy, fault: str) -> None:
    cue, reason = FAULTS[fault]
    deploy()
    world.cue("deploy-as", **cue)
    with pytest.raises(ReleaseError, match=reason):
        deploy(commit="b", ready_seconds=1.0)
    assert world.traffic() == {FIRST: 100}
    assert world.tags() == set()
    assert world.last().state == "FAILED"
    assert reason.split("(")[0] in world.last().reason
    assert world.last().previous_revision == FIRST
    # And the next deploy is not in its way.
    deploy(commit="c")
    assert world.traffic() == {THIRD: 100}


@pytest.mark.parametrize("fault", ["bad image", "never ready"])
def test_a_first_deploy_that_fails_says_that_there_is_nothing_to_go_back_to(
    world: Any, deploy: Deploy, fault: str
) -> None:
    world.cue("deploy-as", **FAULTS[fault][0])
    with pytest.raises(ReleaseError, match="no earlier revision to go back to"):
        deploy(ready_seconds=1.0)
    assert world.last().state == "FAILED"
    deploy(commit="b")
    assert world.traffic() == {SECOND: 100}


def test_a_revision_that_takes_its_time_is_waited_for(world: Any, deploy: Deploy) -> None:
    world.cue("deploy-as", behaviour={"ready_after": 2})
    deploy(ready_seconds=20.0)
    assert world.last().state == "PROMOTED"


@pytest.mark.parametrize("moment", ["die-before", "die-after"])
@pytest.mark.parametrize("command", ["run deploy", "update-traffic"])
def test_gcloud_dying_midway_leaves_the_old_or_the_new_revision_serving(
    world: Any, deploy: Deploy, moment: str, command: str
) -> None:
    deploy()
    world.cue(moment, match=command)
    if (moment, command) == ("die-after", "update-traffic"):
        # The change was made, and what counts is what serves.
        deploy(commit="b")
        assert (world.traffic(), world.last().state) == ({SECOND: 100}, "PROMOTED")
        return
    with pytest.raises(ReleaseError, match=r"status (-9|137)"):
        deploy(commit="b")
    assert (world.traffic(), world.tags()) == ({FIRST: 100}, set())
    assert world.last().state == "FAILED"


# The gcloud that is killed is reaped by the next one.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_during_the_build_leaves_the_old_revision_serving(world: Any, deploy: Deploy) -> None:
    deploy()
    world.cue("hang", match="run deploy", seconds=60)
    interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)  # noqa: E731
    told = f"interrupted by the operator; {FIRST} has all traffic"
    with world.once_hanging(interrupt), pytest.raises(ReleaseInterrupted, match=told):
        deploy(commit="b")
    assert (world.traffic(), world.last().state) == ({FIRST: 100}, "FAILED")
    assert world.last().reason == "interrupted by the operator"


def test_a_change_of_traffic_that_has_no_effect_is_not_believed(
    world: Any, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.gcp.cloud_run._SETTLE_SECONDS", 1.0)
    deploy()
    world.cue("traffic-as", ignored=True)
    with pytest.raises(ReleaseError, match=f"has its traffic on {FIRST} 100 %, not {SECOND} 100 %"):
        deploy(commit="b")
    assert (world.traffic(), world.last().state) == ({FIRST: 100}, "FAILED")


def test_a_revision_that_fails_once_it_has_traffic_loses_it_again(world: Any, deploy: Deploy) -> None:
    deploy()
    world.cue("deploy-as", behaviour={"unready_from": 100})
    with pytest.raises(ReleaseError, match=f"/ready answers 503; {FIRST} has all traffic"):
        deploy(commit="b", ready_seconds=2.0)
    assert (world.traffic(), world.last().state) == ({FIRST: 100}, "ROLLED_BACK")


def test_when_gcloud_stays_away_the_error_says_that_traffic_is_not_back_and_what_to_run(
    world: Any, deploy: Deploy
) -> None:
    deploy()
    world.cue("deploy-as", behaviour={"unready_from": 100})
    world.cue("fail", match=f"--to-revisions={FIRST}=100", times=9)
    with pytest.raises(ReleaseError, match=f"NOT back.*nba-props gcp rollback analytics --to {FIRST}"):
        deploy(commit="b", ready_seconds=2.0)
    assert (world.traffic(), world.last().state) == ({SECOND: 100}, "FAILED")
    assert "NOT back" in world.last().reason


def test_all_are_deployed_upstream_first_and_the_first_failure_stops_them(world: Any, deploy: Deploy) -> None:
    world.cue("deploy-as")
    world.cue("deploy-as")
    world.cue("deploy-as", broken=True)
    with pytest.raises(ReleaseError, match="Not deployed: precompute, coordinator, worker"):
        deploy(*services())
    deployed = [argv[2] for argv in world.calls("run", "deploy")]
    assert deployed == [services()[name].cloud_run for name in ("scrapers", "raw", "analytics")]


def test_all_six_come_up(world: Any, deploy: Deploy) -> None:
    deploy(*services())
    assert all(len(world.traffic(name)) == 1 for name in services())
    assert all(world.last(name).state == "PROMOTED" for name in services())


def test_nothing_is_deployed_over_a_split(world: Any, deploy: Deploy) -> None:
    deploy()
    deploy(commit="b", hold=True)
    world.cloud_run.move(services()["analytics"], {FIRST: 90, SECOND: 10})
    with pytest.raises(ReleaseError, match="traffic is split"):
        deploy(commit="c")
    assert len(world.calls("run", "deploy")) == 2


def test_no_secret_is_in_a_command_line_or_a_record(world: Any, deploy: Deploy) -> None:
    deploy()
    secrets = [part for text in world.state()["secrets"].values() for part in text.split(",")]
    shown = str(world.calls()) + str(world.said) + str(world.steps())
    assert not [secret for secret in secrets if secret in shown]
    (argv,) = world.calls("run", "deploy")
    env = next(each for each in argv if each.startswith("--update-env-vars="))
    assert "API_KEY" not in env


def test_secrets_are_mounted_by_version_and_one_without_a_value_is_taken_off(
    world: Any, deploy: Deploy
) -> None:
    deploy("coordinator")
    world.configure(secrets=world.state()["secrets"] | {"alert-webhook-url": ""})
    deploy("coordinator", commit="b")
    first, second = world.calls("run", "deploy")
    keys = "VALID_API_KEYS=coordinator-api-keys:1,SENTRY_DSN=sentry-dsn:1"
    assert f"--update-secrets={keys},ALERT_WEBHOOK_URL=alert-webhook-url:1" in first
    assert {f"--update-secrets={keys}", "--remove-secrets=ALERT_WEBHOOK_URL"} <= set(second)
    mounts = [each.mounts for each in world.cloud_run.revisions(services()["coordinator"])]
    assert [mount.get("ALERT_WEBHOOK_URL") for mount in mounts] == [None, "alert-webhook-url:1"]
