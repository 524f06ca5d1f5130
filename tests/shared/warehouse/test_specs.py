"""Every table folder is complete, explained, and known to BigQuery by what it says."""

import pytest

from shared.warehouse.specs import TableSpec, all_specs

SPECS = sorted(all_specs().values(), key=lambda s: s.table)
DATASETS = {
    "nba_raw",
    "nba_analytics",
    "nba_precompute",
    "nba_predictions",
    "nba_orchestration",
    "nba_reference",
}


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.table)
def test_a_table_is_in_a_dataset_of_the_platform_and_its_reads_exist(spec: TableSpec) -> None:
    assert spec.dataset in DATASETS
    assert spec.folder.name == spec.name
    assert set(spec.reads) <= set(all_specs())


@pytest.mark.parametrize(
    "spec", [s for s in SPECS if (s.folder / "query.sql").exists()], ids=lambda s: s.table
)
def test_what_a_query_reads_is_declared(spec: TableSpec) -> None:
    text = spec.sql()
    used = {other.name for other in SPECS if other.table in text}
    assert used == set(spec.reads)


@pytest.mark.parametrize("spec", [s for s in SPECS if s.frozen_at_tip], ids=lambda s: s.table)
def test_a_frozen_table_knows_tip_and_cutoff(spec: TableSpec) -> None:
    assert {"tip_at", "cutoff"} <= set(spec.column_names())


def is_computed(spec: TableSpec) -> bool:
    """Made here, from other tables or from a body; not a copy or a record of what was asked."""
    return spec.kind == "replaced" and any((spec.folder / f).exists() for f in ("query.sql", "parse.py"))


@pytest.mark.parametrize("spec", [s for s in SPECS if is_computed(s)], ids=lambda s: s.table)
def test_a_computed_table_is_checked(spec: TableSpec) -> None:
    assert any(check.level == "fail" for check in spec.checks()), f"{spec.table} has no #fail check"
