"""The words of a report's pages as cells: which column and which row each belongs to, by position alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

TITLES = {
    "Game Date": "date",
    "Game Time": "time",
    "Matchup": "matchup",
    "Team": "team",
    "Player Name": "player",
    "Category": "category",
    "Reason": "reason",
    "Current Status": "status",
    "Previous Status": "previous",
}
NOT_SUBMITTED = "NOT YET SUBMITTED"
_FOOTER = ("Page", "of")
# A cell begins within so many points of its title; words within so many points of height are one line.
_BESIDE, _SAME_LINE = 5.0, 3.0


@dataclass(frozen=True)
class Word:
    """A word and the upper left corner of its box, in points."""

    text: str
    x: float
    y: float


Line = list[Word]
Cells = dict[str, str]


def lines_of(words: Iterable[Word]) -> list[Line]:
    """Words of one height together, from the top, each line from the left."""
    lines: list[Line] = []
    for word in sorted(words, key=lambda word: (word.y, word.x)):
        if lines and word.y - lines[-1][0].y <= _SAME_LINE:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda word: word.x) for line in lines]


def text_of(words: Iterable[Word]) -> str:
    """The words with spaces between them."""
    return " ".join(word.text for word in words)


def columns_of(line: Line) -> dict[str, float]:
    """Where each column begins, if the line is the one with the titles; else nothing."""
    texts = [word.text for word in line]
    found: dict[str, float] = {}
    for title, column in TITLES.items():
        parts = title.split()
        for index in range(len(texts) - len(parts) + 1):
            if texts[index : index + len(parts)] == parts and column not in found:
                found[column] = line[index].x
    return found if {"date", "matchup", "team", "player", "reason", "status"} <= found.keys() else {}


def is_footer(line: Line) -> bool:
    """Whether a line is 'Page 1 of 5'."""
    return len(line) == 4 and (line[0].text, line[2].text) == _FOOTER


def rows_of(lines: Iterable[Line], columns: Mapping[str, float]) -> Iterator[Cells]:
    """The table's rows on one page, each column's words joined.

    A row is where a status stands, or a team that has not reported. What is wrapped stands above and below
    it and belongs to the nearest row.
    """
    split = [(line[0].y, _cells(line, columns)) for line in lines]
    anchors = [y for y, cells in split if "status" in cells or _not_submitted(cells)]
    rows: dict[float, dict[str, list[Word]]] = {y: defaultdict(list) for y in anchors}
    for y, cells in split:
        if anchors:
            nearest = min(anchors, key=lambda anchor: abs(anchor - y))
            for column, words in cells.items():
                rows[nearest][column] += words
    for row in rows.values():
        yield {column: text_of(words) for column, words in row.items()}


def _cells(line: Line, columns: Mapping[str, float]) -> dict[str, list[Word]]:
    cells: dict[str, list[Word]] = defaultdict(list)
    for word in line:
        begun = [(start, column) for column, start in columns.items() if start <= word.x + _BESIDE]
        cells[max(begun)[1] if begun else "date"].append(word)
    return cells


def _not_submitted(cells: Mapping[str, list[Word]]) -> bool:
    said = [text_of(cells.get(column, ())) for column in ("category", "reason")]
    return "player" not in cells and NOT_SUBMITTED in said
