"""Tables as folders: what table.yaml, query.sql and checks.sql say, read once and validated."""

import re
import threading
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal, Self

import pyarrow as pa
import yaml
from google.cloud import bigquery
from pydantic import BaseModel, ConfigDict, Field, model_validator

ROOT = Path(__file__).resolve().parents[2]
_READING = threading.Lock()
_PACKAGES = ("scrapers", "data_processors", "predictions", "shared", "orchestration")
ColumnType = Literal["STRING", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP", "BYTES", "RECORD"]
_ARROW: dict[str, pa.DataType] = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "BYTES": pa.binary(),
}
_INCLUDE = re.compile(r"^-- #include (\S+)$", re.MULTILINE)
_DECLARED = {
    "keys occur once": Template(
        "SELECT COUNT(*) AS violations FROM (SELECT 1 AS one FROM $table "
        "WHERE $partition BETWEEN @from_date AND @to_date GROUP BY $key HAVING COUNT(*) > 1) AS g"
    ),
    "required columns are there": Template(
        "SELECT COUNT(*) AS violations FROM $table "
        "WHERE $partition BETWEEN @from_date AND @to_date AND ($empty)"
    ),
}
# Rows a game and not rows: completeness counts the games. A date without history has nothing to be near. Both
# bounds are constant, so partitions prune.
_NEAR_HISTORY = Template("""\
SELECT COUNT(*) AS violations
FROM (
  SELECT
    $partition AS day, SAFE_DIVIDE(stored, units) AS share,
    SAFE_DIVIDE(SUM(stored) OVER before, SUM(units) OVER before) AS usual
  FROM (
    SELECT $partition, COUNT(*) AS stored, COUNT(DISTINCT $unit) AS units
    FROM $table
    WHERE $partition BETWEEN DATE_SUB(@from_date, INTERVAL 30 DAY) AND @to_date
    GROUP BY $partition
  ) AS d
  WINDOW before AS (ORDER BY UNIX_DATE($partition) RANGE BETWEEN 30 PRECEDING AND 1 PRECEDING)
) AS w
WHERE day BETWEEN @from_date AND @to_date AND share NOT BETWEEN 0.5 * usual AND 1.5 * usual""")
_CHECK = re.compile(r"^#(fail|warn) (.+)$", re.MULTILINE)


def read_sql(path: Path) -> str:
    """The text of a file of SQL with what it includes, without a closing semicolon.

    A line `-- #include ../table/part.sql` stands for the text of that file: what two statements compute in
    the same way is written once.
    """
    text = path.read_text().strip().removesuffix(";")
    return _INCLUDE.sub(lambda found: (path.parent / found[1]).read_text().strip(), text)


