"""The backup of box scores tells the same in the same words; both tables of a box score hold together."""

import copy
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.nba_player_boxscores import parse as players
from data_processors.raw.nba_team_boxscores import parse as teams
from scrapers.bodies import BodyError
from scrapers.nba_live.box_score import read_live_box_score

DAY, GAME = date(2020, 12, 22), "0022000001"


@pytest.fixture
def live(real_data: Path) -> Any:
    return json.loads((real_data / "payloads/nba_live/boxscore_0022000001.json").read_bytes())


@pytest.fixture
def body(landed: Any) -> Any:
    return lambda content: landed(content, DAY, kind="box_score_live", nba_game_id=GAME)


def test_a_real_live_box_score_to_the_letter(live: Any, body: Any, known_here: Any, fits: Any) -> None:
    parsed = players.parse(body(live), known_here())
    fits("nba_player_boxscores", parsed.rows)
    assert not parsed.rejected
    assert Counter(row["status"] for row in parsed.rows) == {"PLAYED": 28, "DND": 5, "NWT": 1}
    assert Counter(row["team_abbr"] for row in parsed.rows) == {"BKN": 17, "GSW": 17}
    assert sum(row["is_starter"] for row in parsed.rows) == 10
    durant = next(row for row in parsed.rows if row["player_lookup"] == "kevindurant")
    assert durant == {
        "game_id": "20201222_GSW_BKN",
        "nba_game_id": GAME,
        "game_date": DAY,
        "season_year": 2020,
        "season_type": "regular",
        "team_abbr": "BKN",
        "opponent_team_abbr": "GSW",
        "is_home": True,
        "player_id": 201142,
        "player_lookup": "kevindurant",
        "player_name": "Kevin Durant",
        "status": "PLAYED",
        "comment": None,
        "is_starter": True,
        "position": "F",
        "seconds_played": 24 * 60 + 56,
        "points": 22,
        "fg_makes": 7,
        "fg_attempts": 16,
        "three_pt_makes": 1,
        "three_pt_attempts": 2,
        "ft_makes": 7,
        "ft_attempts": 7,
        "offensive_rebounds": 1,
        "defensive_rebounds": 4,
        "assists": 3,
        "steals": 3,
        "blocks": 1,
        "turnovers": 1,
        "personal_fouls": 3,
        "plus_minus": 26,
    }
    comments = {row["player_lookup"]: row["comment"] for row in parsed.rows if row["status"] != "PLAYED"}
    assert comments["nicolasclaxton"] == "DND - Right Knee Tendinopathy"
    assert comments["nicomannion"] == "NWT - INACTIVE_GLEAGUE_TWOWAY"


def test_its_teams_to_the_letter(live: Any, body: Any, known_here: Any, fits: Any) -> None:
    rows = teams.parse(body(live), known_here()).rows
    fits("nba_team_boxscores", rows)
    assert [
        (r["team_abbr"], r["is_home"], r["points"], r["plus_minus"], r["seconds_played"]) for r in rows
    ] == [
        ("BKN", True, 125, 26, 14400),
        ("GSW", False, 99, -26, 14400),
    ]


def test_the_order_of_teams_in_a_body_means_nothing(live: Any, body: Any, known_here: Any) -> None:
    """The defect of the reference: it took home and away from the order of rows."""
    game = live["game"]
    turned = {"game": {key: game[key] for key in reversed(game)}}
    assert teams.parse(body(turned), known_here()).rows == teams.parse(body(live), known_here()).rows


def test_both_forms_of_a_box_score_have_the_same_rows(
    real_data: Path, landed: Any, known_here: Any, fits: Any
) -> None:
    raw = (real_data / "payloads/nba_stats/boxscoretraditionalv3.json").read_bytes()
    v3 = landed(raw, date(2025, 11, 11), kind="box_score_v3", nba_game_id="0022500165")
    told = json.loads(raw)["boxScoreTraditional"]
    sides = {key: live_team(told[key]) for key in ("homeTeam", "awayTeam")}
    content = {"game": {"gameId": "0022500165", "gameStatus": 3, **sides}}
    live = landed(content, date(2025, 11, 11), kind="box_score_live", nba_game_id="0022500165")
    both = [players.parse(each, known_here()).rows for each in (v3, live)]
    fits("nba_player_boxscores", both[1])
    without = [[{k: v for k, v in row.items() if k != "comment"} for row in rows] for rows in both]
    assert without[0] == without[1]
    assert teams.parse(v3, known_here()).rows == teams.parse(live, known_here()).rows


def live_team(team: dict[str, Any]) -> dict[str, Any]:
    """A team of the one endpoint as the other tells it."""
    found = copy.deepcopy(team)
    for player in found["players"]:
        played = bool(player["statistics"]["minutes"])
        player |= {
            "status": "ACTIVE",
            "played": str(int(played)),
            "starter": str(int(bool(player["position"]))),
        }
        player["statistics"]["minutes"] = duration(player["statistics"]["minutes"] or "0:00")
    found["statistics"]["minutes"] = duration(found["statistics"]["minutes"])
    return found


def duration(clock: str) -> str:
    minutes, seconds = clock.split(":")
    return f"PT{int(minutes):02d}M{seconds}.00S"


@pytest.mark.parametrize("status", [1, 2])
def test_a_game_that_is_not_over_has_no_rows(live: Any, body: Any, known_here: Any, status: int) -> None:
    live["game"]["gameStatus"] = status
    assert players.parse(body(live), known_here()).rows == ()
    assert teams.parse(body(live), known_here()).rows == ()


def test_points_must_add_up(live: Any, body: Any, known_here: Any) -> None:
    live["game"]["homeTeam"]["players"][0]["statistics"]["points"] += 1
    with pytest.raises(BodyError, match="BKN: players' points add up to 126, not to 125"):
        players.parse(body(live), known_here())


def test_a_player_whom_nobody_can_read_takes_no_other_with_him(live: Any, body: Any, known_here: Any) -> None:
    live["game"]["homeTeam"]["players"][0]["statistics"]["points"] = "ten"
    parsed = players.parse(body(live), known_here())
    assert len(parsed.rows) == 33
    assert ["statistics.points" in bad.reason for bad in parsed.rejected] == [True]
    assert len(teams.parse(body(live), known_here()).rows) == 2


@pytest.mark.parametrize("minutes", ["24:56", "PT24M", "PT24M61.00S", "", None, 24])
def test_minutes_have_one_form(live: Any, body: Any, known_here: Any, minutes: Any) -> None:
    live["game"]["homeTeam"]["players"][1]["statistics"]["minutes"] = minutes
    parsed = players.parse(body(live), known_here())
    assert ["statistics.minutes" in bad.reason for bad in parsed.rejected] == [True]


def test_another_games_body_is_refused(live: Any) -> None:
    with pytest.raises(BodyError, match="asked for 0022000002, got 0022000001"):
        read_live_box_score(json.dumps(live).encode(), "0022000002")
