"""Play-by-play and shots: real games to the letter, and what does not hold together."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_play_by_play import parse as plays
from data_processors.raw.nba_play_by_play.completeness import judge
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.nba_shots import parse as shots
from data_processors.raw.table import Day, Row
from orchestration.state import State
from scrapers.bodies import BodyError
from scrapers.nba_live.bodies import read_play_by_play

SAMPLES = "payloads/captures/tests_samples"
TIP = datetime(2025, 1, 16, 0, 30, tzinfo=UTC)
KNICKS_SIXERS = Game("20250115_NYK_PHI", "0022400561", date(2025, 1, 15), TIP, "PHI", "NYK", "FINAL")
CLIPPERS_WOLVES = Game("20250106_LAC_MIN", "0022400500", date(2025, 1, 6), TIP, "MIN", "LAC", "FINAL")
WARRIORS_NETS = Game("20201222_GSW_BKN", "0022000001", date(2020, 12, 22), TIP, "BKN", "GSW", "FINAL")
REAL = {
    "KNICKS_SIXERS": (KNICKS_SIXERS, f"{SAMPLES}/nbac_play_by_play/raw_416e8d5c.json.gz"),
    "CLIPPERS_WOLVES": (CLIPPERS_WOLVES, f"{SAMPLES}/nbac_play_by_play/raw_14ecf360.json.gz"),
    "WARRIORS_NETS": (WARRIORS_NETS, "payloads/nba_live/playbyplay_0022000001.json"),
}


def raw_of(real_data: Path, name: str) -> bytes:
    raw = (real_data / REAL[name][1]).read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


@pytest.fixture
def rows(real_data: Path, landed: Any, known_here: Callable[..., Any]) -> Callable[[Any, str], list[Row]]:
    """The rows that a parser makes of one of the real games."""

    def make(parse: Any, name: str) -> list[Row]:
        game = REAL[name][0]
        body = landed(raw_of(real_data, name), game.game_date, nba_game_id=game.nba_game_id)
        parsed = parse(body, known_here(Slate((game,))))
        assert not parsed.rejected
        return list(parsed.rows)

    return make


def scored(rows: list[Row], by: str) -> Counter[Any]:
    points: Counter[Any] = Counter()
    for row in rows:
        points[row[by]] += row["points"]
    return points


@pytest.mark.parametrize(
    ("name", "actions", "attempts", "assisted", "and_ones", "points"),
    [
        ("KNICKS_SIXERS", 506, 178, 55, 4, {"NYK": 125, "PHI": 119}),
        ("CLIPPERS_WOLVES", 571, 181, 47, 9, {"LAC": 106, "MIN": 108}),
        ("WARRIORS_NETS", 610, 191, 50, 3, {"GSW": 99, "BKN": 125}),
    ],
)
def test_a_real_game_to_the_letter(
    rows: Any, fits: Any, name: str, actions: int, attempts: int, assisted: int, and_ones: int, points: Any
) -> None:
    played, shot = rows(plays.parse, name), rows(shots.parse, name)
    fits("nba_play_by_play", played)
    fits("nba_shots", shot)
    assert (len(played), len(shot)) == (actions, attempts)
    assert (sum(r["is_assisted"] for r in shot), sum(r["is_and_one"] for r in shot)) == (assisted, and_ones)
    by_team = scored(played, "team_abbr")
    assert {team: by_team[team] for team in points} == points
    assert by_team[None] == 0
    last, game = played[-1], REAL[name][0]
    assert (last["home_points"], last["away_points"]) == (points[game.home_team], points[game.away_team])
    assert [row["sequence"] for row in played] == list(range(1, actions + 1))


def test_the_points_of_the_actions_are_those_of_the_box_score(rows: Any, real_data: Path) -> None:
    """The defect of the reference: it looked for `made` in subType, so that no shot ever went in."""
    body = json.loads((real_data / SAMPLES / "nbac_team_boxscore/raw_8e5ec16f.json").read_bytes())
    results = {result["name"]: result for result in body["resultSets"]}
    players = [
        dict(zip(results["PlayerStats"]["headers"], r, strict=True)) for r in results["PlayerStats"]["rowSet"]
    ]
    points = scored(rows(plays.parse, "KNICKS_SIXERS"), "player_id")
    shot = rows(shots.parse, "KNICKS_SIXERS")
    assert len(players) == 25
    for player in players:
        mine = [row for row in shot if row["player_id"] == player["PLAYER_ID"]]
        assert points[player["PLAYER_ID"]] == (player["PTS"] or 0)
        assert len(mine) == (player["FGA"] or 0)
        assert sum(row["made"] for row in mine) == (player["FGM"] or 0)
        assert sum(row["is_three"] for row in mine) == (player["FG3A"] or 0)
    assists = Counter(row["assist_player_id"] for row in shot)
    assert all(assists[player["PLAYER_ID"]] == (player["AST"] or 0) for player in players)


def test_zones_and_distances_are_the_feeds_own(rows: Any) -> None:
    """The defect of the reference: it took per cent of the court for feet."""
    shot = rows(shots.parse, "KNICKS_SIXERS")
    assert Counter(row["shot_zone"] for row in shot) == {
        "restricted_area": 59,
        "above_the_break_3": 58,
        "mid_range": 26,
        "paint": 21,
        "right_corner_3": 10,
        "left_corner_3": 4,
    }
    first = next(row for row in shot if row["action_number"] == 9)
    assert {key: first[key] for key in ("shot_distance", "shot_zone", "made", "is_three", "x", "y")} == {
        "shot_distance": 21.62,
        "shot_zone": "mid_range",
        "made": False,
        "is_three": False,
        "x": -130,
        "y": 173,
    }
    assert first["player_id"] == 1628973
    assert all(row["is_three"] == str(row["shot_zone"]).endswith("_3") for row in shot)


def test_a_feed_without_areas_has_no_zones(rows: Any) -> None:
    assert {row["shot_zone"] for row in rows(shots.parse, "WARRIORS_NETS")} == {None}


def test_time_runs_through_periods_and_overtime(rows: Any) -> None:
    played = rows(plays.parse, "KNICKS_SIXERS")
    elapsed = [row["elapsed_seconds"] for row in played]
    assert (elapsed[0], elapsed[-1]) == (0, 48 * 60 + 5 * 60)
    starts = [row for row in played if (row["action_type"], row["sub_type"]) == ("period", "start")]
    assert [row["elapsed_seconds"] for row in starts] == [0, 720, 1440, 2160, 2880]


def test_home_and_away_come_from_the_schedule(rows: Any) -> None:
    """The defect of the reference: it took them from the order of a set."""
    shot = rows(shots.parse, "KNICKS_SIXERS")
    assert {(row["team_abbr"], row["opponent_team_abbr"]) for row in shot} == {("NYK", "PHI"), ("PHI", "NYK")}


def action(number: int, **more: Any) -> dict[str, Any]:
    return {
        "actionNumber": number,
        "orderNumber": number * 10000,
        "clock": "PT05M00.00S",
        "period": 1,
        "actionType": "2pt",
        "subType": "Layup",
        "teamTricode": "NYK",
        "personId": 7,
        "playerNameI": "A. Player",
        "scoreHome": "0",
        "scoreAway": "0",
        "shotResult": "Made",
        "isFieldGoal": 1,
        **more,
    }


END = action(
    99,
    clock="PT00M00.00S",
    period=4,
    actionType="game",
    subType="end",
    teamTricode=None,
    personId=0,
    shotResult=None,
)


@pytest.fixture
def body(landed: Any) -> Callable[..., LandedBody]:
    def make(*actions: dict[str, Any]) -> LandedBody:
        content = {"game": {"gameId": "0022400561", "actions": list(actions)}}
        made: LandedBody = landed(content, KNICKS_SIXERS.game_date, nba_game_id="0022400561")
        return made

    return make


def throw(number: int, **more: Any) -> dict[str, Any]:
    return action(number, **{"actionType": "freethrow", "subType": "1 of 1", "isFieldGoal": 0, **more})


@pytest.mark.parametrize(
    ("second", "and_one"),
    [
        (throw(2), True),
        (throw(2, shotResult="Missed"), True),
        (throw(2, descriptor="flagrant"), True),
        (throw(2, descriptor="technical"), False),
        (throw(2, personId=8), False),
        (throw(2, clock="PT04M59.00S"), False),
        (throw(2, period=2), False),
        (throw(2, subType="1 of 2"), False),
    ],
)
def test_an_and_one_is_the_shooters_single_throw_at_the_moment_of_his_basket(
    body: Any, known_here: Any, second: dict[str, Any], and_one: bool
) -> None:
    (row,) = shots.parse(body(action(1), second, END), known_here(Slate((KNICKS_SIXERS,)))).rows
    assert row["is_and_one"] is and_one


def test_a_missed_shot_is_neither_assisted_nor_an_and_one(body: Any, known_here: Any) -> None:
    missed = action(1, shotResult="Missed", assistPersonId=8, blockPersonId=9)
    (row,) = shots.parse(body(missed, throw(2), END), known_here(Slate((KNICKS_SIXERS,)))).rows
    assert (row["is_assisted"], row["assist_player_id"], row["is_and_one"]) == (False, None, False)
    assert (row["points"], row["block_player_id"]) == (0, 9)


def test_a_game_that_is_not_over_has_no_rows(body: Any, known_here: Any) -> None:
    known = known_here(Slate((KNICKS_SIXERS,)))
    assert plays.parse(body(action(1)), known).rows == shots.parse(body(action(1)), known).rows == ()


def test_a_game_of_no_schedule_has_no_rows(body: Any, known_here: Any) -> None:
    assert plays.parse(body(action(1), END), known_here()).rows == ()


def test_a_bad_action_is_left_out_by_its_field_and_told_once(body: Any, known_here: Any) -> None:
    known = known_here(Slate((KNICKS_SIXERS,)))
    bad = [
        action(2, clock="PT13M00.00S"),
        action(3, shotDistance=-1),
        action(4, teamTricode="BOS"),
        action(5, period=0),
    ]
    parsed = plays.parse(body(action(1), *bad, END), known)
    assert [row["action_number"] for row in parsed.rows] == [1, 99]
    assert sorted(each.reason.partition(":")[0] for each in parsed.rejected) == [
        "clock",
        "period",
        "shotDistance",
        "teamTricode",
    ]
    assert shots.parse(body(action(1), *bad, END), known).rejected == ()


def test_an_action_that_was_corrected_is_the_last_one(body: Any, known_here: Any) -> None:
    known = known_here(Slate((KNICKS_SIXERS,)))
    (row, _) = plays.parse(body(action(1), action(1, shotResult="Missed"), END), known).rows
    assert row["shot_result"] == "Missed"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"<Error><Code>AccessDenied</Code></Error>", "not JSON"),
        (b"{}", "game"),
        (b'{"game": {"gameId": "0022400500", "actions": []}}', "asked for 0022400561, got 0022400500"),
    ],
)
def test_another_body_is_refused_by_name(raw: bytes, what: str) -> None:
    with pytest.raises(BodyError, match=what):
        read_play_by_play(raw, "0022400561")


def test_a_date_waits_for_every_game() -> None:
    day = KNICKS_SIXERS.game_date
    waiting = judge(Day(day, [KNICKS_SIXERS], True, {}))
    assert waiting.state is None
    assert waiting.reason == "no finished play-by-play yet of 20250115_NYK_PHI"
    assert judge(Day(day, [KNICKS_SIXERS], True, {"20250115_NYK_PHI": 506})).state is State.COMPLETE
