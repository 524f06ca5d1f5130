"""Events, game lines and props of one source: real bodies to the letter, and what is left out."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.odds_events import parse as events
from data_processors.raw.odds_events.completeness import judge
from data_processors.raw.odds_game_lines import parse as lines
from data_processors.raw.odds_player_props import parse as props
from data_processors.raw.table import Day
from orchestration.state import State

DAY = date(2024, 1, 24)
EVENT = "cd0bc7d0c238f4446ce1c03d0cea7ec4"
COMMENCE = datetime(2024, 1, 25, 3, 20, 30, tzinfo=UTC)
SEASONS = ((date(2023, 8, 1), date(2024, 6, 17)), (date(2024, 8, 1), date(2025, 6, 22)))
WARRIORS = Game("20240124_ATL_GSW", "0022300616", DAY, COMMENCE, "GSW", "ATL", "SCHEDULED")
SAMPLES = "payloads/captures/tests_samples"


@pytest.fixture
def known(known_here: Callable[..., Any]) -> Any:
    return known_here(Slate((WARRIORS,), SEASONS))


def board(real_data: Path, name: str, **changes: Any) -> dict[str, Any]:
    body = json.loads((real_data / SAMPLES / name).read_bytes())
    body["data"].update(changes)
    return dict(body)


def later(real_data: Path, name: str) -> dict[str, Any]:
    """The real board with a start after it, as if it had been taken in time."""
    return board(real_data, name, commence_time="2024-01-25T04:10:00Z")


def test_the_real_boards_were_taken_after_the_start_and_are_no_pregame_lines(
    real_data: Path, landed: Any, known: Any
) -> None:
    """The reference's defect: it stored these in-play lines, 35 minutes into the game, as any other."""
    body = board(real_data, "oddsa_game_lines_his/raw_b722994c.json")
    assert lines.parse(landed(body, DAY, kind="odds", event_id=EVENT), known).rows == []


def test_the_real_game_lines_to_the_letter(real_data: Path, landed: Any, known: Any, fits: Any) -> None:
    body = later(real_data, "oddsa_game_lines_his/raw_b722994c.json")
    parsed = lines.parse(landed(body, DAY, kind="odds", event_id=EVENT), known)
    fits("odds_game_lines", parsed.rows)
    assert not parsed.rejected
    sides = {
        (r["bookmaker"], r["market"], r["side"]): (r["line"], r["price"], r["price_decimal"])
        for r in parsed.rows
    }
    assert sides == {
        ("draftkings", "spreads", "away"): (6.5, -110, 1.91),
        ("draftkings", "spreads", "home"): (-6.5, -120, 1.83),
        ("draftkings", "totals", "over"): (248.5, -115, 1.87),
        ("draftkings", "totals", "under"): (248.5, -115, 1.87),
        ("fanduel", "spreads", "away"): (7.5, -114, 1.88),
        ("fanduel", "spreads", "home"): (-7.5, -114, 1.88),
        ("fanduel", "totals", "over"): (247.5, -115, 1.87),
        ("fanduel", "totals", "under"): (247.5, -114, 1.88),
    }
    assert {r["game_id"] for r in parsed.rows} == {"20240124_ATL_GSW"}
    assert parsed.rows[0]["snapshot_at"] == datetime(2024, 1, 25, 3, 55, 22, tzinfo=UTC)


def test_the_real_winners_market_has_no_line(real_data: Path, landed: Any, known: Any, fits: Any) -> None:
    body = later(real_data, "odds_api_historical_game_lines/raw_9221b91f.json")
    rows = lines.parse(landed(body, DAY, kind="odds", event_id=EVENT), known).rows
    fits("odds_game_lines", rows)
    assert [(r["bookmaker"], r["side"], r["line"], r["price"]) for r in rows] == [
        ("draftkings", "away", None, 230),
        ("draftkings", "home", None, -313),
        ("fanduel", "away", None, 280),
        ("fanduel", "home", None, -385),
    ]


def test_the_body_filed_as_player_props_has_none(real_data: Path, landed: Any, known: Any) -> None:
    """Where the reference's sample is wrong: its props request asked for spreads and totals."""
    body = later(real_data, "oddsa_player_props_his/raw_815b3ee3.json")
    assert props.parse(landed(body, DAY, kind="odds", event_id=EVENT), known).rows == []
    assert len(lines.parse(landed(body, DAY, kind="odds", event_id=EVENT), known).rows) == 8


@pytest.mark.parametrize(
    ("name", "count", "days"),
    [
        ("raw_aaf97612.json", 16, {date(2025, 3, 9): 6, date(2025, 3, 10): 10}),
        ("raw_4c3bc8f6.json", 10, {date(2024, 1, 24): 3, date(2024, 1, 25): 7}),
    ],
)
def test_real_lists_of_events(
    real_data: Path, landed: Any, known: Any, fits: Any, name: str, count: int, days: dict[date, int]
) -> None:
    raw = (real_data / SAMPLES / "oddsa_events_his" / name).read_bytes()
    parsed = events.parse(landed(raw, DAY, kind="events"), known)
    fits("odds_events", parsed.rows)
    assert len(parsed.rows) == count
    assert Counter(row["game_date"] for row in parsed.rows) == days
    assert not parsed.rejected


