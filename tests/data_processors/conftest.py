"""Raw rows for phases 3 and 4, made by hand or read from an archive, and runs of a table's SQL."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from orchestration.pipeline import load_pipeline
from shared.clock import eastern_moment
from shared.identity.games import parse_game_id, season_year
from shared.identity.names import player_lookup
from shared.messages import AsOf, Phase
from shared.warehouse.checks import Violation, violations
from shared.warehouse.exchange import Replaced
from shared.warehouse.replace import replace_dates
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

GENERATION = datetime(2024, 1, 1, 12, tzinfo=UTC)
_BOX_COLUMNS = {
    "team": "team_abbr",
    "opponent": "opponent_team_abbr",
    "starter": "is_starter",
    "fgm": "fg_makes",
    "fga": "fg_attempts",
    "fg3m": "three_pt_makes",
    "fg3a": "three_pt_attempts",
    "ftm": "ft_makes",
    "fta": "ft_attempts",
    "oreb": "offensive_rebounds",
    "dreb": "defensive_rebounds",
    "ast": "assists",
    "stl": "steals",
    "blk": "blocks",
    "pf": "personal_fouls",
}
_COUNTS = (
    "seconds_played",
    "points",
    *(_BOX_COLUMNS[name] for name in list(_BOX_COLUMNS)[3:]),
    "turnovers",
    "plus_minus",
)


@dataclass
class Archive:
    """An archive's frames between two dates, with our game_id beside NBA's."""

    games: pd.DataFrame
    box: pd.DataFrame
    lines: pd.DataFrame

    @classmethod
    def read(cls, folder: Path, first: date, last: date) -> "Archive":
        frames = [
            pd.read_parquet(folder / f"{name}.parquet") for name in ("games", "player_box", "prop_lines")
        ]
        games, box, lines = (f[(f.game_date >= first) & (f.game_date <= last)].copy() for f in frames)
        days = pd.to_datetime(games.game_date).dt.strftime("%Y%m%d")
        games["our_id"] = days + "_" + games.away_team + "_" + games.home_team
        ours = games.set_index("game_id").our_id
        evening = [eastern_moment(day, time(19)) for day in games.game_date]
        games["tip_at"] = games.tipoff_utc.fillna(pd.Series(evening, games.index))
        for frame in (box, lines):
            frame["our_id"] = frame.game_id.map(ours)
            frame["player_lookup"] = frame.player_name.map(player_lookup)
        return cls(games, box, lines)


@dataclass
class Raw:
    """The raw tables of one emulated warehouse; rows are made with every column that a test leaves out."""

    warehouse: Warehouse
    tables: tuple[str, ...] = field(
        default=(
            "nba_schedule",
            "nba_player_boxscores",
            "odds_player_props",
            "nba_injury_report",
            "espn_rosters",
            "nba_shots",
            "odds_game_lines",
            "bp_player_props",
        )
    )

    def clear(self, *more: str) -> None:
        for table in (*self.tables, *more):
            self.warehouse.run(" ".join(("DELETE FROM", spec_of(table).table, "WHERE TRUE")))

    def game(self, game_id: str, **values: Any) -> dict[str, Any]:
        """A scheduled game with tip-off at 19:00 Eastern."""
        key = parse_game_id(game_id)
        row = {
            "nba_game_id": "0022400001",
            "season_type": "regular",
            "tip_at": eastern_moment(key.game_date, time(19)),
            "tip_assumed": False,
            "home_team": key.home_team,
            "away_team": key.away_team,
            "status": "SCHEDULED",
            "neutral_site": False,
        }
        return self._row("nba_schedule", game_id, {**row, **values})

    def box(self, game_id: str, team: str, name: str, points: int, minutes: float, **values: Any) -> Any:
        """A player's box score: his points are free throws unless makes are given."""
        key = parse_game_id(game_id)
        opponent = key.away_team if team == key.home_team else key.home_team
        row = {
            **dict.fromkeys(_COUNTS, 0),
            "nba_game_id": "0022400001",
            "season_type": "regular",
            "team_abbr": team,
            "opponent_team_abbr": opponent,
            "is_home": team == key.home_team,
            "player_id": sum(map(ord, name)),
            "player_lookup": player_lookup(name),
            "player_name": name,
            "status": "PLAYED",
            "is_starter": True,
            "seconds_played": round(60 * minutes),
            "points": points,
            "ft_makes": points,
            "ft_attempts": points,
        }
        return self._row("nba_player_boxscores", game_id, {**row, **values})

    def line(self, game_id: str, name: str, line: float, minutes_before: int, **values: Any) -> Any:
        """A bookmaker's line on a player's points, seen some minutes before 19:00 Eastern."""
        tip_at = eastern_moment(parse_game_id(game_id).game_date, time(19))
        row = {
            "event_id": game_id,
            "bookmaker": "draftkings",
            "player_lookup": player_lookup(name),
            "player_name": name,
            "market": "player_points",
            "line": line,
            "over_price": -110,
            "under_price": -110,
            "snapshot_at": tip_at - timedelta(minutes=minutes_before),
            "snapshot_assumed": False,
            "commence_at": tip_at,
        }
        return self._row("odds_player_props", game_id, {**row, **values})

    def injury(self, game_id: str, name: str, status: str, minutes_before: int, **values: Any) -> Any:
        """A player's status in a report, some minutes before 19:00 Eastern."""
        tip_at = eastern_moment(parse_game_id(game_id).game_date, time(19))
        row = {
            "team_abbr": game_id[-3:],
            "subject": player_lookup(name),
            "submitted": True,
            "player_id": sum(map(ord, name)),
            "player_lookup": player_lookup(name),
            "player_name": name,
            "status": status,
            "reason": "Knee",
            "report_at": tip_at - timedelta(minutes=minutes_before),
            "availability_assumed": False,
        }
        return self._row("nba_injury_report", game_id, {**row, **values})

    def roster(self, day: date, team: str, name: str, **values: Any) -> Any:
        """A player on a team's roster as listed in the morning of a date."""
        opponent = "BOS" if team == "NYK" else "NYK"
        row = {
            "game_date": day,
            "team_abbr": team,
            "player_id": sum(map(ord, name)),
            "player_lookup": player_lookup(name),
            "player_name": name,
            "listed_at": eastern_moment(day, time(9)),
        }
        return self._row("espn_rosters", f"{day:%Y%m%d}_{team}_{opponent}", {**row, **values})

    def load(self, *rows: dict[str, Any]) -> None:
        """Stores rows of any of the raw tables."""
        for table in self.tables:
            if own := [
                {k: v for k, v in row.items() if k != "table"} for row in rows if row["table"] == table
            ]:
                self.warehouse.load(table, own)

    def load_archive(self, archive: Archive) -> None:
        """Stores an archive's games, box scores and lines; a line is one hour before the tip-off."""
        seasons = archive.games.season.str[:4].astype(int)
        same = ["game_date", "home_team", "away_team", "home_points", "away_points", "neutral_site", "tip_at"]
        games = archive.games[same].assign(
            game_id=archive.games.our_id,
            nba_game_id=archive.games.game_id,
            season_year=seasons,
            season_type="regular",
            tip_assumed=archive.games.tipoff_utc.isna(),
            status="FINAL",
        )
        box = archive.box.rename(columns=_BOX_COLUMNS).assign(
            game_id=archive.box.our_id,
            nba_game_id=archive.box.game_id,
            season_year=archive.box.season.str[:4].astype(int),
            season_type="regular",
            status=archive.box.status.map({"PLAYED": "PLAYED", "DID_NOT_PLAY": "DNP"}),
            seconds_played=(archive.box.minutes * 60).round().astype("Int64"),
        )
        box[list(_COUNTS)] = box[list(_COUNTS)].fillna(0)
        lines = archive.lines.assign(
            event_id=archive.lines.game_id,
            game_id=archive.lines.our_id,
            over_price=archive.lines.over_odds.astype("Int64"),
            under_price=archive.lines.under_odds.astype("Int64"),
            snapshot_at=archive.lines.commence_utc - pd.Timedelta(hours=1),
            snapshot_assumed=True,
            commence_at=archive.lines.commence_utc,
        )
        for table, frame in zip(self.tables, (games, box, lines), strict=False):
            self.load_frame(table, frame)

    def load_frame(self, table: str, frame: pd.DataFrame) -> None:
        """Stores a frame in the shape of a raw table; columns that it lacks are NULL."""
        spec = spec_of(table)
        whole = frame.assign(generation=GENERATION, run_id="archive", written_at=GENERATION)
        whole = whole.reindex(columns=spec.column_names()).astype(object)
        self.warehouse.load(table, pa.Table.from_pandas(whole, spec.arrow_schema(), preserve_index=False))

    def _row(self, table: str, game_id: str, values: dict[str, Any]) -> dict[str, Any]:
        game_date = parse_game_id(game_id).game_date
        named = set(spec_of(table).column_names())
        row = {
            "game_id": game_id,
            "game_date": game_date,
            "season_year": season_year(game_date),
            "generation": GENERATION,
            "run_id": "by-hand",
            "written_at": GENERATION,
            **values,
        }
        return {"table": table, **{name: value for name, value in row.items() if name in named}}


