"""Injury reports: the league's real files of four seasons to the letter, drawn ones, and broken ones."""

import csv
import json
import random
import re
from collections import Counter
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from deploy.local.upstream.injury_pdf import render
from deploy.local.upstream.injury_report import ReportRow as Drawn
from scrapers.bodies import BodyError, kept, rejected
from scrapers.nba_injury.report import ReportRow, read_report
from shared.clock import EASTERN
from shared.identity.teams import TEAMS

INJURIES = "payloads/injuries/Injury-Report_"
CAPTURE = "payloads/captures/tests_samples/nbac_injury_report"
FULL_NAMES = {team.tricode: team.full_name.replace(" ", "") for team in TEAMS} | {"LAC": "LAClippers"}
# fmt: off
REAL = {
    "2019-11-01_08PM": (
        datetime(2019, 11, 2, 0, 30, tzinfo=UTC), 116,
        {"Out": 96, "Available": 7, "Questionable": 5, "Probable": 2, "Doubtful": 1, None: 5},
        {date(2019, 11, 1): 64, date(2019, 11, 2): 52}, ["BKN", "DET", "ORL", "MIL", "GSW"],
    ),
    "2021-04-01_08PM": (
        datetime(2021, 4, 2, 0, 30, tzinfo=UTC), 110,
        {"Out": 80, "Questionable": 15, "Available": 10, None: 5},
        {date(2021, 4, 1): 57, date(2021, 4, 2): 53}, ["GSW", "CHA", "ATL", "NOP", "UTA"],
    ),
    "2021-04-23_08PM": (
        datetime(2021, 4, 24, 0, 30, tzinfo=UTC), 112,
        {"Out": 74, "Questionable": 14, "Available": 12, "Probable": 8, "Doubtful": 1, None: 3},
        {date(2021, 4, 23): 64, date(2021, 4, 24): 48}, ["MIA", "DEN", "HOU"],
    ),
    "2025-01-10_05PM": (
        datetime(2025, 1, 10, 22, 30, tzinfo=UTC), 122,
        {"Out": 82, "Questionable": 17, "Probable": 6, "Available": 4, "Doubtful": 3, None: 10},
        {date(2025, 1, 10): 86, date(2025, 1, 11): 36},
        ["UTA", "PHX", "MEM", "MIN", "MIA", "POR", "CHA", "LAC", "SAS", "LAL"],
    ),
}
# fmt: on


def real_rows(real_data: Path, name: str) -> list[ReportRow]:
    report = read_report((real_data / f"{INJURIES}{name}.pdf").read_bytes())
    assert rejected(report.rows) == []
    return kept(report.rows)


@pytest.mark.parametrize("name", REAL)
def test_a_real_report_to_the_letter(real_data: Path, name: str) -> None:
    report_at, count, statuses, days, silent = REAL[name]
    report = read_report((real_data / f"{INJURIES}{name}.pdf").read_bytes())
    rows = kept(report.rows)
    assert (report.report_at, len(rows), rejected(report.rows)) == (report_at, count, [])
    assert Counter(row.status for row in rows) == statuses
    assert Counter(row.game_date for row in rows) == days
    assert [row.team for row in rows if not row.submitted] == silent
    assert all(row.team in (row.home_team, row.away_team) for row in rows)
    assert all((row.player_name is not None) == row.submitted for row in rows)


