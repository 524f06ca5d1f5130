import io
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pdfplumber
import pytest
from flask.testing import FlaskClient

from deploy.local.upstream.app import create_app
from deploy.local.upstream.clock import EASTERN
from deploy.local.upstream.injury_report import NOT_SUBMITTED, slot_time
from scrapers.bodies import kept, rejected
from scrapers.nba_injury.report import read_report

BUCKET = "/ak-static.cms.nba.com/referee/injury"
REAL = "payloads/injuries/Injury-Report_2025-01-10_05PM.pdf"
OLDER = "payloads/captures/tests_samples/nbac_injury_report/raw_f4391904.pdf"
COLUMNS = (19.1, 115.6, 196.0, 260.2, 421.0, 581.7, 662.1, 822.8)
NAMES = ("game_date", "game_time", "matchup", "team", "player", "status", "reason")
# tiny league: MEM@DAL 2024-12-03 19:30 Eastern, PHI@LAC 22:00, DAL@PHI 2024-12-05
MEM_DAL, PHI_LAC, DAL_PHI = "0022400056", "0022400058", "0022400070"

Words = list[dict[str, Any]]


def lines_of(page: Any) -> list[Words]:
    """Words by line, as extractors see them when spaces are narrow."""
    lines: dict[float, Words] = {}
    for word in page.extract_words(x_tolerance=1.5):
        lines.setdefault(round(word["top"], 0), []).append(word)
    return [lines[top] for top in sorted(lines)]


def cells(words: Words) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for word in words:
        column = max(i for i, edge in enumerate(COLUMNS[:-1]) if word["x0"] >= edge)
        found.setdefault(NAMES[column], []).append(word["text"])
    return {name: " ".join(texts) for name, texts in found.items()}


def pages_of(body: bytes) -> list[list[Words]]:
    with pdfplumber.open(io.BytesIO(body)) as pdf:
        return [lines_of(page) for page in pdf.pages]


def printed(body: bytes) -> list[dict[str, str]]:
    """The lines between header or titles and footer, by column."""
    return [cells(line) for line in content(pages_of(body))]


def content(pages: list[list[Words]]) -> list[Words]:
    """Without the header and the footer of each page and the titles of the first."""
    return [*pages[0][2:-1], *(line for page in pages[1:] for line in page[1:-1])]


def absence(game_id: str, team: str, name: str, reported: str, **changes: Any) -> dict[str, Any]:
    row = {"game_id": game_id, "team": team, "player_id": 1, "player_name": name, "status": "Out"}
    row |= {"reason": "Injury/Illness - Left Ankle; Sprain", "derived": False}
    return row | {"report_utc": pd.Timestamp(reported)} | changes


ROWS = [
    absence(MEM_DAL, "DAL", "Luka Dončić", "2024-12-02T20:00:00Z"),
    absence(MEM_DAL, "DAL", "Gary Trent Jr.", "2024-12-03T22:30:00Z", status="Questionable"),
    absence(MEM_DAL, "MEM", "Ja Morant", "2024-12-03T22:30:01Z", reason=None),
]

Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(tiny_archive: Path, tmp_path: Path) -> Serve:
    """serve(rows, now): the bucket of an archive with these injuries."""

    def build(rows: list[dict[str, Any]] | None, now: str = "2024-12-20T00:00:00Z") -> FlaskClient:
        folder = tmp_path / "archive"
        shutil.copytree(tiny_archive, folder)
        if rows is not None:
            pd.DataFrame(rows).to_parquet(folder / "injuries.parquet")
        return create_app(folder, now).test_client()

    return build


def fetch(client: FlaskClient, slot: str) -> bytes:
    response = client.get(f"{BUCKET}/Injury-Report_{slot}.pdf")
    assert (response.status_code, response.content_type) == (200, "application/pdf")
    return response.data


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("2024-12-03_05PM", "2024-12-03T17:30"),
        ("2024-12-03_12PM", "2024-12-03T12:30"),
        ("2024-12-03_12AM", "2024-12-03T00:30"),
        ("2025-12-22_11PM", "2025-12-22T23:30"),
        ("2025-12-23_05_15PM", "2025-12-23T17:15"),
        ("2026-01-05_12_00AM", "2026-01-05T00:00"),
        ("2025-12-22_05_15PM", None),
        ("2025-12-23_05PM", None),
        ("2026-01-05_05_20PM", None),
        ("2024-12-03_00AM", None),
        ("2024-12-03_13PM", None),
        ("2024-02-30_05PM", None),
    ],
)
def test_a_report_is_published_at_half_past_and_later_each_quarter(name: str, published: str | None) -> None:
    moment = slot_time(f"Injury-Report_{name}.pdf")
    assert (moment and f"{moment:%Y-%m-%dT%H:%M}") == published
    assert moment is None or moment.tzinfo is EASTERN


