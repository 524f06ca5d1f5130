"""What an older table can become in place, and the sentence for each thing that it cannot."""

from collections.abc import Callable
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField

from shared.warehouse.migrate import Migration
from shared.warehouse.specs import Column, TableSpec, spec_of

SPEC = TableSpec.model_validate(
    {
        "table": "nba_raw.example",
        "kind": "log",
        "row": "an example",
        "partition": "day",
        "cluster": ["name"],
        "expires_days": 7,
        "folder": spec_of("nba_shots").folder,
        "columns": [
            Column(name="day", type="DATE", required=True, description="its date"),
            Column(name="name", type="STRING", description="its name"),
            Column(
                name="parts",
                type="RECORD",
                repeated=True,
                description="its parts",
                fields=[
                    Column(name="kind", type="STRING", description="a kind"),
                    Column(name="size", type="FLOAT64", description="a size"),
                ],
            ),
        ],
    }
)
DAY = SchemaField("day", "DATE", "REQUIRED")
NAME = SchemaField("name", "STRING")
KIND, SIZE = SchemaField("kind", "STRING"), SchemaField("size", "FLOAT")


def parts(*fields: SchemaField, mode: str = "REPEATED") -> SchemaField:
    return SchemaField("parts", "RECORD", mode, fields=fields)


def migration(*schema: SchemaField, **properties: Any) -> Migration:
    table = bigquery.Table(f"p.{SPEC.table}", schema=schema)
    table.time_partitioning = bigquery.TimePartitioning(field="day", expiration_ms=7 * 86_400_000)
    table.clustering_fields = ["name"]
    for name, value in properties.items():
        setattr(table, name, value)
    return Migration(SPEC, table)


def shape(schema: list[SchemaField]) -> list[Any]:
    return [(f.name, f.field_type, f.mode, *shape(list(f.fields))) for f in schema]


def test_a_table_as_declared_is_left_alone_under_either_name_of_a_type() -> None:
    same = migration(DAY, NAME, parts(KIND, SIZE))
    assert not same.is_due
    assert same.impossible == []


@pytest.mark.parametrize(
    ("schema", "becomes"),
    [
        ([DAY, parts(KIND, SIZE)], [DAY, parts(KIND, SIZE), NAME]),
        ([DAY, NAME], [DAY, NAME, parts(KIND, SchemaField("size", "FLOAT64"))]),
        ([DAY, NAME, parts(SIZE)], [DAY, NAME, parts(SIZE, KIND)]),
        ([DAY, SchemaField("name", "STRING", "REQUIRED"), parts(KIND, SIZE)], [DAY, NAME, parts(KIND, SIZE)]),
        (
            [DAY, NAME, parts(SchemaField("kind", "STRING", "REQUIRED"), SIZE)],
            [DAY, NAME, parts(KIND, SIZE)],
        ),
    ],
    ids=["column", "record", "field", "relaxed", "relaxed field"],
)
def test_what_is_added_comes_last_and_what_may_be_null_is_relaxed(
    schema: list[SchemaField], becomes: list[SchemaField]
) -> None:
    made = migration(*schema)
    assert made.is_due
    assert made.impossible == []
    assert shape(made.schema) == shape(becomes)


def test_a_field_keeps_what_is_said_about_it() -> None:
    tagged = SchemaField(
        "name", "STRING", "REQUIRED", description="Ours", policy_tags=bigquery.PolicyTagList(["tag"])
    )
    relaxed = migration(DAY, tagged, parts(KIND, SIZE)).schema[1]
    assert (relaxed.mode, relaxed.description, relaxed.policy_tags) == (
        "NULLABLE",
        "Ours",
        tagged.policy_tags,
    )


OLD = SchemaField("old", "STRING")
ANEW = "ALTER TABLE nba_raw.example RENAME TO example_before, bootstrap again and copy the rows"
IMPOSSIBLE: dict[str, tuple[Callable[[], Migration], str]] = {
    "type": (
        lambda: migration(DAY, SchemaField("name", "INTEGER"), parts(KIND, SIZE)),
        f"name: is NULLABLE INT64, wanted NULLABLE STRING; remedy: declare it as it is, or {ANEW}",
    ),
    "type of a field": (
        lambda: migration(DAY, NAME, parts(KIND, SchemaField("size", "STRING"))),
        f"parts.size: is NULLABLE STRING, wanted NULLABLE FLOAT64; remedy: declare it as it is, or {ANEW}",
    ),
    "tightened": (
        lambda: migration(SchemaField("day", "DATE"), NAME, parts(KIND, SIZE)),
        f"day: is NULLABLE DATE, wanted REQUIRED DATE; remedy: declare it as it is, or {ANEW}",
    ),
    "added and required": (
        lambda: migration(NAME, parts(KIND, SIZE)),
        "day: is missing, wanted REQUIRED DATE; remedy: declare it without required, as older rows lack it, "
        f"or {ANEW}",
    ),
    "repeated": (
        lambda: migration(DAY, NAME, parts(KIND, SIZE, mode="NULLABLE")),
        f"parts: is NULLABLE RECORD, wanted REPEATED RECORD; remedy: declare it as it is, or {ANEW}",
    ),
    "dropped": (
        lambda: migration(DAY, NAME, OLD, parts(KIND, SIZE)),
        "old: is NULLABLE STRING, wanted no such column; remedy: declare it again, or "
        "ALTER TABLE nba_raw.example DROP COLUMN old",
    ),
    "dropped field": (
        lambda: migration(DAY, NAME, parts(KIND, OLD, SIZE)),
        f"parts.old: is NULLABLE STRING, wanted no such column; remedy: declare it again, or {ANEW}",
    ),
    "partition": (
        lambda: migration(DAY, NAME, parts(KIND, SIZE), time_partitioning=None),
        f"partition: is None, wanted day; remedy: {ANEW}",
    ),
    "expiry": (
        lambda: migration(
            DAY,
            NAME,
            parts(KIND, SIZE),
            time_partitioning=bigquery.TimePartitioning(field="day", expiration_ms=86_400_000),
        ),
        "days a partition is kept: is 1, wanted 7; remedy: "
        "ALTER TABLE nba_raw.example SET OPTIONS (partition_expiration_days = 7)",
    ),
    "cluster": (
        lambda: migration(DAY, NAME, parts(KIND, SIZE), clustering_fields=["day"]),
        "cluster: is ['day'], wanted ['name']; remedy: bq update --clustering_fields='name' nba_raw.example",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_has_table_column_is_wanted_and_remedy(case: str) -> None:
    make, told = IMPOSSIBLE[case]
    assert make().impossible[0] == f"nba_raw.example {told}"
