"""Two thousand spoiled bodies a source: refused by name, or rows of the right types; never anything else."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache, partial
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from data_processors.raw.bdl_player_boxscores import parse as bdl
from data_processors.raw.espn_rosters import parse as rosters
from data_processors.raw.nba_play_by_play import parse as plays
from data_processors.raw.nba_player_boxscores import parse as boxes
from data_processors.raw.nba_players import parse as players
from data_processors.raw.nba_schedule import parse as schedule
from data_processors.raw.nba_schedule.slate import Game, Slate
from data_processors.raw.nba_shots import parse as shots
from data_processors.raw.nba_team_boxscores import parse as teams
from data_processors.raw.odds_events import parse as events
from data_processors.raw.odds_game_lines import parse as lines
from data_processors.raw.odds_player_props import parse as props
from data_processors.raw.table import Parsed
from scrapers.balldontlie.bodies import read_box_scores
from scrapers.bodies import BodyError
from scrapers.espn.bodies import read_roster
from scrapers.nba_live.bodies import read_play_by_play
from scrapers.nba_live.box_score import read_live_box_score
from scrapers.nba_stats.bodies import read_box_score, read_schedule
from scrapers.nba_stats.player_index import read_player_index
from scrapers.odds_api.bodies import read_event_odds, read_events
from shared.identity.games import GameKey
from shared.identity.teams import TRICODES

FEW, MANY = 150, 2000
REAL_IDS = {"20250115_NYK_PHI": "0022400561"}


class Case(NamedTuple):
    """A real body, how phase 1 reads it, and the tables that phase 2 makes of it."""

    body: str
    read: Callable[[bytes], Any]
    tables: dict[str, Callable[..., Parsed]]
    landed: dict[str, Any]
    changed: tuple[bytes, bytes] = (b"", b"")


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
        {"nba_player_boxscores": boxes.parse, "nba_team_boxscores": teams.parse},
        {"kind": "box_score_v3", "nba_game_id": "0022500165"},
    ),
    "box_score_live": Case(
        "payloads/nba_live/boxscore_0022000001.json",
        partial(read_live_box_score, nba_game_id="0022000001"),
        {"nba_player_boxscores": boxes.parse, "nba_team_boxscores": teams.parse},
        {"kind": "box_score_live", "nba_game_id": "0022000001", "day": date(2020, 12, 22)},
    ),
    "play_by_play": Case(
        f"{SAMPLES}/nbac_play_by_play/raw_416e8d5c.json.gz",
        partial(read_play_by_play, nba_game_id="0022400561"),
        {"nba_play_by_play": plays.parse, "nba_shots": shots.parse},
        {"kind": "play_by_play", "nba_game_id": "0022400561", "day": date(2025, 1, 15)},
    ),
    "schedule": Case(
        f"{SAMPLES}/nbac_schedule_api/raw_80cb1fd6.json.gz",
        partial(read_schedule, season="2024-25"),
        {"nba_schedule": schedule.parse},
        {"kind": "schedule"},
    ),
    "roster": Case(
        f"{SAMPLES}/espn_roster_api/raw_2.json",
        partial(read_roster, espn_team_id=2),
        {"espn_rosters": rosters.parse},
        {"kind": "roster", "request_key": "rosters/BOS"},
    ),
    "odds_events": Case(
        f"{SAMPLES}/oddsa_events_his/raw_aaf97612.json",
        read_events,
        {"odds_events": events.parse},
        {"kind": "events", "day": date(2025, 3, 9)},
    ),
    "odds": Case(
        "payloads/odds_api/event_odds_2024-02-23_mockBrooklynVsToronto.json",
        partial(read_event_odds, event_id="f9f3f99b5124a4ecf984003f0af23d2e"),
        {"odds_player_props": props.parse, "odds_game_lines": lines.parse},
        {"kind": "odds", "event_id": "f9f3f99b5124a4ecf984003f0af23d2e", "day": date(2024, 2, 22)},
    ),
    "odds_game_lines": Case(
        f"{SAMPLES}/oddsa_game_lines_his/raw_b722994c.json",
        partial(read_event_odds, event_id="cd0bc7d0c238f4446ce1c03d0cea7ec4"),
        {"odds_player_props": props.parse, "odds_game_lines": lines.parse},
        {"kind": "odds", "event_id": "cd0bc7d0c238f4446ce1c03d0cea7ec4", "day": date(2024, 1, 24)},
        # it was taken in the second quarter
        (b'"commence_time":"2024-01-25T03:20:30Z"', b'"commence_time":"2024-01-25T04:10:00Z"'),
    ),
}


def real_body(real_data: Path, case: Case) -> bytes:
    raw = (real_data / case.body).read_bytes()
    return (gzip.decompress(raw) if case.body.endswith(".gz") else raw).replace(*case.changed)


def day_of(case: Case) -> date:
    day: date = case.landed.get("day", date(2024, 12, 3))
    return day


@cache
def every_game(day: date) -> Slate:
    """A schedule with every two teams, so that whatever a body names has its game."""
    tip = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    games = [
        Game(key, REAL_IDS.get(key, "0022400001"), day, tip, home, away, "SCHEDULED")
        for away, home in permutations(sorted(TRICODES), 2)
        for key in [GameKey(day, away, home).game_id]
    ]
    return Slate(tuple(games), ((date(1990, 1, 1), date(2100, 1, 1)),))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def survive(case: Case, bodies: Any, landed: Any, fits: Any, known: Any) -> tuple[int, int, int]:
    """Reads and parses every body; how many were taken and how many refused, and how many rows came of it."""
    taken = refused = rows = 0
    for raw in bodies:
        try:
            case.read(raw)
            for table, parse in case.tables.items():
                found = parse(landed(raw, **case.landed), known).rows
                fits(table, found)
                rows += len(found)
            taken += 1
        except BodyError as error:
            refused += bool(str(error))
    return taken, refused, rows


def test_spoiled_bodies_are_refused_or_become_rows(
    case: Case, real_data: Path, mutants: Any, landed: Any, fits: Any, known_here: Any
) -> None:
    bodies = mutants(real_body(real_data, case), FEW)
    taken, refused, rows = survive(case, bodies, landed, fits, known_here(every_game(day_of(case))))
    assert taken + refused == FEW
    assert min(taken, refused, rows) > 0, "faults of both kinds, and rows all the same"


@pytest.mark.slow
def test_two_thousand_spoiled_bodies_are_refused_or_become_rows(
    case: Case, real_data: Path, mutants: Any, landed: Any, fits: Any, known_here: Any
) -> None:
    bodies = mutants(real_body(real_data, case), MANY)
    taken, refused, _ = survive(case, bodies, landed, fits, known_here(every_game(day_of(case))))
    assert taken + refused == MANY