@pytest.mark.parametrize("file", [REAL, OLDER])
def test_the_real_reports_were_made_at_the_time_in_their_header(
    real_file: Callable[[str], Path], file: str
) -> None:
    with pdfplumber.open(real_file(file)) as pdf:
        made = str(pdf.metadata["CreationDate"])
        header = " ".join(word["text"] for word in lines_of(pdf.pages[0])[0])
    moment = datetime.strptime(made[2:14], "%Y%m%d%H%M").replace(tzinfo=EASTERN)
    assert moment.minute == 30
    assert header == f"Injury Report: {moment:%m/%d/%y %I:%M %p}"


def test_a_report_lists_what_was_known_at_its_time(serve: Serve) -> None:
    rows = printed(fetch(serve(ROWS), "2024-12-03_05PM"))
    assert rows[:3] == [
        {
            "game_date": "12/03/2024",
            "game_time": "07:30 (ET)",
            "matchup": "MEM@DAL",
            "team": "Dallas Mavericks",
            "player": "Doncic, Luka",
            "status": "Out",
            "reason": "Injury/Illness - Left Ankle; Sprain",
        },
        {
            "player": "Trent Jr., Gary",
            "status": "Questionable",
            "reason": "Injury/Illness - Left Ankle; Sprain",
        },
    ]
    assert not any("Morant" in row.get("player", "") for row in rows)


def test_an_hour_earlier_the_second_report_is_unknown_and_an_hour_later_the_third_is_there(
    serve: Serve,
) -> None:
    client = serve(ROWS)
    earlier, later = (printed(fetch(client, f"2024-12-03_{hour}PM")) for hour in ("04", "06"))
    assert [row["player"] for row in earlier] == ["Doncic, Luka"]
    assert [row["player"] for row in later] == ["Morant, Ja", "Doncic, Luka", "Trent Jr., Gary"]
    assert "reason" not in later[0]


def test_teams_have_not_submitted_until_five_on_the_day_before(serve: Serve) -> None:
    client = serve(ROWS)
    early = printed(fetch(client, "2024-12-02_04PM"))
    assert [(row["team"], row["reason"]) for row in early] == [
        ("Memphis Grizzlies", "NOT YET SUBMITTED"),
        ("Dallas Mavericks", "Injury/Illness - Left Ankle; Sprain"),
        ("Philadelphia 76ers", "NOT YET SUBMITTED"),
        ("LA Clippers", "NOT YET SUBMITTED"),
    ]
    assert early[2]["game_time"] == "10:00 (ET)"
    assert [row["team"] for row in printed(fetch(client, "2024-12-02_05PM"))] == ["Dallas Mavericks"]


def test_on_a_second_night_teams_have_until_one_on_the_day(
    serve: Serve, tiny_archive: Path, tmp_path: Path
) -> None:
    client = serve(ROWS)
    games = pd.read_parquet(tiny_archive / "games.parquet")
    games.loc[games["game_id"] == DAL_PHI, "game_date"] = datetime(2024, 12, 4, tzinfo=UTC).date()
    games.to_parquet(tmp_path / "archive" / "games.parquet")
    client = create_app(tmp_path / "archive", "2024-12-20T00:00:00Z").test_client()
    waiting = [{"team": "Dallas Mavericks", "reason": "NOT YET SUBMITTED"}]
    waiting.append({"team": "Philadelphia 76ers", "reason": "NOT YET SUBMITTED"})
    noon = printed(fetch(client, "2024-12-04_12PM"))
    assert [{key: row[key] for key in ("team", "reason")} for row in noon] == waiting
    assert printed(fetch(client, "2024-12-04_01PM")) == []


def test_a_report_without_rows_is_a_page_with_header_titles_and_footer(serve: Serve) -> None:
    rows = [absence(MEM_DAL, "DAL", "Luka Dončić", "2024-12-03T23:00:00Z")]
    pages = pages_of(fetch(serve(rows), "2024-12-05_08PM"))
    texts = [" ".join(word["text"] for word in line) for line in pages[0]]
    assert texts == [
        "Injury Report: 12/05/24 08:30 PM",
        "Game Date Game Time Matchup Team Player Name Current Status Reason",
        "Page 1 of 1",
    ]


def test_the_same_report_is_the_same_bytes(serve: Serve) -> None:
    client = serve(ROWS)
    first = fetch(client, "2024-12-03_05PM")
    client.post("/_control/now", json={"now": "2024-12-21T00:00:00Z"})
    assert fetch(client, "2024-12-03_05PM") == first


@pytest.mark.parametrize(
    ("slot", "now"),
    [
        ("2024-12-03_05PM", "2024-12-03T22:29:59Z"),
        ("2024-12-03_05_30PM", "2024-12-20T00:00:00Z"),
        ("2024-12-10_05PM", "2024-12-20T00:00:00Z"),
        ("2025-12-23_05PM", "2026-12-20T00:00:00Z"),
    ],
    ids=["to come", "a name it never has", "no games", "hourly no more"],
)
def test_what_is_not_there_is_denied_as_by_s3(serve: Serve, slot: str, now: str) -> None:
    response = serve(ROWS, now).get(f"{BUCKET}/Injury-Report_{slot}.pdf")
    assert (response.status_code, response.mimetype) == (403, "application/xml")
    assert ElementTree.fromstring(response.data).findtext("Code") == "AccessDenied"


