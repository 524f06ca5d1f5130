"""Writes a league to disk: all of it or nothing, the same bytes for the same tables."""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_TEXT, _FLAG, _WHOLE, _REAL = pa.large_string(), pa.bool_(), pa.int64(), pa.float64()
_TIME = pa.timestamp("us", tz="UTC")
_CODES = pa.dictionary(pa.int8(), pa.string())


def _schema(*groups: tuple[pa.DataType, str]) -> pa.Schema:
    """Columns in order, as (type, names separated by blanks)."""
    return pa.schema([(name, kind) for kind, names in groups for name in names.split()])


SCHEMAS = {
    "games": _schema(
        (_TEXT, "game_id"),
        (pa.date32(), "game_date"),
        (_TEXT, "season season_type"),
        (_TIME, "tipoff_utc"),
        (_FLAG, "neutral_site"),
        (_TEXT, "home_team away_team"),
        (_WHOLE, "home_points away_points"),
        (_REAL, "home_spread total_line"),
    ),
    "player_box": _schema(
        (_TEXT, "game_id"),
        (pa.date32(), "game_date"),
        (_TEXT, "season season_type team opponent"),
        (_FLAG, "is_home"),
        (_WHOLE, "player_id"),
        (_TEXT, "player_name status comment"),
        (_FLAG, "starter"),
        (_TEXT, "position"),
        (_REAL, "minutes"),
        (_WHOLE, "points fgm fga fg3m fg3a ftm fta oreb dreb ast stl blk turnovers pf plus_minus"),
    ),
    "prop_lines": _schema(
        (_TEXT, "game_id"),
        (pa.date32(), "game_date"),
        (_TEXT, "season"),
        (_WHOLE, "player_id"),
        (_TEXT, "player_name team opponent bookmaker market"),
        (_REAL, "line over_odds under_odds"),
        (_TIME, "snapshot_utc commence_utc"),
    ),
    "shots": _schema(
        (_TEXT, "game_id"),
        (_WHOLE, "player_id"),
        (_CODES, "team"),
        (_FLAG, "shot_made is_three"),
        (pa.int16(), "shot_distance"),
        (_CODES, "basic_zone action_type"),
        (pa.int8(), "period"),
        (pa.int16(), "seconds_left"),
    ),
    "injuries": _schema(
        (pa.date32(), "game_date"),
        (_TEXT, "game_id team"),
        (_WHOLE, "player_id"),
        (_TEXT, "player_name status reason"),
        (_FLAG, "derived"),
        (_TIME, "report_utc"),
    ),
}
PARAMETERS = "league.json"


@dataclass(frozen=True)
class LeagueFiles:
    """Where a league lies: the archive that providers would know, and what only the simulation knows."""

    root: Path

    @property
    def archive(self) -> Path:
        """Folder of the five parquet files of the archive format, version 1."""
        return self.root / "archive"

    @property
    def oracle(self) -> Path:
        """Parquet file: the true pre-tip distribution of points of each player-game played."""
        return self.root / "oracle.parquet"

    @property
    def information(self) -> Path:
        """JSON file: what the oracle knows and what it does not."""
        return self.root / "oracle.json"

    def parameters(self) -> dict[str, Any] | None:
        """What the league was generated from, None where there is none."""
        path = self.root / PARAMETERS
        return json.loads(path.read_text()) if path.is_file() else None


def write_league(
    out: Path,
    tables: dict[str, pd.DataFrame],
    oracle: pd.DataFrame,
    information: dict[str, Any],
    parameters: dict[str, Any],
) -> LeagueFiles:
    """Write beside `out` and rename. `out` may be missing, empty or an older league, else FileExistsError."""
    refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        _write(LeagueFiles(partial), tables, oracle, information, parameters)
        _exchange(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return LeagueFiles(out)


def refuse_foreign(out: Path) -> None:
    """Raise FileExistsError when `out` holds something that is not a league."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / PARAMETERS).is_file()):
        raise FileExistsError(f"{out} holds something else than a league; name a new or empty folder")


def _write(
    files: LeagueFiles,
    tables: dict[str, pd.DataFrame],
    oracle: pd.DataFrame,
    information: dict[str, Any],
    parameters: dict[str, Any],
) -> None:
    files.root.chmod(0o755)
    files.archive.mkdir()
    for name, schema in SCHEMAS.items():
        table = pa.Table.from_pandas(tables[name], schema=schema, preserve_index=False)
        pq.write_table(table.replace_schema_metadata(None), files.archive / f"{name}.parquet")
    oracle.to_parquet(files.oracle, index=False)
    files.information.write_text(json.dumps(information, indent=2) + "\n")
    (files.root / PARAMETERS).write_text(json.dumps(parameters, indent=2) + "\n")


def _exchange(partial: Path, out: Path) -> None:
    old = partial.with_name(partial.name + ".old")
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