@pytest.mark.parametrize(
    ("name", "player", "status", "reason", "game"),
    [
        # wrapped above and below the line of the player
        (
            "2025-01-10_05PM",
            "Curry, Stephen",
            "Out",
            "Injury/Illness - Bilateral Knee; Injury Management",
            "GSW@IND",
        ),
        ("2025-01-10_05PM", "Payton II, Gary", "Out", "Injury/Illness - Left Calf; Strain", "GSW@IND"),
        # a category and a reason in columns of their own, as the older layouts have them
        ("2021-04-01_08PM", "Nance Jr., Larry", "Out", "Injury/Illness - Illness; Illness", "PHI@CLE"),
        ("2021-04-01_08PM", "Brazdeikis, Ignas", "Out", "Coach's Decision - Inactive", "PHI@CLE"),
        ("2021-04-23_08PM", "Aldridge, LaMarcus", "Out", "Not With Team", "BOS@BKN"),
        ("2021-04-23_08PM", "McCollum, CJ", "Available", None, "MEM@POR"),
        (
            "2019-11-01_08PM",
            "Windler, Dylan",
            "Out",
            "Injury/Illness - Left Lower Leg - Stress Reaction",
            "CLE@IND",
        ),
        ("2019-11-01_08PM", "Bowen II, Brian", "Out", "G League - Two-Way", "CLE@IND"),
    ],
)
def test_a_player_of_a_real_report(
    real_data: Path, name: str, player: str, status: str, reason: str | None, game: str
) -> None:
    found = [row for row in real_rows(real_data, name) if row.player_name == player]
    (row,) = [row for row in found if f"{row.away_team}@{row.home_team}" == game]
    assert (row.status, row.reason) == (status, reason)


@pytest.mark.parametrize(
    ("name", "misread"),
    [
        ("2021-04-01_08PM", {"Redick,JJ": "Redick,]]"}),
        ("2021-04-23_08PM", {"McCollum,CJ": "McCollum,a", "Augustin,D.J.": "Augustin,D.)."}),
    ],
)
def test_somebody_elses_reading_of_the_same_file_agrees(
    real_data: Path, name: str, misread: dict[str, str]
) -> None:
    """Their defects: letters misread, teams and statuses lost, only the first line of a wrapped reason."""
    ours = [row for row in real_rows(real_data, name) if row.submitted]
    with (real_data / f"{INJURIES}{name}.csv").open() as file:
        theirs = list(csv.DictReader(file))
    assert len(ours) == len(theirs)
    for row, other in zip(ours, theirs, strict=True):
        player = str(row.player_name).replace(" ", "")
        assert misread.get(player, player) == other["player"].replace(" ", "")
        assert other["team"] in (FULL_NAMES[row.team], "")
        assert other["status"] in (row.status, "")
        assert letters(other["reason"]) in letters(row.reason or "")


def letters(reason: str) -> str:
    return re.sub(r"[^a-z0-9]", "", reason.lower())


def test_the_reports_of_2024_and_what_the_reference_made_of_it(real_data: Path) -> None:
    """Its defect: it dropped the 29 teams that had not reported, which is not the same as healthy."""
    report = read_report((real_data / CAPTURE / "raw_f4391904.pdf").read_bytes())
    rows = kept(report.rows)
    assert (report.report_at, len(rows)) == (datetime(2024, 1, 4, 17, 30, tzinfo=UTC), 43)
    assert sum(not row.submitted for row in rows) == 29
    expected = json.loads((real_data / CAPTURE / "exp_f4391904.json").read_text())["records"]
    assert [
        {
            "date": f"{row.game_date:%m/%d/%Y}",
            "gametime": row.tip_text,
            "matchup": f"{row.away_team}@{row.home_team}",
            "team": row.team,
            "player": row.player_name,
            "status": row.status,
            "reason": row.reason,
        }
        for row in rows
        if row.submitted
    ] == [{key: value for key, value in record.items() if key != "confidence"} for record in expected]


SLOT = datetime(2024, 12, 3, 17, 30, tzinfo=EASTERN)


def drawn(player: str, status: str = "Out", reason: str = "Rest", **more: str) -> Drawn:
    values = {
        "game_date": "12/03/2024",
        "game_time": "07:30 (ET)",
        "matchup": "MEM@DAL",
        "team": "Dallas Mavericks",
    }
    return Drawn(**(values | {"player": player, "status": status, "reason": reason} | more))


def read_drawn(*rows: Drawn) -> Any:
    return read_report(render(SLOT, rows))


