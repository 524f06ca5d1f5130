"""What the tables of a warehouse hold, in a form that two platforms can be compared by."""

from typing import Any

from shared.warehouse.specs import all_specs
from shared.warehouse.warehouse import Warehouse

# Every batch that closed keeps its rows there: one more, that a fault brings about, adds to them.
_HISTORIES = frozenset({"nba_predictions.prediction_history"})
# Table -> its rows over the stable columns.
Contents = dict[str, set[tuple[Any, ...]]]


def read_contents(warehouse: Warehouse) -> Contents:
    """Every replaced table.

    Raises:
        ValueError: a table has a key twice.
    """
    tables = {}
    for spec in all_specs().values():
        if spec.kind == "replaced":
            names = spec.stable_columns()
            rows = warehouse.read(spec.name, sorted({*names, *spec.key})).to_pylist()
            if len({tuple(row[name] for name in spec.key) for row in rows}) != len(rows):
                raise ValueError(f"{spec.table} has a key twice")
            tables[spec.table] = {tuple(_hashable(row[name]) for name in names) for row in rows}
    return tables


def differences(found: Contents, expected: Contents) -> list[str]:
    """The tables that are not the same, each with how many rows only one of the two has; a history may have
    more than was expected."""
    pairs = (
        (table, set() if table in _HISTORIES else found[table] - rows, rows - found[table])
        for table, rows in expected.items()
    )
    return [
        f"{table}: {len(more)} rows too many, {len(fewer)} missing"
        for table, more, fewer in pairs
        if more or fewer
    ]


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_hashable(each) for each in value)
    if isinstance(value, dict):
        return tuple(sorted((key, _hashable(each)) for key, each in value.items()))
    return value
