"""Bodies become rows: real payloads where they are at hand, hand-made ones for what they lack."""

import copy
import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.box_scores import season_year_of
from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_player_boxscores import parse as boxes
from data_processors.raw.nba_schedule import parse as schedule
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.odds_player_props import parse as props
from scrapers.bodies import BodyError
from shared.identity.resolver import Player, Resolver
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import as_arrow

NOON = datetime(2024, 12, 3, 17, tzinfo=UTC)
EVENT = "f9f3f99b5124a4ecf984003f0af23d2e"


@dataclass
class KnownHere:
    """What parsing may look up, given by the test."""

    slate: Slate = field(default_factory=Slate)
    resolver: Resolver = field(default_factory=lambda: Resolver([]))


def landed(body: Any, day: date = date(2024, 12, 3), **more: Any) -> LandedBody:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    values: dict[str, Any] = {
        "kind": "kind",
        "request_key": "key",
        "game_date": day,
        "nba_game_id": None,
        "event_id": None,
        "http_status": 200,
        "generation": NOON,
        "fetched_at": NOON,
        "served_at": NOON,
        "invalid_reason": None,
        "body": raw,
    }
    return LandedBody(**(values | more))


def fits(table: str, rows: Any) -> None:
    """Every row has exactly the table's own columns, with values of their types."""
    spec = spec_of(table)
    own = set(spec.column_names()) - {"generation", "run_id", "written_at"}
    assert all(set(row) == own for row in rows)
    as_arrow(spec.arrow_schema(), rows)


# --- schedule


@pytest.fixture(scope="session")
def real_schedule(real_data: Path) -> list[dict[str, Any]]:
    folder = real_data / "payloads/captures/tests_samples/nbac_schedule_api"
    raw = gzip.decompress((folder / "raw_80cb1fd6.json.gz").read_bytes())
    return list(schedule.parse(landed(raw), KnownHere()).rows)


def test_the_real_season_has_the_games_that_count(real_schedule: list[dict[str, Any]]) -> None:
    fits("nba_schedule", real_schedule)
    kinds = Counter(row["season_type"] for row in real_schedule)
    assert kinds == {"regular": 1230, "playoffs": 84, "play_in": 6, "cup": 1}
    assert len({row["game_id"] for row in real_schedule}) == 1321
    assert {row["season_year"] for row in real_schedule} == {2024}


def test_a_real_game_is_told_rightly(real_schedule: list[dict[str, Any]]) -> None:
    (game,) = [row for row in real_schedule if row["nba_game_id"] == "0022400188"]
    assert game == {
        "game_id": "20241108_GSW_CLE",
        "nba_game_id": "0022400188",
        "game_date": date(2024, 11, 8),
        "season_year": 2024,
        "season_type": "regular",
        "tip_at": datetime(2024, 11, 9, 0, 30, tzinfo=UTC),
        "tip_assumed": False,
        "home_team": "CLE",
        "away_team": "GSW",
        "status": "FINAL",
        "home_points": 136,
        "away_points": 117,
        "neutral_site": False,
    }


def scheduled(**changes: Any) -> dict[str, Any]:
    return {
        "gameId": "0022400056",
        "gameStatus": 1,
        "gameStatusText": "7:30 pm ET",
        "gameDateEst": "2024-12-03T00:00:00Z",
        "gameDateTimeUTC": "2024-12-04T00:30:00Z",
        "postponedStatus": "N",
        "homeTeam": {"teamTricode": "DAL", "score": 0},
        "awayTeam": {"teamTricode": "MEM", "score": 0},
    } | changes


def season(*games: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"leagueSchedule": {"seasonYear": "2024-25", "gameDates": [{"games": list(games)}]}}
    return list(schedule.parse(landed(body), KnownHere()).rows)


def test_a_game_to_come_has_no_score() -> None:
    (game,) = season(scheduled())
    assert (game["status"], game["home_points"], game["away_points"]) == ("SCHEDULED", None, None)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"gameStatus": 2}, "LIVE"),
        ({"gameStatus": 3, "gameStatusText": "Final/OT"}, "FINAL"),
        ({"gameStatusText": "PPD"}, "POSTPONED"),
        ({"postponedStatus": "Y"}, "POSTPONED"),
        ({"postponedStatus": "A"}, "SCHEDULED"),
    ],
)
def test_a_games_status(changes: dict[str, Any], status: str) -> None:
    (game,) = season(scheduled(**changes))
    assert game["status"] == status


def test_a_time_not_set_is_assumed_and_says_so() -> None:
    (game,) = season(scheduled(gameDateTimeUTC="2024-12-03T05:00:00Z", gameStatusText="TBD"))
    assert (game["tip_at"], game["tip_assumed"]) == (datetime(2024, 12, 4, tzinfo=UTC), True)