def test_a_reason_may_wrap_over_many_lines() -> None:
    long = "Injury/Illness - Left Lower Leg and Right Upper Arm; Recovery from Surgery of the Meniscus in May"
    report = read_drawn(drawn("A, One"), drawn("B, Two", reason=long), drawn("C, Three"))
    assert [row.reason for row in kept(report.rows)] == ["Rest", long, "Rest"]
    assert report.report_at == datetime(2024, 12, 3, 22, 30, tzinfo=UTC)


def test_a_group_goes_on_over_the_page() -> None:
    players = [drawn(f"Player, Number{n}", reason=f"Reason {n}") for n in range(60)]
    away = drawn("Other, Side", team="Memphis Grizzlies")
    rows = kept(read_drawn(*players, away).rows)
    assert [row.player_name for row in rows] == [f"Player, Number{n}" for n in range(60)] + ["Other, Side"]
    assert {(row.team, row.away_team, row.home_team) for row in rows[:60]} == {("DAL", "MEM", "DAL")}
    assert rows[60].team == "MEM"


def test_a_team_that_has_not_reported_is_a_row() -> None:
    silent = drawn("", "", "NOT YET SUBMITTED", team="Memphis Grizzlies")
    rows = kept(read_drawn(silent, drawn("A, One")).rows)
    assert [(row.team, row.submitted, row.player_name) for row in rows] == [
        ("MEM", False, None),
        ("DAL", True, "A, One"),
    ]


def test_a_report_may_list_nobody() -> None:
    assert read_drawn().rows == []


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (drawn("A, One", status="Injured"), "status"),
        (drawn("A, One", team="Dallas Cowboys"), "team"),
        (drawn("A, One", game_date="13/45/2024"), "game_date"),
        (drawn("A, One", matchup="XXX@DAL"), "away_team"),
    ],
)
def test_a_bad_row_is_left_out_by_its_field_and_the_others_stand(bad: Drawn, field: str) -> None:
    report = read_drawn(drawn("B, Two", team="Memphis Grizzlies"), bad)
    assert [row.player_name for row in kept(report.rows)] == ["B, Two"]
    assert [each.reason.partition(":")[0] for each in rejected(report.rows)] == [field]


def other_pdf() -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawString(100, 700, "An invoice")
    canvas.save()
    return buffer.getvalue()


def empty_pdf() -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "not a PDF"),
        (b"<html>Access Denied</html>", "not a PDF"),
        (b"%PDF-1.4\n", "not a PDF|without text"),
        (render(SLOT, [drawn("A, One")])[:400], "not a PDF|without text"),
        (other_pdf(), "no injury report, begins with 'An invoice'"),
        (empty_pdf(), "without text"),
    ],
)
def test_what_is_no_report_is_refused(raw: bytes, what: str) -> None:
    with pytest.raises(BodyError, match=what):
        read_report(raw)


def spoiled(raw: bytes, count: int) -> Any:
    """The file with some bytes changed, dropped or repeated, or cut off; the same ones every time."""
    chance = random.Random(20241203)
    for _ in range(count):
        body = bytearray(raw)
        for _ in range(chance.choice((1, 3, 20, 200))):
            at = chance.randrange(len(body))
            match chance.randrange(4):
                case 0:
                    body[at] = chance.randrange(256)
                case 1:
                    del body[at : at + chance.randrange(1, 200)]
                case 2:
                    body[at:at] = body[at : at + chance.randrange(1, 200)]
                case _:
                    body[at : at + 8] = chance.choice(
                        (b"/Length 9", b"999999999", b"endobj", b"<<>>", b"null")
                    )
        yield bytes(body[: chance.randrange(len(body))] if chance.random() < 0.1 else body)


@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_spoiled_report_is_refused_or_has_rows_of_the_right_types(real_data: Path, count: int) -> None:
    raw = (real_data / CAPTURE / "raw_f4391904.pdf").read_bytes()
    read = refused = 0
    for body in spoiled(raw, count):
        try:
            report = read_report(body)
        except BodyError as error:
            refused += bool(str(error))
            continue
        read += 1
        assert all(isinstance(row, ReportRow) for row in kept(report.rows))
        assert report.report_at.tzinfo is not None
    assert read + refused == count
    assert min(read, refused) > 0
