"""Least privilege: what the code of a service touches it may touch, and nothing else is granted."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.gcp.environment import Environment
from deploy.gcp.grants import Members, load_grants
from deploy.registry import services
from orchestration.pipeline import load_pipeline
from shared.messages import Phase
from shared.warehouse.replace import STAGING_DATASET
from shared.warehouse.specs import all_specs

ROOT = Path(__file__).resolve().parents[4]
# The code that only this service runs.
OWN = {
    "scrapers": ["scrapers"],
    "raw": ["data_processors/raw"],
    "analytics": ["data_processors/analytics"],
    "precompute": ["data_processors/precompute"],
    "coordinator": ["predictions/coordinator", "predictions/grading", "predictions/training"],
    "worker": ["predictions/worker"],
}
# Who replaces rows, for which guards and staging tables are written too.
REPLACING = {"raw", "analytics", "precompute", "coordinator"}
OWNED = {"raw": "nba_raw", "analytics": "nba_analytics", "precompute": "nba_precompute"}


def access(name: str) -> tuple[set[str], set[str]]:
    """The datasets that a service writes, and those that it reads."""
    written, read = set(), set()
    for dataset, given in load_grants().datasets.items():
        if name in given.write or "runtime" in given.write:
            written.add(dataset)
        elif name in given.read:
            read.add(dataset)
    return written, written | read


def named(name: str) -> Iterator[str]:
    """The datasets that the code of a service names, in its SQL or through a declared table."""
    tables = {spec.name: spec.dataset for spec in all_specs().values()}
    for folder in OWN[name]:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix not in (".py", ".sql"):
                continue
            text = path.read_text()
            yield from re.findall(r"\b(nba_[a-z]+)\.[a-z_]+", text)
            if path.suffix == ".py":
                yield from (tables[t] for t in re.findall(r'"([a-z_]+)"', text) if t in tables)


@pytest.mark.parametrize("name", OWN)
def test_what_a_service_names_it_may_read(name: str) -> None:
    datasets = set(load_grants().datasets)
    touched = {dataset for dataset in named(name) if dataset in datasets}
    assert touched
    assert touched <= access(name)[1]


@pytest.mark.parametrize("name", OWN)
def test_it_may_write_what_its_tables_are_and_what_replacing_needs(name: str) -> None:
    written, _ = access(name)
    assert "nba_orchestration" in written
    assert (name in REPLACING) == ({"nba_guard", STAGING_DATASET} <= written)
    if name in OWNED:
        assert OWNED[name] in written
    for other, dataset in OWNED.items():
        assert (dataset in written) == (name == other or (name, dataset) == ("scrapers", "nba_raw"))


def test_every_dataset_is_granted_and_no_other() -> None:
    datasets = {spec.dataset for spec in all_specs().values()} | {"nba_guard", STAGING_DATASET}
    assert set(load_grants().datasets) == datasets


def test_each_phase_may_publish_on_its_topic_and_every_topic_has_a_publisher() -> None:
    pipeline = load_pipeline()
    publishers = {
        topic: {
            w
            for g in load_grants().topics
            if g.role == "roles/pubsub.publisher" and topic in g.of
            for w in g.who
        }
        for topic in pipeline.topics
    }
    owners = {Phase.RAW: "raw", Phase.ANALYTICS: "analytics", Phase.PRECOMPUTE: "precompute"}
    for phase, service in owners.items():
        assert publishers[pipeline.phases[phase].topic] == {service}
    for topic in {t for grant in load_grants().topics for t in grant.of} - {"every", "dead"}:
        assert topic in pipeline.topics
    # /ready of every service looks at the first topic.
    viewed = next(g for g in load_grants().topics if g.role == "roles/pubsub.viewer")
    assert viewed.of == (pipeline.topics[0],)
    assert viewed.who == ("runtime",)


def test_nobody_has_a_basic_role_or_one_over_the_whole_project_that_a_part_would_do_for() -> None:
    project = {
        grant.role for grant in load_grants().project if set(grant.who) & ({"runtime"} | services().keys())
    }
    assert project == {"roles/bigquery.jobUser", "roles/bigquery.readSessionUser"}
    grants = load_grants()
    for grant in (*grants.project, *grants.accounts, *grants.topics, *grants.subscriptions):
        assert grant.role not in ("roles/owner", "roles/editor", "roles/viewer")
        assert len(grant.why) > 10


def test_words_stand_for_accounts_of_the_project() -> None:
    known = Members(Environment("nba-props-test"), "42")
    assert known.of(["raw", "runtime"])[0] == "serviceAccount:nba-raw@nba-props-test.iam.gserviceaccount.com"
    assert len(known.of(["raw", "runtime"])) == len(services())
    assert known.of(["pubsub-agent"]) == ["serviceAccount:service-42@gcp-sa-pubsub.iam.gserviceaccount.com"]
