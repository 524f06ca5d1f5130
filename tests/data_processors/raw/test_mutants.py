"""Two thousand spoiled bodies a source: refused by name, or rows of the right types; never anything else."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from data_processors.raw.nba_player_boxscores import parse as boxes
from data_processors.raw.table import Parsed
from scrapers.bodies import BodyError
from scrapers.nba_stats.bodies import read_box_score

FEW, MANY = 150, 2000


class Case(NamedTuple):
    """A real body, how phase 1 reads it, and the tables that phase 2 makes of it."""

    body: str
    read: Callable[[bytes], Any]
    tables: dict[str, Callable[..., Parsed]]
    landed: dict[str, Any]


CASES = {
    "box_score_v3": Case(
        "payloads/nba_stats/boxscoretraditionalv3.json",
        partial(read_box_score, nba_game_id="0022500165"),
        {"nba_player_boxscores": boxes.parse},
        {"kind": "box_score_v3", "nba_game_id": "0022500165"},
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def survive(case: Case, bodies: Any, landed: Any, fits: Any, known: Any) -> tuple[int, int]:
    """Reads and parses every body; how many were taken and how many refused."""
    taken = refused = 0
    for raw in bodies:
        try:
            case.read(raw)
            for table, parse in case.tables.items():
                fits(table, parse(landed(raw, **case.landed), known).rows)
            taken += 1
        except BodyError as error:
            refused += bool(str(error))
    return taken, refused


def test_spoiled_bodies_are_refused_or_become_rows(
    case: Case, real_data: Path, mutants: Any, landed: Any, fits: Any, known_here: Any
) -> None:
    bodies = mutants((real_data / case.body).read_bytes(), FEW)
    taken, refused = survive(case, bodies, landed, fits, known_here())
    assert taken + refused == FEW
    assert min(taken, refused) > 0, "faults of both kinds"


@pytest.mark.slow
def test_two_thousand_spoiled_bodies_are_refused_or_become_rows(
    case: Case, real_data: Path, mutants: Any, landed: Any, fits: Any, known_here: Any
) -> None:
    bodies = mutants((real_data / case.body).read_bytes(), MANY)
    assert sum(survive(case, bodies, landed, fits, known_here())) == MANY
