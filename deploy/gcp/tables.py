"""Datasets, tables and the model that ships, by BigQuery's own client, and who may read and write them."""

from collections.abc import Callable

from google.cloud import bigquery

from deploy.gcp.changes import Change, Difference, Found
from deploy.gcp.gcloud import Gcloud
from deploy.gcp.grants import Members, load_grants, members
from predictions.training.champion import seed_champion
from predictions.training.models import list_models
from shared.warehouse.bootstrap import bootstrap, pending
from shared.warehouse.client import make_client
from shared.warehouse.warehouse import Warehouse

# What BigQuery calls dataEditor and dataViewer in the access list of a dataset.
_WRITER, _READER = "WRITER", "READER"
_EVERYBODY = ("allUsers", "allAuthenticatedUsers")
_STRENGTH = {None: 0, _READER: 1, _WRITER: 2, "OWNER": 3}


class Tables:
    """What `nba-props bootstrap` makes, and the datasets' access lists of grants.yaml.

    Args:
        connect: makes the warehouse on the first look.
    """

    name = "tables"

    def __init__(self, connect: Callable[[], Warehouse]) -> None:
        self._connect = connect

    def look(self, gcloud: Gcloud) -> Found:
        warehouse = self._connect()
        due = pending(warehouse)
        lacks = [Difference(*_split(each)) for each in due]
        if due or not any(row.status == "champion" for row in list_models(warehouse)):
            lacks += [] if due else [Difference("champion", "nothing", "the model that ships")]
            made = [Change("datasets and tables", lambda g: _make(g, warehouse), tuple(lacks))]
        else:
            made = []
        changes, strange = _access(warehouse, members(gcloud))
        return Found((*made, *changes), strange=tuple(strange))


def warehouse_of(project: str, location: str) -> Warehouse:
    """The project's warehouse, with the credentials of `gcloud auth application-default login`."""
    return Warehouse(make_client(project, location))


def _split(told: str) -> tuple[str, str, str]:
    what, name, *is_now = told.split(" ", 2)
    return f"{what} {name}", " ".join(is_now), "as its table.yaml says"


def _make(gcloud: Gcloud, warehouse: Warehouse) -> None:
    environment = gcloud.environment
    gcloud.say(f"nba-props bootstrap --project={environment.project} --location={environment.region}")
    if not gcloud.dry_run:
        bootstrap(warehouse, environment.region)
        seed_champion(warehouse)


def _access(warehouse: Warehouse, known: Members) -> tuple[list[Change], list[str]]:
    """What the access lists lack, and what accounts of this platform have beyond grants.yaml."""
    there = {each.dataset_id for each in warehouse.client.list_datasets(timeout=30)}
    changes, strange = [], []
    for name, access in load_grants().datasets.items():
        wanted = {_email(m): _READER for m in known.of(access.read)}
        wanted |= {_email(m): _WRITER for m in known.of(access.write)}
        entries = warehouse.client.get_dataset(name, timeout=30).access_entries if name in there else ()
        found = {e.entity_id: e.role for e in entries if e.entity_type == "userByEmail"}
        differs = tuple(
            Difference(email, found.get(email) or "nothing", role)
            for email, role in wanted.items()
            if _strength(found.get(email)) < _strength(role)
        )
        if differs:
            changes.append(Change(f"access to dataset {name}", _granting(warehouse, name, differs), differs))
        strange += [
            f"{email} is {role} on dataset {name}"
            for email, role in sorted(found.items())
            if email.startswith("nba-") and _strength(role) > _strength(wanted.get(email))
        ]
        strange += [
            f"dataset {name} is open to {e.entity_id}, who is {e.role}"
            for e in entries
            if e.entity_id in _EVERYBODY
        ]
    return changes, strange


def _strength(role: str | None) -> int:
    return _STRENGTH.get(role, 0)


def _granting(warehouse: Warehouse, name: str, differs: tuple[Difference, ...]) -> Callable[[Gcloud], None]:
    def do(gcloud: Gcloud) -> None:
        for each in differs:
            gcloud.say(f"# BigQuery's datasets.patch of {name}: {each.name} is {each.wanted}")
        if gcloud.dry_run:
            return
        dataset = warehouse.client.get_dataset(name, timeout=30)
        named = {each.name for each in differs}
        kept = [e for e in dataset.access_entries if e.entity_id not in named]
        added = [bigquery.AccessEntry(each.wanted, "userByEmail", each.name) for each in differs]
        dataset.access_entries = [*kept, *added]
        # The etag that was read goes along, so that nobody else's change is lost.
        warehouse.client.update_dataset(dataset, ["access_entries"], timeout=30)

    return do


def _email(member: str) -> str:
    return member.partition(":")[2]
