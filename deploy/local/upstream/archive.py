"""Reads an archive: the folder of parquet files that holds what the providers knew.

Schemas are checked when the archive is opened; rows are read on first use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deploy.local.upstream.clock import EASTERN
from deploy.local.upstream.teams import TEAMS

ASSUMED_TIPOFF = time(19, 0)
"""Eastern; upstream knows every tip-off, an archive does not."""

GAME_LENGTH = timedelta(hours=3)
"""From tip-off until the result and the box score are there."""

LISTED = time(9, 0)
"""Eastern; by then clubs have said whom they signed."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "games": (
        *("game_id", "game_date", "season", "season_type", "tipoff_utc", "neutral_site"),
        *("home_team", "away_team", "home_points", "away_points", "home_spread", "total_line"),
    ),
    "player_box": (
        *("game_id", "team", "is_home", "player_id", "player_name", "status", "comment", "starter"),
        *("position", "minutes", "points", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb"),
        *("ast", "stl", "blk", "turnovers", "pf", "plus_minus"),
    ),
    "prop_lines": (
        *("game_id", "player_name", "bookmaker", "market", "line", "over_odds", "under_odds"),
        *("snapshot_utc", "commence_utc"),
    ),
}


SHOT_COLUMNS = (
    *("game_id", "player_id", "team", "shot_made", "is_three", "shot_distance", "basic_zone"),
    *("action_type", "period", "seconds_left"),
)


class ArchiveError(ValueError):
    """The folder is not an archive; the message names the file and what it lacks."""


@dataclass(frozen=True)
class Game:
    """One row of games.parquet with a tip-off that is always there."""

    game_id: str
    game_date: date
    season: str
    season_type: str
    tipoff: datetime
    assumed_time: bool
    neutral_site: bool
    home_team: str
    away_team: str
    home_points: int
    away_points: int
    home_spread: float | None
    total_line: float | None

    @property
    def final_at(self) -> datetime:
        return self.tipoff + GAME_LENGTH

    @property
    def listed_at(self) -> datetime:
        """When it is known who is on both rosters, playing or not: the morning of the game."""
        return datetime.combine(self.game_date, LISTED, EASTERN).astimezone(UTC)


class RowsByGame:
    """A table cut by game_id; only the rows asked for become Python objects."""

    def __init__(self, table: pa.Table) -> None:
        codes = table["game_id"].combine_chunks().dictionary_encode()
        indices = codes.indices.to_numpy(zero_copy_only=False)
        order = np.argsort(indices, kind="stable")
        self._table = table.take(pa.array(order)).combine_chunks()
        bounds = np.searchsorted(indices[order], np.arange(len(codes.dictionary) + 1))
        starts, stops = bounds[:-1].tolist(), bounds[1:].tolist()
        self._slices = dict(zip(codes.dictionary.to_pylist(), zip(starts, stops, strict=True), strict=True))

    def __iter__(self) -> Iterator[str]:
        return iter(self._slices)

    def __getitem__(self, game_id: str) -> list[dict[str, Any]]:
        start, stop = self._slices.get(game_id, (0, 0))
        rows: list[dict[str, Any]] = self._table.slice(start, stop - start).to_pylist()
        return rows

    def column(self, game_id: str, name: str) -> list[Any]:
        start, stop = self._slices.get(game_id, (0, 0))
        values: list[Any] = self._table[name].slice(start, stop - start).to_pylist()
        return values


class Archive:
    """What an archive holds. ArchiveError when a file or a column is missing."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        for name in COLUMNS:
            self._check(name)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _check(self, name: str) -> None:
        path = self._path(name)
        if not path.is_file():
            raise ArchiveError(
                f"{path} is missing: an archive needs {', '.join(f'{n}.parquet' for n in COLUMNS)}"
            )
        try:
            present = set(pq.read_schema(path).names)
        except pa.ArrowInvalid as error:
            raise ArchiveError(f"{path} is not a parquet file") from error
        missing = [column for column in COLUMNS[name] if column not in present]
        if missing:
            raise ArchiveError(f"{path} lacks the columns {', '.join(missing)}")

    def _read(self, name: str) -> pa.Table:
        return pq.read_table(self._path(name), columns=list(COLUMNS[name]))

    @cached_property
    def games(self) -> tuple[Game, ...]:
        """Every game, by tip-off."""
        table = self._read("games")
        table = _cast(table, game_date=pa.date32(), tipoff_utc=_INSTANT)
        games = [_game(row) for row in table.to_pylist()]
        if not games:
            raise ArchiveError(f"{self._path('games')} has no rows")
        _check_teams(self._path("games"), games)
        return tuple(sorted(games, key=lambda game: (game.tipoff, game.game_id)))

    @cached_property
    def game_by_id(self) -> dict[str, Game]:
        return {game.game_id: game for game in self.games}

    @cached_property
    def player_box(self) -> RowsByGame:
        return RowsByGame(self._read("player_box"))

    @cached_property
    def prop_lines(self) -> RowsByGame:
        return RowsByGame(_cast(self._read("prop_lines"), snapshot_utc=_INSTANT, commence_utc=_INSTANT))

    @cached_property
    def shots(self) -> RowsByGame:
        """Field-goal attempts in the order in which they were played; none where the archive lacks them."""
        path = self._path("shots")
        if not path.is_file():
            return RowsByGame(pa.table({"game_id": pa.array([], pa.string())}))
        return RowsByGame(pq.read_table(path, columns=list(SHOT_COLUMNS)))

    @cached_property
    def top_scorers(self) -> dict[str, dict[str, Any]]:
        """game_id -> the row of its highest scorer (player_id, player_name, team, points)."""
        box = self._read("player_box").select(["game_id", "team", "player_id", "player_name", "points"])
        box = box.filter(pc.is_valid(box["points"]))
        order = pc.sort_indices(box, sort_keys=[("points", "ascending"), ("player_id", "descending")])
        return {row["game_id"]: row for row in box.take(order).to_pylist()}

    @property
    def first_date(self) -> date:
        return min(game.game_date for game in self.games)

    @property
    def last_date(self) -> date:
        return max(game.game_date for game in self.games)


_INSTANT = pa.timestamp("us", tz="UTC")


def _cast(table: pa.Table, **types: pa.DataType) -> pa.Table:
    for name, kind in types.items():
        index = table.schema.get_field_index(name)
        try:
            table = table.set_column(index, name, table[name].cast(kind))
        except pa.ArrowInvalid as error:
            raise ArchiveError(f"column {name} cannot be read as {kind}: {error}") from error
    return table


def _game(row: dict[str, Any]) -> Game:
    known = row.pop("tipoff_utc")
    assumed = datetime.combine(row["game_date"], ASSUMED_TIPOFF, EASTERN).astimezone(UTC)
    # pyarrow hands out its own UTC; equal instants must also print alike
    tipoff = known.astimezone(UTC) if known else assumed
    spread, total = _number(row.pop("home_spread")), _number(row.pop("total_line"))
    return Game(tipoff=tipoff, assumed_time=known is None, home_spread=spread, total_line=total, **row)


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def _check_teams(path: Path, games: list[Game]) -> None:
    unknown = sorted({team for game in games for team in (game.home_team, game.away_team)} - set(TEAMS))
    if unknown:
        raise ArchiveError(f"{path} names teams that the NBA does not have: {', '.join(unknown)}")
