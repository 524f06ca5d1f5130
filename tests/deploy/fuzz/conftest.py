"""A platform that nothing else is tested on: what is sent here leaves letters and dates behind."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from deploy.local.driver import Driver
from deploy.local.stack import StackOptions, running_stack
from deploy.registry import services

# Every key of the platform: known, and with what an address writes otherwise.
SECRET = "canary+/={}&"
MARK = "zq7"
# What statements have been broken out of by: quotes of each kind, comments, escapes, what is filled in later.
# `MARK` is in each, so that it is found wherever it got to.
CORPUS = (
    f"{MARK}' OR '1'='1",
    f"{MARK}'; DROP TABLE nba_raw.nba_schedule; --",
    f'{MARK}" OR ""="',
    f"{MARK}`; DELETE FROM nba_raw.scrape_landing WHERE TRUE; #",
    f"{MARK}\\'; TRUNCATE TABLE nba_orchestration.dead_letters; --",
    f"{MARK}') UNION ALL SELECT table_name FROM nba_raw.INFORMATION_SCHEMA.TABLES --",
    f"{MARK}''' OR TRUE --",
    f"{MARK} @game_date ${{table}} $table {{0}} %(x)s %s ?",
    f"{MARK}/**/\n;\u2028SELECT 1",
    f"{MARK}\u02bc\uff07; DROP TABLE nba_raw.nba_schedule; --",
)
# Renamed so in the archive that the platform's providers serve.
NAMES = (
    f"{MARK} O'Brien'; DROP TABLE nba_raw.nba_schedule; --",
    f'{MARK} Smith" OR ""="',
    f"{MARK} Jones\\'; DELETE FROM nba_raw.espn_rosters WHERE TRUE; #",
)
BOOK = f"{MARK}'; DROP TABLE nba_raw.odds_events; --"
REASON = f"{MARK}'); DROP TABLE nba_raw.nba_injury_report; --"


@pytest.fixture(scope="session")
def corpus() -> tuple[str, ...]:
    return CORPUS


@pytest.fixture(scope="session")
def hostile_league(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The league, in which three players who have lines, a book and every absence have hostile names."""
    folder = tmp_path_factory.mktemp("hostile") / "archive"
    shutil.copytree(league, folder)
    lines = pq.read_table(folder / "prop_lines.parquet", columns=["game_date", "player_id", "bookmaker"])
    last = lines.filter(pc.equal(lines["game_date"], pc.max(lines["game_date"])))
    players = pc.unique(last["player_id"]).to_pylist()
    _rename(folder, "player_name", "player_id", dict(zip(players, NAMES, strict=False)))
    _rename(folder, "bookmaker", "bookmaker", {last["bookmaker"][0].as_py(): BOOK})
    reasons = pc.unique(pq.read_table(folder / "injuries.parquet")["reason"]).to_pylist()
    _rename(folder, "reason", "reason", dict.fromkeys(reasons, REASON))
    return folder


def _rename(folder: Path, column: str, key: str, names: dict[Any, str]) -> None:
    """Gives a column other values where `key` is one of these, in each file that has both."""
    for path in folder.glob("*.parquet"):
        table = pq.read_table(path)
        if {column, key} <= set(table.column_names):
            pairs = zip(table[key].to_pylist(), table[column].to_pylist(), strict=True)
            values = pa.array([names.get(own, said) for own, said in pairs], pa.string())
            pq.write_table(table.set_column(table.column_names.index(column), column, values), path)


@pytest.fixture(scope="session")
def driver(hostile_league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    folder = tmp_path_factory.mktemp("fuzzed")
    names = (*services(), "odds", "bdl", "bettingpros")
    (folder / "secrets.json").write_text(json.dumps({name: SECRET.format(name) for name in names}))
    with running_stack(StackOptions(folder, hostile_league)) as stack:
        yield Driver(stack)
