"""The reference system's worked examples, corrected where it was wrong: rows in, the figures of one row out.

Each YAML file is about one table. A case gives rows of the tables that its query reads; what a row leaves
out of its required columns is filled with nothing in particular, its player, teams and game are the case's
own, and `history` lists earlier games newest first, one a day unless `days_before` says otherwise.
`every_number` is what all numbers of a row are that it leaves out.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from predictions.systems.contract import MANIFEST
from shared.messages import AsOf
from shared.warehouse.replace import replace_dates
from shared.warehouse.specs import Column, spec_of
from shared.warehouse.warehouse import Warehouse

DAY = date(2025, 1, 20)
GENERATION = datetime.fromisoformat("2025-01-20T12:00:00+00:00")
TIP = datetime.fromisoformat("2025-01-21T00:00:00+00:00")
FILES = sorted((Path(__file__).parent / "worked_examples").glob("*.yaml"))
_FILLERS = {
    "STRING": "x",
    "INT64": 0,
    "FLOAT64": 0.0,
    "BOOL": False,
    "DATE": DAY,
    "TIMESTAMP": TIP - timedelta(hours=3),
}
_INSTRUCTIONS = ("days_before", "every_number")
_FEATURES = yaml.safe_load(MANIFEST.read_text())["features"]
_CASES = [
    (path.stem, number, case)
    for path in FILES
    for number, case in enumerate(yaml.safe_load(path.read_text())["cases"])
]


class Case:
    """One case with ids that no other has."""

    def __init__(self, number: int, given: dict[str, Any]) -> None:
        self.number, self.given = number, given
        letters = chr(65 + number // 26) + chr(65 + number % 26)
        self.team, self.opponent, self.player = f"H{letters}", f"V{letters}", f"player{number}"

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for table, rows in self.given.items():
            listed = rows if isinstance(rows, list) else list(_history(rows))
            for row in listed:
                yield table, self._row(table, row)

    def _row(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        day = DAY - timedelta(days=row.get("days_before", 0))
        own = {
            "game_date": day,
            "game_id": f"{day:%Y%m%d}_{self.opponent}_{self.team}",
            "home_team": self.team,
            "away_team": self.opponent,
            "team_abbr": self.team,
            "opponent_team_abbr": self.opponent,
            "player_lookup": self.player,
            "player_id": 1 + self.number,
            "tip_at": TIP - timedelta(days=row.get("days_before", 0)),
            "history_end": DAY,
            "season_year": 2024,
            "season_type": "regular",
            "status": "SCHEDULED",
            "bookmaker": "draftkings",
            "market": "player_points",
            "submitted": True,
            "is_home": True,
        }
        if table == "nba_player_boxscores":
            own["status"] = "PLAYED"
        columns = spec_of(table).columns
        given = _filled(columns, row["every_number"]) if "every_number" in row else {}
        given |= {name: self._meant(value) for name, value in row.items() if name not in _INSTRUCTIONS}
        return {c.name: value for c in columns if (value := _value(c, own | given)) is not None}

    def _meant(self, value: Any) -> Any:
        return (
            {"$team": self.team, "$opponent": self.opponent}.get(value, value)
            if isinstance(value, str)
            else value
        )


def _filled(columns: list[Column], number: float) -> dict[str, Any]:
    """The number for every column of numbers that may be NULL."""
    return {c.name: number for c in columns if c.type in ("INT64", "FLOAT64") and not c.required}


def _expanded(expected: list[Any]) -> list[Any]:
    """With the features of a table in the place of `$features_of table`, in the manifest's order."""
    expanded = []
    for each in expected:
        table = str(each).removeprefix("$features_of ")
        expanded += [each] if table == each else [f["name"] for f in _FEATURES if f["table"] == table]
    return expanded


def _value(column: Column, values: dict[str, Any]) -> Any:
    if column.name in values:
        return values[column.name]
    if column.name in ("generation", "written_at"):
        return GENERATION
    return _FILLERS.get(column.type) if column.required else [] if column.repeated else None


def _history(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    columns = given["history"]
    lists = {name: value for name, value in columns.items() if isinstance(value, list)}
    count = given.get("games") or len(next(iter(lists.values())))
    for back in range(count):
        row = {name: value[back] if name in lists else value for name, value in columns.items()}
        yield {"days_before": back + 1, **row}


@pytest.fixture(scope="module")
def results(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """Rows of every file's table, each file on empty inputs."""
    return {path.stem: _computed(warehouse, yaml.safe_load(path.read_text())) for path in FILES}


def _computed(warehouse: Warehouse, file: dict[str, Any]) -> list[dict[str, Any]]:
    spec = spec_of(file["table"])
    loaded: dict[str, list[dict[str, Any]]] = {}
    shared = Case(600, file.get("shared", {}))
    for case in [shared, *(Case(n, c["given"]) for n, c in enumerate(file["cases"]))]:
        for table, row in case.rows():
            loaded.setdefault(table, []).append(row)
    for table in {*loaded, spec.name}:
        warehouse.run(" ".join(("DELETE FROM", spec_of(table).table, "WHERE TRUE")))
    for table, rows in loaded.items():
        warehouse.load(table, rows)
    replace_dates(warehouse, spec, {DAY: GENERATION}, AsOf(lead_minutes=60), "example")
    found = warehouse.rows(" ".join(("SELECT * FROM", spec.table)))
    for table in {*loaded, spec.name}:
        warehouse.run(" ".join(("DELETE FROM", spec_of(table).table, "WHERE TRUE")))
    return found


@pytest.mark.parametrize(
    ("file", "number", "case"), _CASES, ids=[f"{file}: {case['name']}" for file, _, case in _CASES]
)
def test_worked_example(results: Any, file: str, number: int, case: dict[str, Any]) -> None:
    own = Case(number, case["given"])
    (row,) = [
        row
        for row in results[file]
        if row["game_id"].endswith(f"_{own.opponent}_{own.team}")
        and row.get("team_abbr", own.team) == own.team
        and row.get("player_lookup", own.player) == own.player
    ]
    lists = {name: _expanded(value) for name, value in case["expect"].items() if isinstance(value, list)}
    single = {name: value for name, value in case["expect"].items() if name not in lists}
    assert {name: row[name] for name in lists} == lists
    assert {name: row[name] for name in single} == pytest.approx(single, abs=case.get("tolerance", 1e-6))