def test_an_archives_assumed_time_stays_marked() -> None:
    (game,) = season(scheduled(assumedTime=True))
    assert (game["tip_at"], game["tip_assumed"]) == (datetime(2024, 12, 4, 0, 30, tzinfo=UTC), True)


@pytest.mark.parametrize(
    "changes",
    [
        {"gameId": "0012400056"},
        {"gameId": "0032400001"},
        {"homeTeam": {"teamTricode": "RMD"}},
        {"homeTeam": {"teamTricode": None}},
        {"homeTeam": {"teamTricode": "MEM"}},
    ],
)
def test_games_that_do_not_count_are_left_out(changes: dict[str, Any]) -> None:
    assert season(scheduled(**changes)) == []


@pytest.mark.parametrize("first_postponed", [True, False])
def test_a_game_listed_twice_is_the_one_that_is_played(first_postponed: bool) -> None:
    postponed, played = scheduled(gameStatusText="PPD"), scheduled(gameId="0022409999")
    (game,) = season(*((postponed, played) if first_postponed else (played, postponed)))
    assert game["nba_game_id"] == "0022409999"


# --- box scores


def line(minutes: str, points: int = 0, **more: int) -> dict[str, Any]:
    twos, free = divmod(points, 2)
    names = ("threePointersMade", "threePointersAttempted", "reboundsOffensive", "reboundsDefensive")
    names += ("assists", "steals", "blocks", "turnovers", "foulsPersonal")
    return dict.fromkeys(names, 0) | {
        "minutes": minutes,
        "points": points,
        "fieldGoalsMade": twos,
        "fieldGoalsAttempted": twos,
        "freeThrowsMade": free,
        "freeThrowsAttempted": free,
        "plusMinusPoints": 4.0,
        **more,
    }


def team(tricode: str, first_id: int, points: int, minutes: str = "240:00") -> dict[str, Any]:
    players = [
        {
            "personId": first_id + n,
            "firstName": "Player",
            "familyName": f"{tricode} {n}",
            "position": "G" if n == 0 else "",
            "comment": "",
            "statistics": line("48:00", points if n == 0 else 0),
        }
        for n in range(5)
    ]
    bench = {"personId": first_id + 9, "firstName": "Nenê", "familyName": "", "position": "", "comment": ""}
    players.append({**bench, "comment": "DND - Injury/Illness", "statistics": line("")})
    return {"teamTricode": tricode, "players": players, "statistics": line(minutes, points)}


@pytest.fixture
def box() -> dict[str, Any]:
    return {"gameId": "0022400056", "homeTeam": team("DAL", 10, 101), "awayTeam": team("MEM", 20, 99)}


def read(box: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"boxScoreTraditional": box}
    return list(boxes.parse(landed(body, nba_game_id="0022400056"), KnownHere()).rows)


def test_a_real_box_score_adds_up(real_data: Path) -> None:
    raw = (real_data / "payloads/nba_stats/boxscoretraditionalv3.json").read_bytes()
    rows = boxes.parse(landed(raw, date(2025, 11, 4), nba_game_id="0022500165"), KnownHere()).rows
    fits("nba_player_boxscores", rows)
    points = Counter[str]()
    for row in rows:
        points[row["team_abbr"]] += row["points"]
    assert points == {"TOR": 128, "MIL": 100}
    assert {row["game_id"] for row in rows} == {"20251104_MIL_TOR"}
    assert {row["season_year"] for row in rows} == {2025}
    (trent,) = [row for row in rows if row["player_lookup"] == "garytrentjr"]
    assert (trent["seconds_played"], trent["points"], trent["is_home"]) == (21 * 60 + 26, 6, False)


def test_a_players_line_is_told_rightly(box: dict[str, Any]) -> None:
    rows = read(box)
    fits("nba_player_boxscores", rows)
    star = next(row for row in rows if row["player_id"] == 10)
    assert star == {
        "game_id": "20241203_MEM_DAL",
        "nba_game_id": "0022400056",
        "game_date": date(2024, 12, 3),
        "season_year": 2024,
        "season_type": "regular",
        "team_abbr": "DAL",
        "opponent_team_abbr": "MEM",
        "is_home": True,
        "player_id": 10,
        "player_lookup": "playerdal0",
        "player_name": "Player DAL 0",
        "status": "PLAYED",
        "comment": None,
        "is_starter": True,
        "position": "G",
        "seconds_played": 2880,
        "points": 101,
        "fg_makes": 50,
        "fg_attempts": 50,
        "three_pt_makes": 0,
        "three_pt_attempts": 0,
        "ft_makes": 1,
        "ft_attempts": 1,
        "offensive_rebounds": 0,
        "defensive_rebounds": 0,
        "assists": 0,
        "steals": 0,
        "blocks": 0,
        "turnovers": 0,
        "personal_fouls": 0,
        "plus_minus": 4,
    }