@dataclass
class Tables:
    """Computes derived tables and reads them back."""

    warehouse: Warehouse

    def make(
        self,
        names: Iterable[str],
        *days: date,
        lead_minutes: int | None = 60,
        as_of: datetime | None = None,
        latest_hour: int | None = None,
    ) -> dict[str, Replaced]:
        """Runs tables' queries for some dates, as one statement each, and fails on a broken #fail check."""
        knowledge = AsOf(lead_minutes=None if as_of else lead_minutes, as_of=as_of)
        made = {}
        for name in names:
            made[name] = self._replace(name, days, knowledge, latest_hour)
            assert not [v for v in self.broken(name, *days) if v.level == "fail"]
        return made

    def make_unchecked(self, names: Iterable[str], *days: date) -> None:
        """The same of inputs that are known to contradict each other."""
        for name in names:
            self._replace(name, days, AsOf(lead_minutes=60))

    def _replace(
        self, name: str, days: Iterable[date], knowledge: AsOf, latest_hour: int | None = None
    ) -> Replaced:
        generations = dict.fromkeys(days, GENERATION)
        return replace_dates(
            self.warehouse, spec_of(name), generations, knowledge, "test-run", latest_hour=latest_hour
        )

    def broken(self, name: str, *days: date) -> list[Violation]:
        return violations(self.warehouse, spec_of(name), min(days), max(days))

    def rows(self, name: str, *days: date) -> list[dict[str, Any]]:
        """The stable columns of a table's rows on some dates (all when none is given), in the key's order."""
        spec = spec_of(name)
        sql = " ".join(("SELECT", ", ".join(spec.stable_columns()), "FROM", spec.table))
        wanted = {"days": list(days)} if days else {}
        rows = self.warehouse.rows(sql + " WHERE game_date IN UNNEST(@days)" * bool(days), **wanted)
        return sorted(rows, key=lambda row: [row[name] for name in spec.key])

    def row(self, name: str, *days: date, **key: Any) -> dict[str, Any]:
        """The one row with these values."""
        (row,) = [row for row in self.rows(name, *days) if all(row[k] == v for k, v in key.items())]
        return row


@pytest.fixture
def raw(warehouse: Warehouse) -> Raw:
    """Empty raw tables."""
    tables = Raw(warehouse)
    tables.clear()
    return tables


@pytest.fixture
def tables(warehouse: Warehouse) -> Tables:
    """Empty derived tables."""
    phases = load_pipeline().phases
    Raw(warehouse, (*phases[Phase.ANALYTICS].outputs, *phases[Phase.PRECOMPUTE].outputs)).clear()
    return Tables(warehouse)


@pytest.fixture(scope="session")
def read_archive() -> Any:
    return Archive.read


@pytest.fixture(scope="session")
def make_raw() -> Any:
    return Raw


@pytest.fixture(scope="session")
def make_tables() -> Any:
    return Tables
