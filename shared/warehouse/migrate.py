"""What an older table becomes by its table.yaml: BigQuery adds columns and fields and relaxes modes in place.

Everything else that differs is a decision about data, to be made by a person, who is told what to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from google.cloud import bigquery

from shared.warehouse.specs import TableSpec

_DAY_MS = 86_400_000
# tables.get answers with the older names.
_SAME_TYPE = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "STRUCT": "RECORD"}


class MigrationError(Exception):
    """Tables differ from their table.yaml in what no schema update changes."""


@dataclass
class Migration:
    """A table that there is, the schema that it gets, and what it cannot get.

    Args:
        impossible: a sentence for each: column, what it is, what is wanted, the remedy.
    """

    spec: TableSpec
    table: bigquery.Table
    schema: list[bigquery.SchemaField] = field(init=False)
    impossible: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schema = self._merged(self.table.schema, self.spec.bigquery_schema())
        self._compare_storage()

    @property
    def is_due(self) -> bool:
        return self.schema != list(self.table.schema)

    def _merged(
        self, found: Sequence[bigquery.SchemaField], wanted: Sequence[bigquery.SchemaField], of: str = ""
    ) -> list[bigquery.SchemaField]:
        """The fields that are there, as they are wanted, and then the new ones: BigQuery adds at the end."""
        declared = {each.name: each for each in wanted}
        there = {each.name.lower() for each in found}
        kept = [self._field(each, declared.get(each.name.lower()), of) for each in found]
        return kept + [self._added(each, of) for each in wanted if each.name not in there]

    def _field(
        self, found: bigquery.SchemaField, wanted: bigquery.SchemaField | None, of: str
    ) -> bigquery.SchemaField:
        path = f"{of}{found.name}"
        if wanted is None:
            dropped = self._anew if of else f"ALTER TABLE {self.spec.table} DROP COLUMN {path}"
            self._refuse(path, _told(found), "no such column", f"declare it again, or {dropped}")
            return found
        relaxed = (found.mode, wanted.mode) == ("REQUIRED", "NULLABLE")
        if _type(found) != _type(wanted) or (found.mode != wanted.mode and not relaxed):
            self._refuse(path, _told(found), _told(wanted), f"declare it as it is, or {self._anew}")
            return found
        kept = {**found.to_api_repr(), "mode": wanted.mode}
        if wanted.fields:
            fields = self._merged(found.fields, wanted.fields, f"{path}.")
            kept["fields"] = [each.to_api_repr() for each in fields]
        return bigquery.SchemaField.from_api_repr(kept)

    def _added(self, wanted: bigquery.SchemaField, of: str) -> bigquery.SchemaField:
        if wanted.mode == "REQUIRED":
            remedy = f"declare it without required, as older rows lack it, or {self._anew}"
            self._refuse(f"{of}{wanted.name}", "missing", _told(wanted), remedy)
        return wanted

    def _compare_storage(self) -> None:
        """Partitions, how long they are kept, and clusters."""
        spec, found = self.spec, self.table.time_partitioning
        by = found and (found.field or "the time of loading")
        days = found and found.expiration_ms and found.expiration_ms // _DAY_MS
        if by != spec.partition:
            self._refuse("partition", f"{by}", f"{spec.partition}", self._anew)
        elif days != spec.expires_days:
            option = f"partition_expiration_days = {spec.expires_days or 'NULL'}"
            remedy = f"ALTER TABLE {spec.table} SET OPTIONS ({option})"
            self._refuse("days a partition is kept", f"{days}", f"{spec.expires_days}", remedy)
        clusters, wanted = list(self.table.clustering_fields or []), spec.cluster
        if clusters != wanted:
            remedy = f"bq update --clustering_fields='{','.join(wanted)}' {spec.table}"
            self._refuse("cluster", f"{clusters}", f"{wanted}", remedy)

    @property
    def _anew(self) -> str:
        aside = f"ALTER TABLE {self.spec.table} RENAME TO {self.spec.name}_before"
        return f"{aside}, bootstrap again and copy the rows"

    def _refuse(self, what: str, found: str, wanted: str, remedy: str) -> None:
        self.impossible.append(f"{self.spec.table} {what}: is {found}, wanted {wanted}; remedy: {remedy}")


def _type(of: bigquery.SchemaField) -> str:
    return _SAME_TYPE.get(of.field_type, of.field_type)


def _told(of: bigquery.SchemaField) -> str:
    return f"{of.mode} {_type(of)}"