@pytest.mark.parametrize(
    ("minutes", "comment", "status"),
    [
        ("12:00", "", "PLAYED"),
        ("0:01", "DNP - Coach's Decision", "PLAYED"),
        ("", "DNP - Coach's Decision", "DNP"),
        ("", "DND-Rest", "DND"),
        ("", "NWT_Trade", "NWT"),
        ("", "", "DNP"),
        (None, None, "DNP"),
        ("0:00", "", "DNP"),
    ],
)
def test_who_played(box: dict[str, Any], minutes: str | None, comment: str | None, status: str) -> None:
    box["homeTeam"]["players"][-1] |= {"comment": comment}
    box["homeTeam"]["players"][-1]["statistics"] |= {"minutes": minutes}
    bench = next(row for row in read(box) if row["player_id"] == 19)
    assert (bench["status"], bench["player_lookup"]) == (status, "nene")


@pytest.mark.parametrize("minutes", ["120:00", "239:59", "239:00", "252:30"])
def test_a_game_in_progress_has_no_rows(box: dict[str, Any], minutes: str) -> None:
    box["homeTeam"]["statistics"]["minutes"] = minutes
    assert read(box) == []


def test_a_game_before_its_tip_has_no_rows(box: dict[str, Any]) -> None:
    for side in ("homeTeam", "awayTeam"):
        box[side] |= {"players": [], "statistics": None}
    assert read(box) == []


def test_a_game_that_goes_to_overtime_is_not_over(box: dict[str, Any]) -> None:
    box["homeTeam"], box["awayTeam"] = team("DAL", 10, 99), team("MEM", 20, 99)
    assert read(box) == []


def test_a_game_after_overtime_is(box: dict[str, Any]) -> None:
    box["homeTeam"]["statistics"]["minutes"] = "265:00"
    assert len(read(box)) == 12


def test_points_must_add_up(box: dict[str, Any]) -> None:
    box["homeTeam"]["players"][1]["statistics"] |= {"points": 3}
    with pytest.raises(BodyError, match="DAL: players' points add up to 104, not to 101"):
        read(box)


def test_five_must_have_played(box: dict[str, Any]) -> None:
    del box["awayTeam"]["players"][4]
    with pytest.raises(BodyError, match="MEM: only 4 players played"):
        read(box)


def test_minutes_have_one_form(box: dict[str, Any]) -> None:
    box["homeTeam"]["players"][0]["statistics"]["minutes"] = "PT48M00.00S"
    with pytest.raises(BodyError, match="minutes"):
        read(box)


def test_an_all_star_team_is_no_team(box: dict[str, Any]) -> None:
    box["homeTeam"]["teamTricode"] = "TMC"
    with pytest.raises(BodyError, match="TMC"):
        read(box)


@pytest.mark.parametrize(("game", "year"), [("0022400056", 2024), ("0029900001", 1999), ("0042000407", 2020)])
def test_an_id_tells_the_season(game: str, year: int) -> None:
    assert season_year_of(game) == year


# --- props

BARNES = Player(1630567, "scottiebarnes", "Scottie Barnes", "TOR")
CLAXTON = Player(1629651, "nicolasclaxton", "Nicolas Claxton", "BKN")
GAME = Game(
    "20240222_BKN_TOR",
    "0022300801",
    date(2024, 2, 22),
    datetime(2024, 2, 23, tzinfo=UTC),
    "TOR",
    "BKN",
    "LIVE",
)
KNOWN = KnownHere(
    Slate((GAME,), ((date(2023, 8, 1), date(2024, 4, 14)),)),
    Resolver([BARNES, CLAXTON], {"nicclaxton": CLAXTON.player_id}),
)
BEFORE = "2024-02-23T00:06:54Z"


def outcome(name: str, player: str, price: int, point: float) -> dict[str, Any]:
    return {"name": name, "description": player, "price": price, "point": point}


