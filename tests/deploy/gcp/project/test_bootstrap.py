"""A bootstrap against a project that remembers: all is made once, and what broke off can be finished."""

from collections.abc import Callable
from typing import Any

import pytest

from deploy.gcp.accounts import Accounts
from deploy.gcp.apis import Apis
from deploy.gcp.bootstrap import steps
from deploy.gcp.changes import NotAppliedError, Step, apply, look_at
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud, GcloudError
from deploy.gcp.monitoring.steps import Metrics
from deploy.gcp.schedules import Schedules
from deploy.gcp.secret_store import Secrets
from deploy.gcp.subscriptions import Subscriptions, all_subscriptions
from deploy.gcp.topics import Topics, all_topics
from deploy.registry import services
from orchestration.bus_setup import dead_topic
from orchestration.pipeline import load_pipeline

PROJECT = "nba-props-test"
PUSH = f"nba-push@{PROJECT}.iam.gserviceaccount.com"
AGENT = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
# All but the tables, which BigQuery's own client makes.
BY_GCLOUD: list[Step] = [Apis(), Accounts(), Secrets(), Topics(), Metrics(), Subscriptions(), Schedules()]


def gcloud_of(say: Callable[[str], None] = lambda _: None, *, dry_run: bool = False) -> Gcloud:
    return Gcloud(Environment(PROJECT), say, dry_run=dry_run)


def quiet(_: str) -> None: ...


def deployed() -> dict[str, Any]:
    return {
        s.cloud_run: {
            "metadata": {"name": s.cloud_run},
            "status": {"url": f"https://{s.cloud_run}.a.run.app"},
        }
        for s in services().values()
    }


@pytest.fixture(scope="module")
def complete(gcloud_double: Any) -> dict[str, Any]:
    """A project in which everything was made."""
    with gcloud_double() as cloud:
        cloud.update(services=deployed())
        apply(BY_GCLOUD, gcloud_of(), quiet)
        found: dict[str, Any] = cloud.state
        return found


@pytest.fixture
def made(cloud: Any, complete: dict[str, Any]) -> Any:
    """The double in that state."""
    cloud.update(**complete)
    return cloud


def who(policy: Any, role: str) -> set[str]:
    return {member for row in policy.get("bindings", ()) if row["role"] == role for member in row["members"]}


def test_it_makes_everything_in_order_then_nothing_and_gcloud_knows_every_line(cloud: Any, lint: Any) -> None:
    # Not one API is enabled at first.
    cloud.update(strict=True)
    due = look_at(BY_GCLOUD, gcloud_of(), quiet).changes
    shown: list[str] = []
    assert apply(BY_GCLOUD, gcloud_of(shown.append, dry_run=True), quiet).changes == due
    assert cloud.changes == 0
    first = apply(BY_GCLOUD, gcloud_of(), quiet)
    assert first.changes == due
    # The dry run has printed exactly what was run.
    assert len(shown) == cloud.changes
    assert set(shown) <= set(cloud.lines())
    assert len(first.waiting) == len(all_subscriptions()) + len(load_pipeline().schedules)
    assert cloud.state["subscriptions"] == cloud.state["jobs"] == {}
    cloud.update(services=deployed())
    second = apply(BY_GCLOUD, gcloud_of(), quiet)
    assert second.waiting == second.broken == second.strange == []
    made = cloud.changes
    assert apply(BY_GCLOUD, gcloud_of(), quiet).changes == 0
    assert cloud.changes == made
    _flows(cloud.state)
    assert lint(cloud.lines()) == {}


def _flows(state: dict[str, Any]) -> None:
    """All that a message needs to get from a topic to a service, and to the dead letters."""
    assert set(state["topics"]) == set(all_topics())
    assert set(state["jobs"]) == {each.name for each in load_pipeline().schedules}
    assert who(state["accounts"][PUSH]["policy"], "roles/iam.serviceAccountTokenCreator") == {AGENT}
    for topic in load_pipeline().topics:
        assert who(state["topics"][dead_topic(topic)]["policy"], "roles/pubsub.publisher") == {AGENT}
        assert who(state["topics"][topic]["policy"], "roles/pubsub.publisher")
    for each, dead in all_subscriptions():
        row = state["subscriptions"][each.name]
        assert row["pushConfig"]["oidcToken"]["serviceAccountEmail"] == PUSH
        assert row["pushConfig"]["oidcToken"]["audience"] == services()[each.service].audience
        assert row["expirationPolicy"] == {}
        assert ("deadLetterPolicy" in row) == (dead is not None)
        assert (AGENT in who(row["policy"], "roles/pubsub.subscriber")) == (dead is not None)
    deployer = f"serviceAccount:nba-deployer@{PROJECT}.iam.gserviceaccount.com"
    for name, service in services().items():
        email = f"nba-{name}@{PROJECT}.iam.gserviceaccount.com"
        assert who(state["accounts"][email]["policy"], "roles/iam.serviceAccountUser") == {deployer}
        for secret in service.secrets.values():
            readers = who(state["secrets"][secret]["policy"], "roles/secretmanager.secretAccessor")
            assert f"serviceAccount:{email}" in readers
            assert deployer in readers


