"""Two thousand spoiled bodies a source: refused by name, or rows of the right types; never anything else."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache, partial
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from data_processors.raw.bdl_player_boxscores import parse as bdl
from data_processors.raw.nba_player_boxscores import parse as boxes
from data_processors.raw.nba_players import parse as players
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.table import Parsed
from scrapers.balldontlie.bodies import read_box_scores
from scrapers.bodies import BodyError
from scrapers.nba_stats.bodies import read_box_score
from scrapers.nba_stats.player_index import read_player_index
from shared.identity.games import GameKey
from shared.identity.teams import TRICODES

FEW, MANY = 150, 2000


class Case(NamedTuple):
    """A real body, how phase 1 reads it, and the tables that phase 2 makes of it."""

    body: str
    read: Callable[[bytes], Any]
    tables: dict[str, Callable[..., Parsed]]
    landed: dict[str, Any]


SAMPLES = "payloads/captures/tests_samples"
CASES = {
    "player_index": Case(
        f"{SAMPLES}/nbac_player_list/raw_7af00b51.json",
        partial(read_player_index, season="2025-26"),
        {"nba_players": players.parse},
        {"day": date(2025, 12, 1)},
    ),
    "bdl_box_scores": Case(
        f"{SAMPLES}/bdl_box_scores/raw_7a649e12.json",
        read_box_scores,
        {"bdl_player_boxscores": bdl.parse},
        {"day": date(2024, 1, 15)},
    ),
    "box_score_v3": Case(
        "payloads/nba_stats/boxscoretraditionalv3.json",
        partial(read_box_score, nba_game_id="0022500165"),
        {"nba_player_boxscores": boxes.parse},
        {"kind": "box_score_v3", "nba_game_id": "0022500165"},
    ),
}


def day_of(case: Case) -> date:
    day: date = case.landed.get("day", date(2024, 12, 3))
    return day


@cache
def every_game(day: date) -> Slate:
    """A schedule with every two teams, so that whatever a body names has its game."""
    tip = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    games = [
        Game(GameKey(day, away, home).game_id, "0022400001", day, tip, home, away, "SCHEDULED")
        for away, home in permutations(sorted(TRICODES), 2)
    ]
    return Slate(tuple(games), ((date(1990, 1, 1), date(2100, 1, 1)),))


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
    taken, refused = survive(case, bodies, landed, fits, known_here(every_game(day_of(case))))
    assert taken + refused == FEW
    assert min(taken, refused) > 0, "faults of both kinds"


@pytest.mark.slow
def test_two_thousand_spoiled_bodies_are_refused_or_become_rows(
    case: Case, real_data: Path, mutants: Any, landed: Any, fits: Any, known_here: Any
) -> None:
    bodies = mutants((real_data / case.body).read_bytes(), MANY)
    assert sum(survive(case, bodies, landed, fits, known_here(every_game(day_of(case))))) == MANY
