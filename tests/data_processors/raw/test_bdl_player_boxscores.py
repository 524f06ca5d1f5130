"""balldontlie box_scores -> bdl_player_boxscores."""

import copy
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.bdl_player_boxscores.completeness import judge
from data_processors.raw.bdl_player_boxscores.parse import parse
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.table import Day, Problem
from orchestration.state import State
from scrapers.balldontlie.bodies import read_box_scores
from shared.identity.games import GameKey
from shared.identity.resolver import Player, Resolver
from shared.identity.teams import tricode_of

DAY = date(2024, 1, 15)
TIP = datetime(2024, 1, 15, 18, tzinfo=UTC)


@pytest.fixture(scope="session")
def real_day(real_data: Path) -> bytes:
    folder = real_data / "payloads/captures/tests_samples/bdl_box_scores"
    return (folder / "raw_7a649e12.json").read_bytes()


def slate_of(raw: bytes) -> Slate:
    """The games of a body as the schedule would have them."""
    games = []
    for game in read_box_scores(raw).data:
        away, home = tricode_of(game.visitor_team.abbreviation), tricode_of(game.home_team.abbreviation)
        games.append(Game(GameKey(DAY, away, home).game_id, "0022300001", DAY, TIP, home, away, "FINAL"))
    return Slate(tuple(games), ((date(2023, 8, 1), date(2024, 6, 30)),))


def test_the_real_day_has_eleven_games(real_day: bytes, landed: Any, known_here: Any, fits: Any) -> None:
    batum = Player(201587, "nicolasbatum", "Nicolas Batum", "PHI")
    parsed = parse(landed(real_day, DAY), known_here(slate_of(real_day), Resolver([batum])))
    fits("bdl_player_boxscores", parsed.rows)
    assert (len({row["game_id"] for row in parsed.rows}), parsed.rejected, parsed.unmatched) == (11, [], [])
    assert len(parsed.rows) == 384
    assert len(parsed.unresolved) == 383
    row = next(row for row in parsed.rows if row["player_id"] == 201587)
    assert (row["game_id"], row["team_abbr"], row["points"], row["minutes"]) == (
        "20240115_HOU_PHI",
        "PHI",
        5,
        28,
    )
    home = sum(r["points"] for r in parsed.rows if r["team_abbr"] == "PHI")
    away = sum(r["points"] for r in parsed.rows if r["team_abbr"] == "HOU")
    assert (home, away) == (124, 115)
    for game in {row["game_id"] for row in parsed.rows}:
        assert len({row["team_abbr"] for row in parsed.rows if row["game_id"] == game}) == 2


def test_a_game_that_is_not_final_or_not_scheduled_gives_no_rows(
    real_day: bytes, landed: Any, known_here: Any
) -> None:
    body = json.loads(real_day)
    slate = slate_of(real_day)
    body["data"] = body["data"][:2]
    body["data"][0]["status"] = "3rd Qtr"
    body["data"][1]["home_team"]["abbreviation"] = "XXX"
    parsed = parse(landed(body, DAY), known_here(slate))
    assert parsed.rows == []
    assert len(parsed.unmatched) == 1
    assert parse(landed(body, DAY), known_here()).unmatched == (), "without a schedule nobody can say"


def test_a_bad_line_is_left_out_and_the_others_stand(real_day: bytes, landed: Any, known_here: Any) -> None:
    body = json.loads(real_day)
    body["data"] = body["data"][:1]
    players = body["data"][0]["home_team"]["players"]
    count = len(players) + len(body["data"][0]["visitor_team"]["players"])
    players[0]["pts"] = "many"
    players[1]["min"] = "a while"
    players[2]["player"] |= {"first_name": "", "last_name": "-"}
    players.append(copy.deepcopy(players[3]))
    parsed = parse(landed(body, DAY), known_here(slate_of(real_day)))
    assert len(parsed.rows) == count - 3
    assert [bad.reason.partition(":")[0] for bad in parsed.rejected] == ["pts", "min", "player"]


def test_a_date_is_complete_with_all_its_games() -> None:
    game = Game("20240115_HOU_PHI", "0022300001", DAY, TIP, "PHI", "HOU", "FINAL")
    assert judge(Day(DAY, [game], True, {"20240115_HOU_PHI": 26})).state is State.COMPLETE
    assert judge(Day(DAY, [game], True, {})).state is None
    assert judge(Day(DAY, [], True, {})).state is State.EMPTY_OK
    problem = Problem("bdl_box_scores/2024-01-15/1", DAY, TIP, "data: Field required")
    assert judge(Day(DAY, [game], True, {}, problems=[problem])).state is State.FAILED
