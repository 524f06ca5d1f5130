"""playerindex -> nba_players."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.nba_players.completeness import judge
from data_processors.raw.nba_players.parse import parse
from data_processors.raw.table import Day
from orchestration.state import State
from scrapers.bodies import BodyError
from scrapers.nba_stats.player_index import read_player_index

DAY = date(2025, 12, 1)


@pytest.fixture(scope="session")
def real_index(real_data: Path) -> bytes:
    folder = real_data / "payloads/captures/tests_samples/nbac_player_list"
    return (folder / "raw_7af00b51.json").read_bytes()


def test_the_real_index_has_594_players(real_index: bytes, landed: Any, known_here: Any, fits: Any) -> None:
    parsed = parse(landed(real_index, DAY), known_here())
    fits("nba_players", parsed.rows)
    rows = {row["player_lookup"]: row for row in parsed.rows}
    assert (len(parsed.rows), len(rows), parsed.rejected) == (594, 594, [])
    assert {row["team_abbr"] for row in parsed.rows} > {"LAL", "LAC", "BKN"}
    achiuwa = rows["preciousachiuwa"]
    assert (achiuwa["player_id"], achiuwa["team_abbr"], achiuwa["height_inches"]) == (1630173, "NYK", 80)
    assert (achiuwa["weight_pounds"], achiuwa["draft_year"], achiuwa["on_roster"]) == (243, 2020, True)
    assert rows["lukadoncic"]["player_name"] == "Luka Dončić"
    assert sum(row["position"] is None for row in parsed.rows) == 8
    assert sum(row["jersey"] is None for row in parsed.rows) == 31


def index(*rows: list[Any], season: str = "2025-26", drop: int | None = None) -> bytes:
    headers = [
        *("PERSON_ID", "PLAYER_LAST_NAME", "PLAYER_FIRST_NAME", "TEAM_ABBREVIATION", "JERSEY_NUMBER"),
        *("POSITION", "HEIGHT", "WEIGHT", "COUNTRY", "DRAFT_YEAR", "ROSTER_STATUS", "FROM_YEAR", "TO_YEAR"),
    ]
    result = {"name": "PlayerIndex", "headers": headers[:drop], "rowSet": list(rows)}
    return json.dumps({"parameters": {"Season": season}, "resultSets": [result]}).encode()


ROW = [1, "Nenê", "", None, None, None, None, None, None, None, None, "2002", "2019"]


def test_one_name_and_no_team_are_a_player(landed: Any, known_here: Any, fits: Any) -> None:
    parsed = parse(landed(index(ROW), DAY), known_here())
    fits("nba_players", parsed.rows)
    assert [(row["player_lookup"], row["team_abbr"], row["first_season_year"]) for row in parsed.rows] == [
        ("nene", None, 2002)
    ]


def test_a_bad_row_is_left_out_and_the_others_stand(landed: Any, known_here: Any) -> None:
    parsed = parse(landed(index(ROW, [None, *ROW[1:]], ["x"]), DAY), known_here())
    assert [row["player_id"] for row in parsed.rows] == [1]
    assert [bad.reason.partition(":")[0] for bad in parsed.rejected] == ["PERSON_ID", "PERSON_ID"]


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (index(ROW, season="2024-25"), "asked for 2025-26, got 2024-25"),
        (index(ROW, drop=-1), "without TO_YEAR"),
        (index(), "no players"),
        (b"<html>", "not JSON"),
        (b"{}", "parameters"),
    ],
)
def test_another_body_is_refused_by_name(raw: bytes, what: str) -> None:
    with pytest.raises(BodyError, match=what):
        read_player_index(raw, "2025-26")


def test_a_date_needs_its_index() -> None:
    assert judge(Day(DAY, [], False, {"NYK": 20})).state is State.COMPLETE
    assert judge(Day(DAY, [], False, {})).state is None
