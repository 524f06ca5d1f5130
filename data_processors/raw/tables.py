"""The raw tables by name; pipeline.yaml says which there are and which source fills which."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

from data_processors.raw.table import RawTable
from orchestration.pipeline import load_pipeline
from shared.messages import Phase

SCHEDULE = "nba_schedule"
# What is not as in most folders.
_PECULIAR: dict[str, dict[str, Any]] = {
    SCHEDULE: {"whole_season": True},
    "nba_players": {"unit": "team_abbr"},
    "espn_rosters": {"unit": "team_abbr"},
    "odds_events": {"unit": "event_id"},
}


@cache
def tables() -> dict[str, RawTable]:
    """The folders of this package by table name."""
    return {name: _table(name) for name in load_pipeline().phases[Phase.RAW].outputs}


def _table(name: str) -> RawTable:
    folder = f"data_processors.raw.{name}"
    parse = import_module(f"{folder}.parse").parse
    return RawTable(name, parse, import_module(f"{folder}.completeness").judge, **_PECULIAR.get(name, {}))


def tables_by_source() -> dict[str, list[RawTable]]:
    """Source -> the tables that it fills."""
    return _by_source(tables())


def waiting_on(name: str) -> dict[str, list[RawTable]]:
    """Source -> its tables that wait for this one: all wait for the schedule, some for another."""
    if name == SCHEDULE:
        return _by_source(other for other in tables() if other != SCHEDULE)
    rules = load_pipeline().phases[Phase.RAW].outputs
    return _by_source(other for other, rule in rules.items() if name in rule.awaits)


def _by_source(names: Iterable[str]) -> dict[str, list[RawTable]]:
    found: defaultdict[str, list[RawTable]] = defaultdict(list)
    for name in names:
        found[str(load_pipeline().rule(name).source)].append(tables()[name])
    return dict(found)
