"""Creates datasets, tables, guards and views from the table folders, migrates older ones, seeds the aliases.

Running it again changes nothing. A table from before a column was declared gets it, NULL in its old rows.
"""

from collections.abc import Iterable

from google.cloud import bigquery

from shared.identity.player_aliases.seed import seed_aliases
from shared.warehouse.migrate import Migration, MigrationError
from shared.warehouse.replace import STAGING_DATASET
from shared.warehouse.specs import TableSpec, all_specs
from shared.warehouse.warehouse import Warehouse

_GUARD_SCHEMA = [
    bigquery.SchemaField("touched_by", "STRING", description="The last run that replaced rows"),
    bigquery.SchemaField("touched_at", "TIMESTAMP", description="When it did"),
]


def bootstrap(warehouse: Warehouse, location: str) -> list[str]:
    """Creates what is missing and returns the names of the tables and views created.

    Raises:
        MigrationError: an older table cannot become what its table.yaml says; nothing was changed.
    """
    specs = all_specs().values()
    for dataset in sorted({spec.dataset for spec in specs} | {"nba_guard", STAGING_DATASET}):
        made = bigquery.Dataset(f"{warehouse.client.project}.{dataset}")
        made.location = location
        warehouse.client.create_dataset(made, exists_ok=True, timeout=30)
    existing = _existing(warehouse, {spec.dataset for spec in specs} | {"nba_guard"})
    tables = sorted((s for s in specs if s.kind != "view"), key=lambda s: s.table)
    _migrate(warehouse, [spec for spec in tables if spec.table in existing])
    created = [_create(warehouse, spec) for spec in tables if spec.table not in existing]
    for spec in tables:
        if spec.kind == "replaced":
            _create_guard(warehouse, spec, again=spec.guard in existing)
    views = sorted((s for s in specs if s.kind == "view"), key=lambda s: s.table)
    for spec in views:
        _create_view(warehouse, spec, again=spec.table in existing)
    created += [spec.table for spec in views if spec.table not in existing]
    seed_aliases(warehouse)
    return created


def pending(warehouse: Warehouse) -> list[str]:
    """What `bootstrap` would create or change, found by reading alone; each a few words.

    Raises:
        MigrationError: as bootstrap does.
    """
    client, specs = warehouse.client, all_specs().values()
    datasets = {spec.dataset for spec in specs} | {"nba_guard", STAGING_DATASET}
    there = {each.dataset_id for each in client.list_datasets(timeout=30)}
    existing = _existing(warehouse, (datasets & there) - {STAGING_DATASET})
    guards = {spec.guard for spec in specs if spec.kind == "replaced"}
    wanted = {spec.table for spec in specs} | guards
    older = [spec for spec in specs if spec.table in existing and spec.kind != "view"]
    views = [spec for spec in specs if spec.table in existing and spec.kind == "view"]
    return [
        *(f"dataset {name} is missing" for name in sorted(datasets - there)),
        *(f"table {name} is missing" for name in sorted(wanted - existing)),
        *(f"table {each.spec.table} lacks columns" for each in _migrations(warehouse, older) if each.is_due),
        *(f"view {spec.table} has another query" for spec in views if not _is_current(warehouse, spec)),
    ]


def _is_current(warehouse: Warehouse, spec: TableSpec) -> bool:
    view = warehouse.client.get_table(f"{warehouse.client.project}.{spec.table}", timeout=30)
    # The emulator does not tell what a view asks.
    return view.view_query in (spec.sql(), None)


def _existing(warehouse: Warehouse, datasets: Iterable[str]) -> set[str]:
    return {
        f"{dataset}.{table.table_id}"
        for dataset in datasets
        for table in warehouse.client.list_tables(dataset, timeout=30)
    }


def _create(warehouse: Warehouse, spec: TableSpec) -> str:
    table = bigquery.Table(f"{warehouse.client.project}.{spec.table}", schema=spec.bigquery_schema())
    table.description = spec.row
    if spec.partition:
        life = spec.expires_days and spec.expires_days * 86_400_000
        table.time_partitioning = bigquery.TimePartitioning(field=spec.partition, expiration_ms=life)
    table.clustering_fields = spec.cluster or None
    warehouse.client.create_table(table, exists_ok=True, timeout=30)
    return spec.table


def _migrate(warehouse: Warehouse, older: list[TableSpec]) -> None:
    """Gives tables what was declared since they were made; one that cannot have it leaves all as they are.

    Raises:
        MigrationError: what a table is, what is wanted of it, and the remedy.
    """
    for each in _migrations(warehouse, older):
        if each.is_due:
            each.table.schema = each.schema
            warehouse.client.update_table(each.table, ["schema"], timeout=30)


def _migrations(warehouse: Warehouse, older: list[TableSpec]) -> list[Migration]:
    """What each table has to become. Raises MigrationError when one cannot."""
    client = warehouse.client
    migrations = [
        Migration(spec, client.get_table(f"{client.project}.{spec.table}", timeout=30)) for spec in older
    ]
    if impossible := [told for each in migrations for told in each.impossible]:
        raise MigrationError("\n".join(impossible))
    return migrations


def _create_guard(warehouse: Warehouse, spec: TableSpec, *, again: bool) -> None:
    """A guard with its one row; an empty one, as a crash in between leaves it, guards nothing and gets it."""
    table = bigquery.Table(f"{warehouse.client.project}.{spec.guard}", schema=_GUARD_SCHEMA)
    if not again:
        warehouse.client.create_table(table, exists_ok=True, timeout=30)
    warehouse.run(
        f"INSERT INTO {spec.guard} (touched_by, touched_at) "
        "SELECT 'bootstrap', CURRENT_TIMESTAMP() FROM (SELECT 1 AS one) "
        f"WHERE NOT EXISTS (SELECT 1 FROM {spec.guard})"
    )


def _create_view(warehouse: Warehouse, spec: TableSpec, *, again: bool) -> None:
    view = bigquery.Table(f"{warehouse.client.project}.{spec.table}")
    view.view_query = spec.sql()
    view.description = spec.row
    if again:
        warehouse.client.update_table(view, ["view_query", "description"], timeout=30)
    else:
        warehouse.client.create_table(view, exists_ok=True, timeout=30)
