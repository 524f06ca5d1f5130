"""Reads the injury report: columns by the position of their titles, never by what a line looks like."""

import io
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from scrapers.bodies import BodyError, Moment, Rows, Upstream, check_body
from scrapers.nba_injury.layout import (
    NOT_SUBMITTED,
    Cells,
    Word,
    columns_of,
    is_footer,
    lines_of,
    rows_of,
    text_of,
)
from shared.clock import EASTERN
from shared.identity.teams import tricode_of

_HEADER = re.compile(r"Injury Report: (\d{2}/\d{2}/\d{2} \d{2}:\d{2} [AP]M)")
_MATCHUP = re.compile(r"([A-Z]{3})@([A-Z]{3})")
_MOST_PAGES = 60
_GROUP = ("date", "time", "matchup", "team")
_NOTHING = ("", "-")


def _day(text: Any) -> date:
    return datetime.strptime(str(text), "%m/%d/%Y").date()  # noqa: DTZ007  a date has no zone


Tricode = Annotated[str, AfterValidator(tricode_of)]
ReportDate = Annotated[date, BeforeValidator(_day)]


class ReportRow(Upstream):
    """One player's status, or (submitted False) one team that has not reported on a game yet.

    `tip_text` is the time of day as printed; `player_name` is "Last, First".
    """

    game_date: ReportDate
    tip_text: str | None
    away_team: Tricode
    home_team: Tricode
    team: Tricode
    submitted: bool
    player_name: str | None = Field(default=None, min_length=3)
    status: Literal["Out", "Doubtful", "Questionable", "Probable", "Available"] | None = None
    reason: str | None = None


class InjuryReport(Upstream):
    """A report and when it was made."""

    report_at: Moment
    rows: Rows[ReportRow]


def read_report(raw: bytes) -> InjuryReport:
    """Raises BodyError when it is no injury report."""
    pages = [lines_of(words) for words in _pages(raw)]
    if not pages or not pages[0]:
        raise BodyError("body: a PDF without text")
    header = _HEADER.match(text_of(pages[0][0]))
    if not header:
        raise BodyError(f"body: no injury report, begins with {text_of(pages[0][0])[:40]!r}")
    return check_body(InjuryReport, {"report_at": _moment(header[1]), "rows": list(_rows(pages))})


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%m/%d/%y %I:%M %p").replace(tzinfo=EASTERN).astimezone(UTC)
    except ValueError:
        raise BodyError(f"body: the report's time is no time: {text!r}") from None


def _pages(raw: bytes) -> list[list[Word]]:
    import pdfplumber  # takes half a second, and only this source needs it

    # It warns of every oddity of a broken file, which we refuse by itself.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(io.BytesIO(raw)) as pdf:
            if len(pdf.pages) > _MOST_PAGES:
                raise BodyError(f"body: {len(pdf.pages)} pages are no injury report")
            return [_words(page) for page in pdf.pages]
    except BodyError:
        raise
    except Exception as error:  # noqa: BLE001  on a broken file pdfminer raises whatever its parsers stumble on
        raise BodyError(f"body: not a PDF that can be read: {type(error).__name__}") from None


def _words(page: Any) -> list[Word]:
    found = page.extract_words(x_tolerance=1.5, y_tolerance=2)
    return [Word(word["text"], float(word["x0"]), float(word["top"])) for word in found]


def _rows(pages: list[list[list[Word]]]) -> Iterator[dict[str, Any]]:
    """Each row with its group's date, time, matchup and team, which are printed once and carry over pages."""
    columns: dict[str, float] = {}
    group: Cells = {}
    for lines in pages:
        body = []
        for line in lines:
            if titles := columns_of(line):
                columns = titles
            elif not is_footer(line) and not _HEADER.match(text_of(line)):
                body.append(line)
        if body and not columns:
            raise BodyError("body: a report without the titles of its columns")
        for cells in rows_of(body, columns):
            group |= {name: cells[name] for name in _GROUP if name in cells}
            yield _row(cells, group)


def _row(cells: Cells, group: Cells) -> dict[str, Any]:
    teams = _MATCHUP.fullmatch(group.get("matchup", ""))
    row = {
        "game_date": group.get("date"),
        "tip_text": group.get("time"),
        "away_team": teams[1] if teams else group.get("matchup"),
        "home_team": teams[2] if teams else group.get("matchup"),
        "team": group.get("team"),
    }
    said = [cells.get(name, "") for name in ("category", "reason")]
    if NOT_SUBMITTED in said and "player" not in cells:
        return {**row, "submitted": False}
    reason = " - ".join(text for text in said if text not in _NOTHING)
    return {
        **row,
        "submitted": True,
        "player_name": cells.get("player", ""),
        "status": cells.get("status"),
        "reason": reason or None,
    }