@pytest.mark.parametrize("rows", [None, [row | {"derived": True} for row in ROWS]])
def test_where_the_archive_has_no_report_every_team_has_yet_to_submit(
    serve: Serve, rows: list[dict[str, Any]] | None
) -> None:
    """Whoever is absent by the box score alone was known to nobody, and neither was that nobody is absent."""
    client = serve(rows)
    teams = ["Memphis Grizzlies", "Dallas Mavericks", "Philadelphia 76ers", "LA Clippers"]
    for slot in ("2024-12-02_04PM", "2024-12-03_05PM"):
        lines = printed(fetch(client, slot))
        assert [(row["team"], row["reason"]) for row in lines] == [(each, NOT_SUBMITTED) for each in teams]
        assert not any("player" in row or "status" in row for row in lines)


def test_such_a_report_reads_as_teams_that_had_not_reported(serve: Serve) -> None:
    report = read_report(fetch(serve(None), "2024-12-03_05PM"))
    assert rejected(report.rows) == []
    lines = [(row.team, row.submitted, row.player_name, row.status) for row in kept(report.rows)]
    assert lines == [(team, False, None, None) for team in ("MEM", "DAL", "PHI", "LAC")]


def test_a_season_without_reports_has_none_although_another_has_some(
    serve: Serve, tiny_archive: Path, tmp_path: Path
) -> None:
    serve(ROWS)
    games = pd.read_parquet(tiny_archive / "games.parquet")
    games.loc[games["game_id"] == DAL_PHI, "season"] = "2025-26"
    games.to_parquet(tmp_path / "archive" / "games.parquet")
    client = create_app(tmp_path / "archive", "2024-12-20T00:00:00Z").test_client()
    silent = printed(fetch(client, "2024-12-05_05PM"))
    assert [row["team"] for row in silent] == ["Dallas Mavericks", "Philadelphia 76ers"]
    assert all(row["reason"] == NOT_SUBMITTED for row in silent)
    reported = printed(fetch(client, "2024-12-03_05PM"))
    assert not any(row.get("reason") == NOT_SUBMITTED for row in reported)


def test_the_layout_is_that_of_the_real_report(real_file: Callable[[str], Path], league: Path) -> None:
    """Header, titles, footer and every column begin where the league's begin."""
    client = create_app(league, "2024-11-10T00:00:00Z").test_client()
    ours, real = pages_of(fetch(client, "2024-10-30_05PM")), pages_of(real_file(REAL).read_bytes())
    for place in (0, 1, -1):
        mine, theirs = ours[0][place][0], real[0][place][0]
        assert mine["top"] == pytest.approx(theirs["top"], abs=1)
        assert mine["x0"] == pytest.approx(theirs["x0"], abs=0.2)
    assert starts(ours) == starts(real)
    assert len(ours) > 2


def starts(pages: list[list[Words]]) -> set[float]:
    """Where the first words of cells begin, to the point."""
    found = set()
    for line in content(pages):
        columns = [max(edge for edge in COLUMNS[:-1] if word["x0"] >= edge) for word in line]
        for i, word in enumerate(line):
            if i == 0 or columns[i] != columns[i - 1]:
                found.add(float(round(word["x0"])))
    return found


def test_every_page_has_header_and_footer_and_only_the_first_has_titles(league: Path) -> None:
    client = create_app(league, "2024-11-10T00:00:00Z").test_client()
    pages = pages_of(fetch(client, "2024-10-30_05PM"))
    for number, page in enumerate(pages, start=1):
        texts = [" ".join(word["text"] for word in line) for line in page]
        assert texts[0] == "Injury Report: 10/30/24 05:30 PM"
        assert texts[-1] == f"Page {number} of {len(pages)}"
        assert texts[1].startswith("Game Date") is (number == 1)


def test_a_long_reason_wraps_above_and_below_its_player(league: Path) -> None:
    client = create_app(league, "2024-11-10T00:00:00Z").test_client()
    rows = printed(fetch(client, "2024-10-30_05PM"))
    upper = [i for i, row in enumerate(rows) if "player" in row and "reason" not in row]
    assert upper
    wrapped = {f"{rows[i - 1]['reason']} {rows[i + 1]['reason']}" for i in upper}
    assert "Injury/Illness - Concussion Protocol; N/A" in wrapped
    assert wrapped <= set(pd.read_parquet(league / "injuries.parquet")["reason"])
    assert all(set(rows[i + step]) == {"reason"} for i in upper for step in (-1, 1))


def test_a_simulated_report_has_each_absence_known_by_then(league: Path) -> None:
    client = create_app(league, "2024-11-10T00:00:00Z").test_client()
    slot = datetime(2024, 10, 30, 17, 30, tzinfo=EASTERN)
    injuries = pd.read_parquet(league / "injuries.parquet")
    days = (slot.date(), slot.date() + timedelta(days=1))
    known = injuries[injuries["game_date"].isin(days) & (injuries["report_utc"] <= pd.Timestamp(slot))]
    players = [row["player"] for row in printed(fetch(client, "2024-10-30_05PM")) if "player" in row]
    assert len(players) == len(known) > 20
