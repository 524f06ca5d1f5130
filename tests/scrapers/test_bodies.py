"""Upstream bodies: the real ones pass, everything else is refused with a reason."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.upstream.faults import BLOCK_PAGE, BROKEN_JSON, OTHER_JSON
from scrapers.bodies import BodyError, Rows, Upstream, check_body, kept, rejected
from scrapers.nba_stats.bodies import read_box_score, read_schedule
from scrapers.odds_api.bodies import read_event_odds, read_events

EVENT = "f9f3f99b5124a4ecf984003f0af23d2e"
BAD = [
    BROKEN_JSON,
    OTHER_JSON,
    BLOCK_PAGE.encode(),
    b"",
    b"null",
    b"[]",
    b'"text"',
    b'{"message": "Unknown"}',
]


@pytest.fixture(scope="session")
def payloads(real_data: Path) -> Path:
    return real_data / "payloads"


def test_the_real_schedule_is_valid(payloads: Path) -> None:
    folder = payloads / "captures/tests_samples/nbac_schedule_api"
    body = read_schedule(gzip.decompress((folder / "raw_80cb1fd6.json.gz").read_bytes()))
    assert len(body.league_schedule.game_dates) == 231


def test_the_static_schedule_of_nba_com_is_valid(payloads: Path) -> None:
    body = read_schedule((payloads / "nba_live/schedule_nba_2023.json").read_bytes())
    assert body.league_schedule.season_year == "2023-24"


def test_the_real_box_score_is_valid(payloads: Path) -> None:
    raw = (payloads / "nba_stats/boxscoretraditionalv3.json").read_bytes()
    box = read_box_score(raw, "0022500165").box_score_traditional
    assert (box.home_team.team_tricode, len(box.home_team.players)) == ("TOR", 14)


def test_a_box_score_of_another_game_is_refused(payloads: Path) -> None:
    raw = (payloads / "nba_stats/boxscoretraditionalv3.json").read_bytes()
    with pytest.raises(BodyError, match="asked for 0022500166, got 0022500165"):
        read_box_score(raw, "0022500166")


def test_the_real_boards_are_valid(payloads: Path) -> None:
    raw = (payloads / "odds_api/event_odds_2024-02-23_mockBrooklynVsToronto.json").read_bytes()
    assert len(read_event_odds(raw, EVENT).bookmakers) == 10


def test_real_historical_events_are_valid(payloads: Path) -> None:
    folder = payloads / "captures/tests_samples/oddsa_events_his"
    listed = read_events((folder / "raw_aaf97612.json").read_bytes())
    assert len(kept(listed.data)) == 16
    assert listed.timestamp == datetime(2025, 3, 9, 23, 55, 38, tzinfo=UTC)


def test_a_historical_list_says_when_it_was_one() -> None:
    with pytest.raises(BodyError, match="timestamp"):
        read_events(b'{"data": []}')


def test_real_decimal_prices_are_read_as_they_were_sent(payloads: Path) -> None:
    folder = payloads / "captures/tests_samples/odds_api_historical_game_lines"
    raw = (folder / "raw_9221b91f.json").read_bytes()
    books = kept(read_event_odds(raw, "cd0bc7d0c238f4446ce1c03d0cea7ec4").bookmakers)
    sides = {b.key: [(o.name, o.price) for o in kept(kept(b.markets)[0].outcomes)] for b in books}
    assert sides == {
        "draftkings": [("Atlanta Hawks", 3.3), ("Golden State Warriors", 1.32)],
        "fanduel": [("Atlanta Hawks", 3.8), ("Golden State Warriors", 1.26)],
    }


def test_a_schedule_of_another_season_is_refused(payloads: Path) -> None:
    raw = (payloads / "nba_live/schedule_nba_2023.json").read_bytes()
    with pytest.raises(BodyError, match="asked for 2024-25, got 2023-24"):
        read_schedule(raw, "2024-25")


def test_a_wrapped_board_reads_like_a_live_one() -> None:
    event: dict[str, Any] = {
        "id": EVENT,
        "commence_time": "2024-02-23T00:10:00Z",
        "home_team": "Toronto Raptors",
        "away_team": "Brooklyn Nets",
        "bookmakers": [],
    }
    wrapped = {"timestamp": "2024-02-22T23:10:00Z", "previous_timestamp": None, "data": event}
    live = read_event_odds(json.dumps(event).encode(), EVENT)
    historical = read_event_odds(json.dumps(wrapped).encode(), EVENT)
    assert historical.taken_at == datetime(2024, 2, 22, 23, 10, tzinfo=UTC)
    assert historical.model_copy(update={"taken_at": None}) == live


def test_events_may_be_none() -> None:
    assert read_events(b"[]").data == []
    assert read_events(b"").data == []


@pytest.mark.parametrize("raw", BAD)
def test_no_schedule(raw: bytes) -> None:
    with pytest.raises(BodyError):
        read_schedule(raw)


@pytest.mark.parametrize("raw", BAD)
def test_no_box_score(raw: bytes) -> None:
    with pytest.raises(BodyError):
        read_box_score(raw, "0022500165")


@pytest.mark.parametrize("raw", BAD)
def test_no_boards(raw: bytes) -> None:
    with pytest.raises(BodyError):
        read_event_odds(raw, EVENT)


@pytest.mark.parametrize("raw", [raw for raw in BAD if raw not in (b"", b"[]")])
def test_no_events(raw: bytes) -> None:
    with pytest.raises(BodyError):
        read_events(raw)


def test_a_season_without_a_date_is_refused() -> None:
    empty = {"leagueSchedule": {"seasonYear": "2026-27", "gameDates": []}}
    with pytest.raises(BodyError, match="gameDates"):
        read_schedule(json.dumps(empty).encode())


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_body_nested_too_deeply_is_refused(raw: bytes) -> None:
    with pytest.raises(BodyError, match="nested too deeply"):
        read_schedule(raw)


def board(**outcome: Any) -> bytes:
    side = {"name": "Over", "description": "Steady Star", "price": -110, "point": 20.5, **outcome}
    market = {"key": "player_points", "outcomes": [side]}
    event = {
        "id": EVENT,
        "commence_time": outcome.get("commence_time", "2024-02-23T00:10:00Z"),
        "home_team": "Toronto Raptors",
        "away_team": "Brooklyn Nets",
        "bookmakers": [{"key": "draftkings", "markets": [market]}],
    }
    return json.dumps(event).encode()


def test_an_event_without_a_real_time_is_refused() -> None:
    with pytest.raises(BodyError, match="commence_time"):
        read_event_odds(board(commence_time="0001-01-01T00:00:00Z"), EVENT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 10**30),
        ("price", -1_000_001),
        ("price", float("nan")),
        ("price", 100.5),
        ("price", 1.0),
        ("price", 0),
        ("price", -99),
        ("point", float("inf")),
        ("point", float("nan")),
        ("point", -1000.5),
        ("point", 1e12),
    ],
)
def test_a_silly_number_on_a_board_rejects_its_side_by_its_field(field: str, value: Any) -> None:
    odds = read_event_odds(board(**{field: value}), EVENT)
    (market,) = kept(kept(odds.bookmakers)[0].markets)
    assert kept(market.outcomes) == []
    assert [bad.reason.partition(":")[0] for bad in rejected(market.outcomes)] == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("points", 10**30),
        ("points", -1),
        ("assists", 1001),
        ("plusMinusPoints", float("inf")),
        ("plusMinusPoints", float("nan")),
        ("personId", 2**63),
    ],
)
def test_a_silly_number_in_a_box_score_rejects_its_player_by_its_field(
    payloads: Path, field: str, value: Any
) -> None:
    box = json.loads((payloads / "nba_stats/boxscoretraditionalv3.json").read_bytes())
    player = box["boxScoreTraditional"]["homeTeam"]["players"][0]
    (player if field == "personId" else player["statistics"])[field] = value
    home = read_box_score(json.dumps(box).encode(), "0022500165").box_score_traditional.home_team
    (bad,) = rejected(home.players)
    assert field in bad.reason
    assert len(kept(home.players)) == 13


class Thing(Upstream):
    size: int


class Things(Upstream):
    things: Rows[Thing]


@pytest.mark.parametrize(
    ("sizes", "good", "bad"), [([], 0, 0), ([1, 2], 2, 0), ([1, "x"], 1, 1), ([None, "x", 3], 1, 2)]
)
def test_a_body_stands_as_long_as_one_of_its_rows_does(sizes: list[Any], good: int, bad: int) -> None:
    body = check_body(Things, {"things": [{"size": size} for size in sizes]})
    assert (len(kept(body.things)), len(rejected(body.things))) == (good, bad)


def test_a_body_of_which_no_row_can_be_read_is_refused_with_the_first_reason() -> None:
    with pytest.raises(BodyError, match=r"things: .*none of 2 rows can be read, the first: size"):
        check_body(Things, {"things": [{"size": "x"}, {}]})
