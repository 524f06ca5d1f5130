"""Draws an injury report as the league's own files are laid out. Lengths are points, from the top left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from deploy.local.upstream.injury_report import ReportRow

PAGE = (841.95, 595.35)
TITLES = ("Game Date", "Game Time", "Matchup", "Team", "Player Name", "Current Status", "Reason")
EDGES = (19.1, 115.6, 196.0, 260.2, 421.0, 581.7, 662.1, 822.8)
_PLAYER, _REASON = 4, 6
# Helvetica at this size is as wide as the league's Calibri at 10, so that reasons wrap where its do.
_FONT, _BOLD, _SIZE, _HEADER_SIZE = "Helvetica", "Helvetica-Bold", 9.4, 22
# A space is narrow in the league's font: extractors that allow 3 points between letters join the words.
_SPACE, _BOLD_SPACE = 2.26, 2.8
_PADDING, _TITLE_PADDING, _REASON_WIDTH = 5.0, 4.0, 152.0
_HEADER_X = (289.1, 355.6, 438.3, 539.8, 602.5)
_HEADER_TOP, _TITLE_TOP, _FOOTER_TOP, _FOOTER_X = 45.5, 107.7, 538.1, 398.5
_FIRST_TOP, _NEXT_TOP, _BOTTOM = 121.2, 75.9, 525.0
_ROW_HEIGHT, _LINE_HEIGHT, _TEXT_TOP, _GROUP_GAP = 22.05, 14.05, 6.7, 1.0
_BLUE, _GREY, _LINE_GREY = (0.114, 0.259, 0.541), (0.965, 0.973, 0.973), (0.8, 0.8, 0.8)


@dataclass(frozen=True)
class _Line:
    """A row as it is printed: repeated columns blank, the reason cut to the column's width."""

    cells: tuple[str, ...]
    reason: tuple[str, ...]

    @property
    def first(self) -> int:
        """The first column that is not blank."""
        return next(column for column, cell in enumerate(self.cells) if cell)

    @property
    def gap(self) -> float:
        return _GROUP_GAP if self.first < _PLAYER else 0.0

    @property
    def height(self) -> float:
        return _ROW_HEIGHT + _LINE_HEIGHT * (len(self.reason) - 1)


def render(slot: datetime, rows: Sequence[ReportRow]) -> bytes:
    """The PDF, the same bytes for the same report. `slot` is Eastern."""
    pages = _pages(_lines(rows))
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=PAGE, invariant=1)
    for number, page in enumerate(pages, start=1):
        _draw_frame(canvas, slot, number, len(pages))
        for top, line in page:
            _draw_line(canvas, top, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _lines(rows: Sequence[ReportRow]) -> list[_Line]:
    lines, before = [], ("",) * _PLAYER
    for row in rows:
        cells = astuple(row)
        group = cells[:_PLAYER]
        same = next((i for i in range(_PLAYER) if group[i] != before[i]), _PLAYER)
        lines.append(_Line((*("",) * same, *cells[same:]), _wrapped(row.reason)))
        before = group
    return lines


def _wrapped(text: str) -> tuple[str, ...]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _width(longer) > _REASON_WIDTH:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)


def _width(text: str) -> float:
    words = text.split()
    drawn: float = sum(stringWidth(word, _FONT, _SIZE) for word in words)
    return drawn + _SPACE * (len(words) - 1)


def _pages(lines: list[_Line]) -> list[list[tuple[float, _Line]]]:
    """Each line with its top, page by page; a report without lines has one page."""
    pages: list[list[tuple[float, _Line]]] = [[]]
    top = _FIRST_TOP
    for line in lines:
        if top + line.gap + line.height > _BOTTOM:
            pages.append([])
            top = _NEXT_TOP
        pages[-1].append((top + line.gap, line))
        top += line.gap + line.height
    return pages


def _draw_frame(canvas: Any, slot: datetime, number: int, count: int) -> None:
    _fill(canvas, _BLUE, (0.0, PAGE[0]), (35.4, 75.4))
    canvas.setFillColorRGB(1, 1, 1)
    for x, word in zip(_HEADER_X, f"Injury Report: {slot:%m/%d/%y %I:%M %p}".split(), strict=True):
        _draw_text(canvas, x, _HEADER_TOP, word, font=_BOLD, size=_HEADER_SIZE)
    if number == 1:
        _fill(canvas, _GREY, (EDGES[0], EDGES[-1]), (100.4, 121.7))
    canvas.setFillColorRGB(0, 0, 0)
    if number == 1:
        for x, title in zip(EDGES, TITLES, strict=False):
            _draw_text(canvas, x + _TITLE_PADDING, _TITLE_TOP, title, font=_BOLD, space=_BOLD_SPACE)
    _draw_text(canvas, _FOOTER_X, _FOOTER_TOP, f"Page {number} of {count}")


def _draw_line(canvas: Any, top: float, line: _Line) -> None:
    middle = top + _TEXT_TOP + (line.height - _ROW_HEIGHT) / 2
    for x, cell in zip(EDGES, line.cells[:_REASON], strict=False):
        _draw_text(canvas, x + _PADDING, middle, cell)
    for number, text in enumerate(line.reason):
        _draw_text(canvas, EDGES[_REASON] + _PADDING, top + _TEXT_TOP + number * _LINE_HEIGHT, text)
    canvas.setStrokeColorRGB(*_LINE_GREY)
    canvas.line(EDGES[line.first], PAGE[1] - top, EDGES[-1], PAGE[1] - top)


def _draw_text(
    canvas: Any,
    x: float,
    top: float,
    text: str,
    *,
    font: str = _FONT,
    size: float = _SIZE,
    space: float = _SPACE,
) -> None:
    """Word by word: the league's files hold no space characters."""
    canvas.setFont(font, size)
    for word in text.split():
        # Helvetica reaches 0.793 of its size above the baseline as extractors measure it
        canvas.drawString(x, PAGE[1] - top - 0.793 * size, word)
        x += stringWidth(word, font, size) + space


def _fill(
    canvas: Any, colour: tuple[float, ...], across: tuple[float, float], down: tuple[float, float]
) -> None:
    canvas.setFillColorRGB(*colour)
    canvas.rect(across[0], PAGE[1] - down[1], across[1] - across[0], down[1] - down[0], stroke=0, fill=1)
