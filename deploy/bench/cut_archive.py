"""An archive of which one date has fewer games: the same slate, smaller, with the same history before it."""

from datetime import date
from pathlib import Path

import pandas as pd

_FILES = ("games", "player_box", "prop_lines", "shots", "injuries")


def cut(source: Path, target: Path, day: date, games: int) -> None:
    """Writes an archive into a folder with only the first games of a date.

    Raises:
        ValueError: the date has fewer.
    """
    target.mkdir(parents=True, exist_ok=True)
    listed = pd.read_parquet(source / "games.parquet")
    slate = listed.loc[pd.to_datetime(listed["game_date"]).dt.date == day, "game_id"]
    if len(slate) < games:
        raise ValueError(f"{day} has {len(slate)} games, not {games}")
    gone = set(slate.iloc[games:])
    for name in _FILES:
        frame = pd.read_parquet(source / f"{name}.parquet")
        frame[~frame["game_id"].isin(gone)].to_parquet(target / f"{name}.parquet", index=False)
