"""What the league had been told about absent and doubtful players by an instant.

Rows read off a box score (`derived`) were known to nobody before the game: they are never served.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deploy.local.upstream.archive import Archive, ArchiveError

_COLUMNS = ("game_id", "team", "player_id", "player_name", "status", "reason", "derived")


@dataclass(frozen=True)
class Absence:
    """A player of a game as last reported before tip. `reported` is UTC."""

    game_id: str
    team: str
    player_id: int
    player_name: str
    status: str
    reason: str | None
    reported: datetime


class Absences:
    """The reported rows of injuries.parquet; none where the file is missing or all of it is derived."""

    def __init__(self, archive: Archive) -> None:
        self._path = archive.folder / "injuries.parquet"
        self._games = archive.game_by_id

    def reported(self, season: str) -> bool:
        """Whether the archive holds any report of the season."""
        return season in self._seasons

    def of(self, game_id: str, instant: datetime) -> list[Absence]:
        """Rows of the game that had been reported by `instant`."""
        return [row for row in self._by_game.get(game_id, []) if row.reported <= instant]

    @cached_property
    def _seasons(self) -> set[str]:
        return {self._games[game_id].season for game_id in self._by_game if game_id in self._games}

    @cached_property
    def _by_game(self) -> dict[str, list[Absence]]:
        rows: dict[str, list[Absence]] = defaultdict(list)
        for row in self._read():
            reported = row.pop("report_utc").astimezone(UTC)
            rows[row["game_id"]].append(Absence(reported=reported, **row))
        return dict(rows)

    def _read(self) -> list[dict[str, Any]]:
        if not self._path.is_file():
            return []
        present = set(pq.read_schema(self._path).names)
        if missing := [column for column in _COLUMNS if column not in present]:
            raise ArchiveError(f"{self._path} lacks the columns {', '.join(missing)}")
        if "report_utc" not in present:
            return []
        table = pq.read_table(self._path, columns=[*_COLUMNS, "report_utc"])
        known = pc.and_(pc.invert(table["derived"]), pc.is_valid(table["report_utc"]))
        table = table.filter(known).drop_columns(["derived"])
        index = table.schema.get_field_index("report_utc")
        instants = table["report_utc"].cast(pa.timestamp("us", tz="UTC"))
        rows: list[dict[str, Any]] = table.set_column(index, "report_utc", instants).to_pylist()
        return rows
