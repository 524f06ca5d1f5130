"""A league of five games small enough to know by heart, and the way to the real one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient

from deploy.local.upstream.app import create_app

BOX_COUNTS = (
    *("points", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb"),
    *("ast", "stl", "blk", "turnovers", "pf", "plus_minus"),
)
GAME_COLUMNS = (
    *("game_id", "game_date", "season", "tipoff_utc", "home_team", "away_team"),
    *("home_points", "away_points", "home_spread", "total_line"),
)
GAMES = [
    # game_id, date, season, tip-off, home, away, points, points, spread, total
    ("0022400056", "2024-12-03", "2024-25", "2024-12-04T00:30:00Z", "DAL", "MEM", 22, 17, -4.5, 244.0),
    ("0022400058", "2024-12-03", "2024-25", "2024-12-04T03:00:00Z", "LAC", "PHI", 10, 12, None, None),
    ("0022400070", "2024-12-05", "2024-25", None, "PHI", "DAL", 15, 11, None, None),
    ("0022200001", "2022-10-18", "2022-23", "2022-10-18T23:30:00Z", "BOS", "PHI", 9, 7, None, None),
    ("0022400071", "2024-12-30", "2024-25", "2024-12-31T00:00:00Z", "MEM", "DAL", 8, 9, None, None),
]
# (starter, position, minutes, counts); None counts: did not play
DONCIC = (True, "G", 40.467, (18, 6, 12, 3, 8, 3, 4, 1, 7, 9, 2, 0, 4, 2, 5))
POWELL = (False, None, 0.0, None)
TRENT = (False, None, 6.5, (4, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 5))
BOX = {
    "0022400056": [
        ("DAL", 1629029, "Luka Dončić", *DONCIC, None),
        ("DAL", 203939, "Dwight Powell", *POWELL, "DNP - Coach's Decision"),
        ("DAL", 1629018, "Gary Trent Jr.", *TRENT, None),
        (
            "MEM",
            1629630,
            "Ja Morant",
            True,
            None,
            31.433,
            (17, 7, 15, 1, 3, 2, 2, 0, 3, 8, 1, 0, 3, 3, -5),
            None,
        ),
    ],
    "0022200001": [
        (
            "BOS",
            1628369,
            "Jayson Tatum",
            None,
            None,
            39.0,
            (9, 4, 9, 1, 2, 0, 0, 1, 5, 4, 1, 0, 2, 1, 2),
            None,
        ),
        (
            "PHI",
            203954,
            "Joel Embiid",
            None,
            None,
            37.0,
            (7, 3, 8, 0, 1, 1, 2, 2, 9, 5, 0, 1, 3, 4, -2),
            None,
        ),
    ],
}
LINES = [
    # game_id, player, book, line, over, under, snapshot, commence
    (
        "0022400056",
        "Luka Dončić",
        "draftkings",
        29.5,
        -110,
        -110,
        "2024-12-03T14:00:00Z",
        "2024-12-04T00:40:00Z",
    ),
    (
        "0022400056",
        "Ja Morant",
        "draftkings",
        22.5,
        100,
        -10000,
        "2024-12-03T14:00:00Z",
        "2024-12-04T00:40:00Z",
    ),
    (
        "0022400056",
        "Luka Dončić",
        "draftkings",
        30.5,
        -115,
        -105,
        "2024-12-03T22:00:00Z",
        "2024-12-04T00:40:00Z",
    ),
    ("0022400056", "Luka Dončić", "prizepicks", 29.5, -137, None, None, "2024-12-04T00:40:00Z"),
    ("0022400056", "Luka Dončić", "prizepicks", 29.5, -137, None, None, "2024-12-04T00:30:00Z"),
    ("0022400056", "Ja Morant", "prizepicks", 21.5, -137, -137, None, "2024-12-04T00:40:00Z"),
]


def _games() -> pd.DataFrame:
    games = pd.DataFrame(GAMES, columns=list(GAME_COLUMNS)).assign(
        season_type="Regular Season", neutral_site=False
    )
    games["game_date"] = pd.to_datetime(games["game_date"]).dt.date
    games["tipoff_utc"] = pd.to_datetime(games["tipoff_utc"], utc=True)
    return games


def _player_box() -> pd.DataFrame:
    games = {row[0]: row for row in GAMES}
    rows = []
    for game_id, players in BOX.items():
        for team, player_id, name, starter, position, minutes, counts, comment in players:
            row = {"game_id": game_id, "team": team, "is_home": team == games[game_id][4]}
            row |= {"player_id": player_id, "player_name": name, "starter": starter, "position": position}
            row |= {"status": "PLAYED" if counts else "DID_NOT_PLAY", "comment": comment, "minutes": minutes}
            rows.append(row | dict(zip(BOX_COUNTS, counts or [None] * len(BOX_COUNTS), strict=True)))
    return pd.DataFrame(rows).astype(dict.fromkeys(BOX_COUNTS, "Int64") | {"starter": "boolean"})


def _prop_lines() -> pd.DataFrame:
    names = "game_id player_name bookmaker line over_odds under_odds snapshot_utc commence_utc"
    lines = pd.DataFrame(LINES, columns=names.split()).assign(market="player_points")
    for column in ("snapshot_utc", "commence_utc"):
        lines[column] = pd.to_datetime(lines[column], utc=True)
    return lines


@pytest.fixture(scope="session")
def tiny_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    _games().to_parquet(folder / "games.parquet")
    _player_box().to_parquet(folder / "player_box.parquet")
    _prop_lines().to_parquet(folder / "prop_lines.parquet")
    return folder


@pytest.fixture
def app_at(tiny_archive: Path) -> Callable[..., Flask]:
    """app_at("2024-12-04T00:00:00Z"): the tiny league's providers at that instant."""

    def build(now: str | None = None, **options: Any) -> Flask:
        return create_app(tiny_archive, now, **options)

    return build


@pytest.fixture
def client_at(app_at: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    def build(now: str | None = None, **options: Any) -> FlaskClient:
        return app_at(now, **options).test_client()

    return build


@pytest.fixture(scope="session")
def real_file() -> Callable[[str], Path]:
    """real_file("archive"): a path below the real data; skips without it, fails where it must be there."""
    root = Path(__file__).resolve().parents[4]
    named = os.environ.get("NBA_PROPS_DATA")
    folder = Path(named) if named else root.parent / "shared" / "data"
    required = bool(named) or (os.environ.get("CI") == "true" and folder.is_dir())

    def find(relative: str) -> Path:
        path = folder / relative
        if not path.exists():
            if required:
                pytest.fail(f"{path} is missing")
            pytest.skip("real data is not at hand (NBA_PROPS_DATA)")
        return path

    return find


@pytest.fixture(scope="session")
def real_json(real_file: Callable[[str], Path]) -> Callable[[str], Any]:
    return lambda relative: json.loads(real_file(relative).read_text())


@pytest.fixture(scope="session")
def real_client(real_file: Callable[[str], Path]) -> FlaskClient:
    """The real archive on the morning after 2024-12-03."""
    return create_app(real_file("archive"), "2024-12-04T12:00:00Z").test_client()