def market(*outcomes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": "player_points", "last_update": BEFORE, "outcomes": list(outcomes)} | more


def event(*markets: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": EVENT,
        "commence_time": "2024-02-23T00:10:00Z",
        "home_team": "Toronto Raptors",
        "away_team": "Brooklyn Nets",
        "bookmakers": [{"key": "draftkings", "markets": list(markets)}],
    } | more


def parsed(body: Any, known: KnownHere = KNOWN) -> Any:
    return props.parse(landed(body, date(2024, 2, 22), kind="odds", event_id=EVENT), known)


def test_real_boards_become_lines(real_data: Path) -> None:
    path = real_data / "payloads/odds_api/event_odds_2024-02-23_mockBrooklynVsToronto.json"
    rows = parsed(path.read_bytes()).rows
    fits("odds_player_props", rows)
    assert len({row["bookmaker"] for row in rows}) > 3
    (simmons,) = [
        row for row in rows if (row["bookmaker"], row["player_name"]) == ("draftkings", "Ben Simmons")
    ]
    assert (simmons["line"], simmons["over_price"], simmons["under_price"]) == (7.5, 110, -140)
    assert simmons["snapshot_at"] == datetime(2024, 2, 23, 0, 6, 54, tzinfo=UTC)
    assert all(row["snapshot_at"] < row["commence_at"] for row in rows)


def test_over_and_under_of_a_number_are_one_line() -> None:
    over, under = (
        outcome("Over", "Scottie Barnes", -115, 19.5),
        outcome("Under", "Scottie Barnes", -105, 19.5),
    )
    (row,) = parsed(event(market(over, under))).rows
    assert (row["line"], row["over_price"], row["under_price"]) == (19.5, -115, -105)
    assert (row["player_id"], row["player_lookup"]) == (BARNES.player_id, "scottiebarnes")


def test_alternate_numbers_are_lines_of_their_own_and_a_missing_side_is_null() -> None:
    rows = parsed(
        event(
            market(
                outcome("Over", "Scottie Barnes", 100, 20.5), outcome("Under", "Scottie Barnes", -200, 24.5)
            )
        )
    ).rows
    assert [(row["line"], row["over_price"], row["under_price"]) for row in rows] == [
        (20.5, 100, None),
        (24.5, None, -200),
    ]


def test_a_line_offered_after_the_start_is_no_pregame_line() -> None:
    late = market(outcome("Over", "Scottie Barnes", 100, 20.5), last_update="2024-02-23T00:10:00Z")
    assert parsed(event(late)).rows == []


def test_other_markets_and_teams_totals_are_left_out() -> None:
    totals = market({"name": "Over", "price": -110, "point": 220.5})
    assert parsed(event(totals, market(outcome("Over", "x", 100, 1.5), key="player_assists"))).rows == []


def test_an_archives_assumed_time_is_marked() -> None:
    (row,) = parsed(event(market(outcome("Over", "Scottie Barnes", 100, 20.5), assumed_time=True))).rows
    assert row["snapshot_assumed"] is True


def test_a_books_time_stands_in_for_the_markets() -> None:
    body = event(market(outcome("Over", "Scottie Barnes", 100, 20.5), last_update=None))
    body["bookmakers"][0]["last_update"] = "2024-02-22T20:00:00Z"
    (row,) = parsed(body).rows
    assert row["snapshot_at"] == datetime(2024, 2, 22, 20, tzinfo=UTC)


def test_a_name_of_nobody_keeps_its_line_and_is_reported() -> None:
    result = parsed(event(market(outcome("Over", "Nick Nobody", 100, 4.5))))
    (row,) = result.rows
    assert (row["player_id"], row["player_lookup"], row["player_name"]) == (None, "nicknobody", "Nick Nobody")
    assert [tuple(name) for name in result.unresolved] == [
        (date(2024, 2, 22), "Nick Nobody", "20240222_BKN_TOR")
    ]


def test_two_spellings_of_one_player_are_one_line() -> None:
    spellings = market(outcome("Over", "Nic Claxton", 100, 9.5), outcome("Over", "Nicolas Claxton", 100, 9.5))
    (row,) = parsed(event(spellings)).rows
    assert row["player_id"] == CLAXTON.player_id


@pytest.mark.parametrize(
    "changes",
    [
        {"home_team": "Team LeBron"},
        {"home_team": "Brooklyn Nets", "away_team": "Toronto Raptors"},
        {"commence_time": "2024-02-24T00:10:00Z"},
    ],
)
def test_an_event_of_no_scheduled_game_is_reported_and_not_stored(changes: dict[str, Any]) -> None:
    result = parsed(event(market(outcome("Over", "Scottie Barnes", 100, 20.5)), **changes))
    assert result.rows == ()
    assert "in the schedule" in result.unmatched[0]


def test_without_a_schedule_nothing_is_judged_unmatched() -> None:
    result = parsed(event(market(outcome("Over", "Scottie Barnes", 100, 20.5))), KnownHere())
    assert (result.rows, result.unmatched) == ((), ())


def test_parsing_does_not_depend_on_the_order_of_outcomes() -> None:
    outcomes = [outcome(n, p, 100, 9.5) for n in ("Over", "Under") for p in ("Scottie Barnes", "Nic Claxton")]
    forward, backward = event(market(*outcomes)), copy.deepcopy(event(market(*reversed(outcomes))))

    def key(row: dict[str, Any]) -> str:
        return str(row["player_lookup"])

    assert sorted(parsed(forward).rows, key=key) == sorted(parsed(backward).rows, key=key)
