"""A smaller slate of the same league."""

from pathlib import Path

import pandas as pd
import pytest

from deploy.bench.cut_archive import cut
from deploy.replay.archive import ReplayArchive


def test_only_the_games_of_that_date_are_fewer(league: Path, tmp_path: Path) -> None:
    whole = ReplayArchive(league)
    day = whole.dates[-1]
    cut(league, tmp_path, day, 1)
    left = ReplayArchive(tmp_path)
    left.check()
    games, before = left.games["game_date"].value_counts(), whole.games["game_date"].value_counts()
    assert games[day] == 1
    assert games.drop(day).to_dict() == before.drop(day).to_dict()
    known = set(pd.read_parquet(tmp_path / "games.parquet")["game_id"])
    for name in ("player_box", "prop_lines", "shots", "injuries"):
        assert set(pd.read_parquet(tmp_path / f"{name}.parquet")["game_id"]) <= known


def test_a_date_with_fewer_games_is_refused(league: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="games, not 99"):
        cut(league, tmp_path, ReplayArchive(league).dates[-1], 99)
