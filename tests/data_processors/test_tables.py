"""What holds for every table folder of phases 3 and 4, with pipeline.yaml and BigQuery as the judges."""

from datetime import UTC, date, datetime

import pytest

from orchestration.pipeline import load_pipeline
from shared.messages import Phase
from shared.warehouse.checks import violations
from shared.warehouse.parameters import nullable
from shared.warehouse.specs import all_specs, spec_of
from shared.warehouse.warehouse import Warehouse

PHASES = load_pipeline().phases
OUTPUTS = [*PHASES[Phase.ANALYTICS].outputs, *PHASES[Phase.PRECOMPUTE].outputs]
AUTOMATIC = {"generation", "run_id", "written_at"}
DAY = date(2024, 12, 3)


@pytest.mark.parametrize("phase", [Phase.ANALYTICS, Phase.PRECOMPUTE])
def test_a_phase_has_a_folder_for_each_output_and_no_other(phase: Phase) -> None:
    folders = {
        spec.name for spec in all_specs().values() if spec.folder.parent.name == phase and spec.kind != "view"
    }
    assert folders == set(PHASES[phase].outputs)


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_folder_has_a_query_and_checks_and_replaces_by_date(name: str) -> None:
    spec = spec_of(name)
    assert (spec.kind, spec.partition, spec.replace_by) == ("replaced", "game_date", ["game_date"])
    assert {check.level for check in spec.checks()} == {"fail", "warn"}
    assert spec.rows_per == "game_id", "a date's rows are held against the table's own history"
    assert "AS expected_rows" in spec.expected_sql()


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_table_states_what_its_query_reads(name: str) -> None:
    spec = spec_of(name)
    read = {
        other.name
        for other in all_specs().values()
        if f"{other.table} " in f"{spec.sql()} ".replace("\n", " ")
    }
    assert read == set(spec.reads)


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_query_returns_the_declared_columns_and_checks_run(name: str, warehouse: Warehouse) -> None:
    spec = spec_of(name)
    result = warehouse.run(
        spec.sql(),
        from_date=DAY,
        to_date=DAY,
        as_of=datetime(2024, 12, 3, tzinfo=UTC),
        lead_minutes=nullable(None, "INT64"),
        latest_hour=nullable(None, "INT64"),
    )
    assert [field.name for field in result.schema] == [n for n in spec.column_names() if n not in AUTOMATIC]
    assert violations(warehouse, spec, DAY, DAY) == []


@pytest.mark.parametrize("name", [name for name in OUTPUTS if spec_of(name).frozen_at_tip])
def test_a_frozen_table_says_what_it_knew(name: str) -> None:
    columns = {column.name: column for column in spec_of(name).columns}
    assert columns["tip_at"].required
    assert columns["cutoff"].volatile, "now differs between runs, the rows do not"
