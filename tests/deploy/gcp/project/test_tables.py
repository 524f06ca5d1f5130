"""Tables and access lists by BigQuery's own client, against the emulator as far as it goes."""

from types import SimpleNamespace
from typing import Any

import pytest
from google.cloud import bigquery

from deploy.gcp import tables
from deploy.gcp.environment import Environment
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.grants import Members, load_grants
from shared.warehouse.bootstrap import bootstrap, pending
from shared.warehouse.warehouse import Warehouse


def test_what_is_due_is_found_without_making_it_and_afterwards_nothing_is(warehouse: Warehouse) -> None:
    assert pending(warehouse) == []
    client = warehouse.client
    client.delete_table(f"{client.project}.nba_raw.odds_events")
    assert pending(warehouse) == ["table nba_raw.odds_events is missing"]
    assert pending(warehouse) == ["table nba_raw.odds_events is missing"]
    bootstrap(warehouse, "us-west2")
    assert pending(warehouse) == []


class Datasets:
    """BigQuery's datasets as far as access lists go: what is read back is what was patched."""

    project = "nba-props-test"

    def __init__(self, names: list[str]) -> None:
        self.entries: dict[str, list[bigquery.AccessEntry]] = {name: [] for name in names}

    def list_datasets(self, timeout: float) -> list[Any]:
        return [SimpleNamespace(dataset_id=name) for name in self.entries]

    def get_dataset(self, name: str, timeout: float) -> bigquery.Dataset:
        found = bigquery.Dataset(f"{self.project}.{name}")
        found.access_entries = self.entries[name]
        return found

    def update_dataset(self, dataset: bigquery.Dataset, fields: list[str], timeout: float) -> None:
        assert fields == ["access_entries"]
        self.entries[dataset.dataset_id] = list(dataset.access_entries)


@pytest.fixture
def datasets() -> Datasets:
    return Datasets(list(load_grants().datasets))


def look(datasets: Datasets) -> tuple[list[Any], list[str]]:
    warehouse: Any = SimpleNamespace(client=datasets)
    return tables._access(warehouse, Members(Environment("nba-props-test"), "1"))


def test_access_is_granted_once_strangers_stay_and_are_told_of(datasets: Datasets) -> None:
    person = bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")
    worker = "nba-worker@nba-props-test.iam.gserviceaccount.com"
    datasets.entries["nba_raw"] = [person, bigquery.AccessEntry("WRITER", "userByEmail", worker)]
    datasets.entries["nba_analytics"] = [bigquery.AccessEntry("WRITER", "userByEmail", worker)]
    said: list[str] = []
    gcloud = Gcloud(Environment("nba-props-test"), said.append)
    changes, strange = look(datasets)
    assert strange == [
        f"{worker} is WRITER on dataset nba_raw",
        f"{worker} is WRITER on dataset nba_analytics",
    ]
    for change in changes:
        change.do(gcloud)
    assert look(datasets)[0] == []
    assert person in datasets.entries["nba_raw"]
    roles = {entry.entity_id: entry.role for entry in datasets.entries["nba_raw"]}
    assert roles["nba-scrapers@nba-props-test.iam.gserviceaccount.com"] == "WRITER"
    assert roles["nba-analytics@nba-props-test.iam.gserviceaccount.com"] == "READER"
    assert any("datasets.patch of nba_raw" in line for line in said)


@pytest.mark.parametrize(
    ("kind", "who"), [("specialGroup", "allAuthenticatedUsers"), ("iamMember", "allUsers")]
)
def test_a_dataset_that_is_open_to_everybody_is_told_of(datasets: Datasets, kind: str, who: str) -> None:
    datasets.entries["nba_predictions"] = [
        bigquery.AccessEntry("OWNER", "specialGroup", "projectOwners"),
        bigquery.AccessEntry("READER", kind, who),
    ]
    assert look(datasets)[1] == [f"dataset nba_predictions is open to {who}, who is READER"]


def test_a_dry_run_changes_no_access_list(datasets: Datasets) -> None:
    gcloud = Gcloud(Environment("nba-props-test"), lambda _: None, dry_run=True)
    for change in look(datasets)[0]:
        change.do(gcloud)
    assert all(entries == [] for entries in datasets.entries.values())