def test_a_listed_event_finds_its_scheduled_game(real_data: Path, landed: Any, known: Any) -> None:
    raw = (real_data / SAMPLES / "oddsa_events_his/raw_4c3bc8f6.json").read_bytes()
    found = {row["event_id"]: row for row in events.parse(landed(raw, DAY, kind="events"), known).rows}
    assert found[EVENT] == {
        "game_date": DAY,
        "event_id": EVENT,
        "game_id": "20240124_ATL_GSW",
        "nba_game_id": "0022300616",
        "home_team": "Golden State Warriors",
        "away_team": "Atlanta Hawks",
        "commence_at": found[EVENT]["commence_at"],
        "listed_at": datetime(2024, 1, 25, 3, 55, 40, tzinfo=UTC),
    }
    assert [row["game_id"] for row in found.values()].count(None) == 9


def test_each_table_takes_its_own_bodies(real_data: Path, landed: Any, known: Any) -> None:
    listing = landed(b"[]", DAY, kind="events")
    odds = landed(
        later(real_data, "oddsa_game_lines_his/raw_b722994c.json"), DAY, kind="odds", event_id=EVENT
    )
    assert events.parse(odds, known).rows == ()
    assert lines.parse(listing, known).rows == props.parse(listing, known).rows == ()


def spoiled(outcome: dict[str, Any], market: str = "spreads") -> dict[str, Any]:
    good = {"name": "Atlanta Hawks", "price": -110, "point": 6.5}
    return {
        "id": EVENT,
        "commence_time": "2024-01-25T04:10:00Z",
        "home_team": "Golden State Warriors",
        "away_team": "Atlanta Hawks",
        "bookmakers": [
            {
                "key": "fanduel",
                "markets": [
                    {"key": market, "last_update": "2024-01-25T03:00:00Z", "outcomes": [good, outcome]}
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("outcome", "field"),
    [
        ({"name": "Boston Celtics", "price": -110, "point": -6.5}, "name"),
        ({"name": "Golden State Warriors", "price": -110}, "point"),
        ({"name": "Golden State Warriors", "price": "even", "point": -6.5}, "price"),
        ({"price": -110, "point": -6.5}, "name"),
    ],
)
def test_a_bad_side_is_left_out_by_its_field_and_the_others_stand(
    landed: Any, known: Any, outcome: dict[str, Any], field: str
) -> None:
    parsed = lines.parse(landed(spoiled(outcome), DAY, kind="odds", event_id=EVENT), known)
    assert [row["side"] for row in parsed.rows] == ["away"]
    assert [bad.reason.partition(":")[0] for bad in parsed.rejected] == [field]


def test_the_side_of_a_prop_without_a_name_is_left_out(landed: Any, known: Any) -> None:
    nobody = {"name": "Over", "description": "???", "price": -110, "point": 20.5}
    body = spoiled(nobody, market="player_points")
    parsed = props.parse(landed(body, DAY, kind="odds", event_id=EVENT), known)
    assert parsed.rows == []
    assert [bad.reason.partition(":")[0] for bad in parsed.rejected] == ["description"]


def test_alternates_are_a_market_of_their_own(landed: Any, known: Any, fits: Any) -> None:
    body = spoiled({"name": "Over", "description": "Trae Young", "price": 2.1, "point": 29.5})
    main = body["bookmakers"][0]["markets"][0] | {"key": "player_points"}
    body["bookmakers"][0]["markets"] = [main, main | {"key": "player_points_alternate"}]
    rows = props.parse(landed(body, DAY, kind="odds", event_id=EVENT), known).rows
    fits("odds_player_props", rows)
    assert [(r["market"], r["line"], r["over_price"], r["over_price_decimal"]) for r in rows] == [
        ("player_points", 29.5, 110, 2.1),
        ("player_points_alternate", 29.5, 110, 2.1),
    ]
    assert {r["under_price"] for r in rows} == {r["under_price_decimal"] for r in rows} == {None}


def test_a_board_without_a_time_has_that_of_its_snapshot(landed: Any, known: Any) -> None:
    body = spoiled({"name": "Golden State Warriors", "price": -110, "point": -6.5})
    del body["bookmakers"][0]["markets"][0]["last_update"]
    wrapped = {"timestamp": "2024-01-25T02:00:00Z", "data": body}
    rows = lines.parse(landed(wrapped, DAY, kind="odds", event_id=EVENT), known).rows
    assert [row["snapshot_at"] for row in rows] == [datetime(2024, 1, 25, 2, tzinfo=UTC)] * 2


def test_a_list_that_was_read_makes_the_events_of_a_date_complete(landed: Any) -> None:
    listing = landed(b"[]", DAY, kind="events")
    assert judge(Day(DAY, [WARRIORS], True, {EVENT: 1}, bodies=[listing])).state is State.COMPLETE
    assert judge(Day(DAY, [WARRIORS], True, {}, bodies=[listing])).state is State.EMPTY_OK
    assert judge(Day(DAY, [WARRIORS], True, {})).state is None
    assert judge(Day(DAY, [], True, {})).state is State.EMPTY_OK
    assert judge(Day(DAY, [], False, {})).state is None