class Column(BaseModel):
    """One column: its type, unit and meaning. `volatile` ones differ between runs on equal inputs."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: ColumnType
    description: str = Field(min_length=3)
    unit: str | None = None
    required: bool = False
    repeated: bool = False
    volatile: bool = False
    fields: list["Column"] = Field(default_factory=list)

    def schema_field(self) -> bigquery.SchemaField:
        mode = "REPEATED" if self.repeated else "REQUIRED" if self.required else "NULLABLE"
        text = f"{self.description} [{self.unit}]" if self.unit else self.description
        return bigquery.SchemaField(
            self.name, self.type, mode, description=text, fields=[f.schema_field() for f in self.fields]
        )

    def arrow_field(self) -> pa.Field:
        if self.type == "RECORD":
            kind: pa.DataType = pa.struct([field.arrow_field() for field in self.fields])
        else:
            kind = _ARROW[self.type]
        return pa.field(self.name, pa.list_(kind) if self.repeated else kind)


class Check(BaseModel):
    """A query that counts violations; `fail` stops the phase, `warn` is reported."""

    name: str
    level: Literal["fail", "warn"]
    sql: str


_WRITE_COLUMNS = [
    Column(
        name="generation", type="TIMESTAMP", required=True, volatile=True, description="Newest changed input"
    ),
    Column(
        name="run_id", type="STRING", required=True, volatile=True, description="The run that wrote the row"
    ),
    Column(
        name="written_at", type="TIMESTAMP", required=True, volatile=True, description="When it was written"
    ),
]


class TableSpec(BaseModel):
    """One table.yaml with the SQL beside it.

    Kinds: `replaced` rows are exchanged atomically by `replace_by`; a `log` only grows; a `view`
    is its query.
    """

    model_config = ConfigDict(extra="forbid")

    table: str = Field(pattern=r"^nba_[a-z]+\.[a-z][a-z0-9_]*$")
    kind: Literal["replaced", "log", "view"]
    row: str = Field(min_length=3, description="What one row is.")
    key: list[str] = Field(default_factory=list)
    partition: str | None = None
    cluster: list[str] = Field(default_factory=list, max_length=4)
    replace_by: list[str] = Field(default_factory=list)
    frozen_at_tip: bool = False
    rows_per: str | None = Field(
        default=None, description="The column of what has about as many rows on any date."
    )
    expires_days: int | None = None
    reads: list[str] = Field(default_factory=list)
    columns: list[Column] = Field(default_factory=list)
    folder: Path

    @property
    def dataset(self) -> str:
        return self.table.split(".")[0]

    @property
    def name(self) -> str:
        return self.table.split(".")[1]

    @property
    def guard(self) -> str:
        return f"nba_guard.{self.name}"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kind == "replaced":
            self.columns = [*self.columns, *_WRITE_COLUMNS]
        names = [column.name for column in self.columns]
        named = {*self.key, *self.cluster, *self.replace_by, *filter(None, [self.partition, self.rows_per])}
        if self.kind != "view" and (missing := named - set(names)):
            raise ValueError(f"{self.table}: no column for {sorted(missing)}")
        if self.kind == "replaced" and not (self.key and self.replace_by and self.partition):
            raise ValueError(f"{self.table}: a replaced table needs key, partition and replace_by")
        if len(set(names)) != len(names):
            raise ValueError(f"{self.table}: a column is declared twice")
        return self

    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def stable_columns(self) -> list[str]:
        """The columns by which two tables are compared: all that are not volatile."""
        return [column.name for column in self.columns if not column.volatile]

    def bigquery_schema(self) -> list[bigquery.SchemaField]:
        return [column.schema_field() for column in self.columns]

    def arrow_schema(self) -> pa.Schema:
        return pa.schema([column.arrow_field() for column in self.columns])

    def sql(self) -> str:
        """The text of query.sql with what it includes, without a closing semicolon."""
        return read_sql(self.folder / "query.sql")

    def expected_sql(self) -> str:
        """The text of expected.sql: how many rows each date should have, by what the table is made from; of
        what is frozen at the tip, those of games that tip off after @moment."""
        return (self.folder / "expected.sql").read_text().strip().removesuffix(";")

    def checks(self) -> list[Check]:
        """The checks of checks.sql, each under its `#fail name` or `#warn name` line, after those that follow
        from table.yaml: BigQuery refuses a NULL in a required column, and nothing here relies on it."""
        path = self.folder / "checks.sql"
        parts = _CHECK.split(path.read_text()) if path.exists() else [""]
        written = [
            Check(level=level, name=name.strip(), sql=sql.strip().removesuffix(";"))
            for level, name, sql in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
        ]
        return [*self._declared_checks(), *written] if written else []

    def _declared_checks(self) -> list[Check]:
        """That keys occur once, required columns have a value, and rows per `rows_per` are about as usual."""
        names = {
            "table": self.table,
            "partition": str(self.partition),
            "key": ", ".join(self.key),
            "empty": " OR ".join(f"{column.name} IS NULL" for column in self.columns if column.required),
            "unit": str(self.rows_per),
        }
        checks = [
            Check(level="fail", name=name, sql=sql.substitute(names)) for name, sql in _DECLARED.items()
        ]
        if self.rows_per:
            name = f"rows per {self.rows_per} are half to one and a half times those of the 30 days before"
            checks.append(Check(level="warn", name=name, sql=_NEAR_HISTORY.substitute(names)))
        return checks


def all_specs() -> dict[str, TableSpec]:
    """Every table of the platform by its name, from the folders of the packages that own them."""
    # Without the lock each of the threads that ask first would read all of them.
    with _READING:
        return _read_specs()


@cache
def _read_specs() -> dict[str, TableSpec]:
    paths = sorted(path for package in _PACKAGES for path in (ROOT / package).rglob("table.yaml"))
    specs = [read_spec(path.parent) for path in paths]
    by_name = {spec.name: spec for spec in specs}
    if len(by_name) != len(specs):
        raise ValueError("two folders declare the same table")
    return by_name


def read_spec(folder: Path) -> TableSpec:
    """The table that a folder declares."""
    # The C parser reads all of them ten times as fast; its absence is a broken installation of PyYAML.
    return TableSpec(**yaml.load((folder / "table.yaml").read_text(), yaml.CSafeLoader), folder=folder)


def spec_of(name: str) -> TableSpec:
    """The spec of a table.

    Raises:
        KeyError: no folder declares it.
    """
    return all_specs()[name]