@pytest.mark.parametrize(("fault", "number"), [("fail_at", 1), ("dies_after", 9), ("fail_at", 25)])
def test_what_broke_off_half_way_is_finished_by_the_next_run(cloud: Any, fault: str, number: int) -> None:
    parts: list[Step] = [Apis(), Accounts()]
    cloud.update(**{fault: number})
    with pytest.raises(GcloudError, match=r"internal error|crashed"):
        apply(parts, gcloud_of(), quiet)
    cloud.update(**{fault: None})
    apply(parts, gcloud_of(), quiet)
    assert apply(parts, gcloud_of(), quiet).changes == 0
    assert len(cloud.state["accounts"]) == len(services()) + 3


def test_what_was_changed_by_hand_is_shown_field_by_field_and_put_right(made: Any) -> None:
    state = made.state
    job, waiting = state["jobs"]["phase4-timeout-check-job"], state["subscriptions"]["raw-on-phase1"]
    job["schedule"], job["state"] = "*/30 * * * *", "PAUSED"
    waiting["ackDeadlineSeconds"] = 10
    del waiting["deadLetterPolicy"]
    state["subscriptions"]["by-hand"] = {**waiting, "name": "projects/p/subscriptions/by-hand"}
    made.update(jobs=state["jobs"], subscriptions=state["subscriptions"])
    said: list[str] = []
    summary = look_at([Subscriptions(), Schedules()], gcloud_of(), said.append)
    assert "      cron: */30 * * * * -> */15 * * * *" in said
    assert "      state: PAUSED -> ENABLED" in said
    assert "      ack deadline: 10 -> 540" in said
    assert any(line.startswith("      dead letters go to: nothing -> ") for line in said)
    assert summary.strange == ["subscription by-hand"]
    apply([Subscriptions(), Schedules()], gcloud_of(), quiet)
    assert made.state["jobs"]["phase4-timeout-check-job"]["state"] == "ENABLED"
    assert look_at([Subscriptions(), Schedules()], gcloud_of(), quiet).changes == 0
    assert "by-hand" in made.state["subscriptions"]


def test_who_acts_as_the_deployer_is_the_operators_own_and_other_roles_on_it_are_told_of(made: Any) -> None:
    state = made.state
    email = f"nba-deployer@{PROJECT}.iam.gserviceaccount.com"
    state["accounts"][email]["policy"] = {
        "bindings": [
            {"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:a@example.com", "allUsers"]},
            {"role": "roles/iam.serviceAccountAdmin", "members": ["user:b@example.com"]},
        ]
    }
    made.update(accounts=state["accounts"])
    assert look_at([Accounts()], gcloud_of(), quiet).strange == [
        "b@example.com is roles/iam.serviceAccountAdmin on nba-deployer",
        "allUsers is roles/iam.serviceAccountTokenCreator on nba-deployer",
    ]


def test_a_subscription_of_another_topic_is_left_alone_and_told_of(made: Any) -> None:
    state = made.state
    state["subscriptions"]["raw-on-phase1"]["topic"] = "_deleted-topic_"
    made.update(subscriptions=state["subscriptions"])
    summary = look_at([Subscriptions()], gcloud_of(), quiet)
    assert summary.changes == 0
    assert "delete it" in summary.broken[0]


def test_success_without_the_effect_is_an_error(made: Any) -> None:
    state = made.state
    del state["topics"]["prediction-ready"]
    made.update(topics=state["topics"], deaf=True)
    with pytest.raises(NotAppliedError, match="topic prediction-ready"):
        apply([Topics()], gcloud_of(), quiet)


def test_an_account_that_is_not_known_everywhere_yet_is_waited_for(cloud: Any) -> None:
    slept: list[float] = []
    cloud.update(late_accounts=[f"nba-raw@{PROJECT}.iam.gserviceaccount.com"])
    apply([Apis(), Accounts()], gcloud_of(), quiet, slept.append)
    assert slept == [2.0]
    assert look_at([Accounts()], gcloud_of(), quiet).changes == 0


def test_the_order_is_that_in_which_things_can_be_made() -> None:
    assert [step.name for step in steps(Environment(PROJECT))] == [
        "APIs",
        "accounts",
        "secrets",
        "tables",
        "topics",
        "log-based metrics",
        "subscriptions",
        "schedules",
    ]
