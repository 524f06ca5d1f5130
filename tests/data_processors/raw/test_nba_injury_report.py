"""Injury report -> nba_injury_report: whom it is about, in which game, and who has not reported."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_processors.raw.nba_injury_report.completeness import judge
from data_processors.raw.nba_injury_report.parse import parse
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.table import Day, Unresolved
from deploy.local.upstream.injury_pdf import render
from deploy.local.upstream.injury_report import ReportRow
from orchestration.state import State
from scrapers.bodies import BodyError
from shared.clock import EASTERN
from shared.identity.resolver import Player, Resolver

DAY = date(2025, 1, 10)
TIP = datetime(2025, 1, 11, 0, 30, tzinfo=UTC)
MATCHUPS = ("GSW@IND", "NOP@PHI", "OKC@NYK", "SAC@BOS", "WAS@CHI", "MIL@ORL", "BKN@DEN")
GAMES = tuple(
    Game(f"20250110_{m[:3]}_{m[4:]}", f"002240000{n}", DAY, TIP, m[4:], m[:3], "SCHEDULED")
    for n, m in enumerate(MATCHUPS)
)
SEASON = ((date(2024, 8, 1), date(2025, 4, 13)),)
CURRY = Player(201939, "stephencurry", "Stephen Curry", "GSW")


@pytest.fixture
def known(known_here: Any) -> Any:
    return known_here(Slate(GAMES, SEASON), Resolver([CURRY]))


def drawn(player: str, status: str = "Out", reason: str = "Rest", **more: str) -> ReportRow:
    values = {"game_date": "01/10/2025", "game_time": "07:00 (ET)", "matchup": "GSW@IND"}
    values |= {"team": "Golden State Warriors", "player": player, "status": status, "reason": reason}
    return ReportRow(**(values | more))


def body(*rows: ReportRow, hour: int = 17) -> bytes:
    return render(datetime(2025, 1, 10, hour, 30, tzinfo=EASTERN), rows)


def test_a_real_report_becomes_the_rows_of_its_date(
    real_data: Path, landed: Any, known: Any, fits: Any
) -> None:
    raw = (real_data / "payloads/injuries/Injury-Report_2025-01-10_05PM.pdf").read_bytes()
    parsed = parse(landed(raw, DAY), known)
    fits("nba_injury_report", parsed.rows)
    assert not parsed.rejected
    games = Counter(row["game_id"] for row in parsed.rows)
    lost = {text.split()[2] for text in parsed.unmatched}
    assert games["20250110_GSW_IND"] > 5
    assert lost.isdisjoint(MATCHUPS)
    (curry,) = [row for row in parsed.rows if row["player_lookup"] == "stephencurry"]
    assert curry == {
        "game_date": DAY,
        "game_id": "20250110_GSW_IND",
        "team_abbr": "GSW",
        "subject": "stephencurry",
        "submitted": True,
        "player_id": 201939,
        "player_lookup": "stephencurry",
        "player_name": "Stephen Curry",
        "status": "Out",
        "reason": "Injury/Illness - Bilateral Knee; Injury Management",
        "report_at": datetime(2025, 1, 10, 22, 30, tzinfo=UTC),
        "availability_assumed": False,
    }
    assert "Gary Payton II" in {name.player_name for name in parsed.unresolved}


def test_a_team_that_has_not_reported_is_a_row_of_its_own(landed: Any, known: Any, fits: Any) -> None:
    silent = drawn("", "", "NOT YET SUBMITTED", team="Indiana Pacers")
    parsed = parse(landed(body(drawn("Curry, Stephen"), silent), DAY), known)
    fits("nba_injury_report", parsed.rows)
    assert [(r["subject"], r["submitted"], r["status"], r["player_lookup"]) for r in parsed.rows] == [
        ("stephencurry", True, "Out", "stephencurry"),
        ("IND", False, None, None),
    ]


def test_games_of_the_day_after_belong_to_its_own_run(landed: Any, known: Any) -> None:
    tomorrow = drawn("Doncic, Luka", game_date="01/11/2025", matchup="DAL@LAL", team="Dallas Mavericks")
    parsed = parse(landed(body(drawn("Curry, Stephen"), tomorrow), DAY), known)
    assert [row["subject"] for row in parsed.rows] == ["stephencurry"]
    assert not parsed.unmatched


def test_a_game_of_no_schedule_is_told_once_and_not_stored(landed: Any, known: Any) -> None:
    strangers = [drawn(name, matchup="DAL@LAL", team="Dallas Mavericks") for name in ("A, One", "B, Two")]
    parsed = parse(landed(body(*strangers), DAY), known)
    assert list(parsed.rows) == []
    assert parsed.unmatched == ["no game DAL@LAL on 2025-01-10 in the schedule"]


def test_names_of_nobody_keep_their_spelling_and_are_listed(landed: Any, known: Any) -> None:
    parsed = parse(landed(body(drawn("Jackson-Davis, Trayce")), DAY), known)
    assert [(r["player_id"], r["player_lookup"]) for r in parsed.rows] == [(None, "traycejacksondavis")]
    assert parsed.unresolved == [Unresolved(DAY, "Trayce Jackson-Davis", "20250110_GSW_IND")]


def test_without_a_schedule_nothing_is_judged(landed: Any, known_here: Any) -> None:
    assert parse(landed(body(drawn("Curry, Stephen")), DAY), known_here()).rows == ()
    with pytest.raises(BodyError):
        parse(landed(b"<html>", DAY), known_here())


def test_a_date_is_complete_with_a_report_even_one_that_lists_nobody(landed: Any) -> None:
    report, absent = landed(body(), DAY), landed(b"<Error/>", DAY, http_status=403)
    assert judge(Day(DAY, GAMES, True, {}, bodies=[report])).state is State.COMPLETE
    assert judge(Day(DAY, GAMES, True, {}, bodies=[absent])).state is None
    assert judge(Day(DAY, [], True, {})).state is State.EMPTY_OK
    assert judge(Day(DAY, GAMES, False, {}, bodies=[report])).state is None


def test_every_report_of_a_day_is_kept_with_its_time(chain: Any) -> None:
    day = "2024-10-23"
    chain.run("schedule", day)
    chain.run("player_index", day)
    for moment in ("2024-10-23T18:00:00Z", "2024-10-23T22:00:00Z"):
        assert chain.run("injury_report", day, as_of=moment)["outcome"] == "DONE"
    rows = chain.rows("nba_injury_report")
    assert {row["report_at"] for row in rows} == {
        datetime(2024, 10, 23, 17, 30, tzinfo=UTC),
        datetime(2024, 10, 23, 21, 30, tzinfo=UTC),
    }
    assert chain.state(day, "nba_injury_report").state is State.COMPLETE
    assert any(row["player_id"] for row in rows)
