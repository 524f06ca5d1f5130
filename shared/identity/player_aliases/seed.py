"""The aliases that the project ships, into their table; those that an operator added stay."""

import uuid
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files

import yaml

from shared.identity.names import player_lookup
from shared.warehouse.replace import replace_rows
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

# A row's generation is that of the list: only a newer list replaces it.
LISTED_ON = date(2026, 11, 24)


@cache
def packaged_aliases() -> tuple[dict[str, object], ...]:
    """The rows of aliases.yaml in the shape of player_aliases."""
    listed = yaml.safe_load(files("shared.identity.player_aliases").joinpath("aliases.yaml").read_text())
    return tuple(
        {
            "alias_lookup": player_lookup(spelling),
            "player_id": alias["person"],
            "note": f"{alias['name']}: {alias['why']}",
            "added_on": LISTED_ON,
        }
        for spelling, alias in listed.items()
    )


def seed_aliases(warehouse: Warehouse) -> int:
    """Stores the packaged aliases unless they are there; returns how many were stored."""
    stored = warehouse.rows("SELECT alias_lookup FROM nba_reference.player_aliases")
    if {row["alias_lookup"] for row in packaged_aliases()} <= {row["alias_lookup"] for row in stored}:
        return 0
    generation = datetime.combine(LISTED_ON, datetime.min.time(), UTC)
    rows = [{**row, "generation": generation} for row in packaged_aliases()]
    return replace_rows(warehouse, spec_of("player_aliases"), rows, f"seed-{uuid.uuid4().hex}").stored
