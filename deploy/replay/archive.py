"""An archive as a replay needs it: dates, tip-offs, and rows in the shape of the raw tables."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_processors.raw.nba_shots.parse import ZONES
from deploy.local.upstream.archive import COLUMNS, SHOT_COLUMNS
from deploy.local.upstream.market import decimal_price
from deploy.local.upstream.quotes import CONSENSUS, GAME_LINE_PRICE
from shared.clock import EASTERN, eastern_moment
from shared.identity.games import season_type, season_year
from shared.identity.names import player_lookup

# Eastern: by then the day's rosters and the first lines are out.
MORNING_HOUR = 10
# What the upstream server assumes of a game whose tip-off the archive does not know.
_ASSUMED_TIP = time(19)
_ABSENCE_LEAD = timedelta(minutes=60)
_ASSUMED_SNAPSHOT_LEAD = timedelta(minutes=60)
_ROSTER_GAMES = 15
_BOX_COLUMNS = {
    "points": "points",
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
    "turnovers": "turnovers",
    "pf": "personal_fouls",
    "plus_minus": "plus_minus",
}

_SHOT_COLUMNS = {
    "team": "team_abbr",
    "shot_made": "made",
    "seconds_left": "clock_seconds",
    "action_type": "shot_type",
}
_ABSENCE_COLUMNS = (
    "game_date",
    "game_id",
    "team_abbr",
    "player_id",
    "subject",
    "submitted",
    "player_lookup",
    "player_name",
    "status",
    "reason",
    "report_at",
    "availability_assumed",
)


# What is read of each file: by the upstream server, and here besides.
_COLUMNS = {
    "games": COLUMNS["games"],
    "player_box": (*COLUMNS["player_box"], "game_date", "season", "season_type", "opponent"),
    "prop_lines": (*COLUMNS["prop_lines"], "game_date", "player_id"),
    "shots": SHOT_COLUMNS,
    "injuries": ("game_date", "game_id", "team", "player_id", "player_name", "status", "reason", "derived"),
}
# Parquet that is damaged within can be text that is none, too.
_UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)


class ArchiveError(ValueError):
    """The archive cannot be used; the message names the file or the date, and the remedy."""


@dataclass(frozen=True)
class ReplayArchive:
    """A folder in the archive format, version 1."""

    folder: Path

    def check(self) -> None:
        """Raises ArchiveError unless every file of the format is there with its columns, and there are games.

        Only the files' footers are read: what is damaged within shows when it is read.
        """
        for name, columns in _COLUMNS.items():
            path = self._path(name)
            if not path.is_file():
                raise ArchiveError(f"{path} is missing: the archive must be a folder as docs/archive.md says")
            found = self._footer(path)
            names = found.schema.to_arrow_schema().names
            if missing := [column for column in columns if column not in names]:
                raise ArchiveError(
                    f"{path} lacks the columns {', '.join(missing)}: docs/archive.md lists them"
                )
            if name == "games" and not found.num_rows:
                raise ArchiveError(f"{path} has no rows: an archive needs at least one game")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    @staticmethod
    def _footer(path: Path) -> pq.FileMetaData:
        try:
            return pq.read_metadata(path)
        except _UNREADABLE as error:
            raise ArchiveError(f"{path} cannot be read as parquet: {_line(error)}") from None

    def _read(self, name: str) -> pd.DataFrame:
        """A file as it is. Raises ArchiveError when it is damaged within."""
        path = self._path(name)
        try:
            return pd.read_parquet(path)
        except _UNREADABLE as error:
            raise ArchiveError(
                f"{path} is damaged ({_line(error)}): copy it, or make the archive, once more"
            ) from None

    @cached_property
    def games(self) -> pd.DataFrame:
        """One row a game: game_id (ours), nba_game_id, game_date, tip_at, tip_assumed, teams, result."""
        raw = self._read("games")
        frame = raw.rename(columns={"game_id": "nba_game_id"})
        frame["game_date"] = pd.to_datetime(frame["game_date"]).dt.date
        frame["tip_assumed"] = frame["tipoff_utc"].isna()
        assumed = pd.Series([eastern_moment(day, _ASSUMED_TIP) for day in frame["game_date"]], frame.index)
        frame["tip_at"] = pd.to_datetime(frame["tipoff_utc"].fillna(assumed), utc=True)
        days = pd.to_datetime(frame["game_date"]).dt.strftime("%Y%m%d")
        frame["game_id"] = days + "_" + frame["away_team"] + "_" + frame["home_team"]
        frame["season_year"] = frame["game_date"].map(season_year)
        frame["season_type"] = frame["nba_game_id"].map(season_type)
        return frame

    @cached_property
    def _names(self) -> pd.Series:
        """player_id -> the name that box scores have, whose lookup is canonical; books have others."""
        box = self._read("player_box").drop_duplicates("player_id", keep="last")
        return box.set_index("player_id")["player_name"]

    @property
    def dates(self) -> list[date]:
        """Every date with games, in order."""
        return sorted(self.games["game_date"].unique())

    def busiest_of_last(self, dates: int) -> date:
        """The date with the most games among the last few."""
        return self.busiest(self.dates[-dates:])

    def busiest(self, dates: list[date]) -> date:
        """The one of some dates with the most games, and the later of two."""
        games = self.games["game_date"].value_counts()
        return max(dates, key=lambda day: (games[day], day))

    def check_date(self, day: date) -> None:
        """Raises ArchiveError with the range when a date has no games here."""
        if day not in set(self.dates):
            raise ArchiveError(
                f"{day} has no games in {self.folder}; its games are from {self.dates[0]} to {self.dates[-1]}"
            )

    def tips(self, day: date) -> tuple[datetime, datetime]:
        """The first and the last tip-off of a date."""
        tips = self.games.loc[self.games["game_date"] == day, "tip_at"]
        return tips.min().to_pydatetime(), tips.max().to_pydatetime()

    def schedule_rows(self, first: date, last: date) -> pd.DataFrame:
        """The games between two dates in the shape of nba_raw.nba_schedule, all final."""
        rows = self._between(self.games, first, last)
        rows["status"] = "FINAL"
        return rows.drop(columns=["season", "tipoff_utc", "home_spread", "total_line"])

    def box_rows(self, first: date, last: date) -> pd.DataFrame:
        """The box scores between two dates in the shape of nba_raw.nba_player_boxscores."""
        box = self._read("player_box").rename(columns={"game_id": "nba_game_id", **_BOX_COLUMNS})
        box["game_date"] = pd.to_datetime(box["game_date"]).dt.date
        rows = self._between(box, first, last).drop(columns=["season", "season_type"])
        known = ["nba_game_id", "game_id", "season_year", "season_type"]
        rows = rows.merge(self.games[known], on="nba_game_id", validate="many_to_one")
        rows["status"] = [
            "PLAYED" if status == "PLAYED" else _absence(comment)
            for status, comment in zip(rows["status"], rows["comment"], strict=True)
        ]
        rows["seconds_played"] = (rows["minutes"].fillna(0) * 60).round().astype("int64")
        rows["player_lookup"] = rows["player_name"].map(player_lookup)
        return rows.rename(
            columns={"team": "team_abbr", "opponent": "opponent_team_abbr", "starter": "is_starter"}
        ).drop(columns=["minutes"])

    def shot_rows(self, first: date, last: date) -> pd.DataFrame:
        """The shots between two dates in the shape of nba_raw.nba_shots.

        The archive does not say who assisted, blocked or fouled: is_assisted and is_and_one are null.
        """
        days = self.games.set_index("nba_game_id")["game_date"]
        raw = self._read("shots").rename(columns={"game_id": "nba_game_id", **_SHOT_COLUMNS})
        raw["game_date"] = raw["nba_game_id"].map(days)
        known = ["nba_game_id", "game_id", "home_team", "away_team"]
        rows = self._between(raw, first, last).merge(
            self.games[known], on="nba_game_id", validate="many_to_one"
        )
        rows["opponent_team_abbr"] = rows["home_team"].where(
            rows["team_abbr"] == rows["away_team"], rows["away_team"]
        )
        rows["action_number"] = rows.groupby("game_id").cumcount() + 1
        period = rows["period"].astype("int64")
        period_ends = period.clip(upper=4) * 720 + (period - 4).clip(lower=0) * 300
        rows["elapsed_seconds"] = (period_ends - rows["clock_seconds"]).astype(float)
        rows["clock_seconds"] = rows["clock_seconds"].astype(float)
        rows["shot_distance"] = rows["shot_distance"].astype(float)
        rows["points"] = rows["made"] * (2 + rows["is_three"].astype(int))
        rows["shot_zone"] = rows["basic_zone"].map(ZONES)
        return rows.drop(columns=["home_team", "away_team", "basic_zone"])

    def absence_rows(self, first: date, last: date) -> pd.DataFrame:
        """The absences that were derived from box scores as reports, each known one hour before tip.

        Those that were really reported come from the injury report.
        """
        rows = self._injuries(first, last, derived=True)
        rows["report_at"] = rows["tip_at"] - _ABSENCE_LEAD
        rows["availability_assumed"] = True
        return rows[list(_ABSENCE_COLUMNS)]

    def report_rows(self, first: date, last: date) -> pd.DataFrame:
        """What was really reported, in the shape of nba_raw.nba_injury_report.

        Each moment at which something was reported of a game is a report of all that was known of it by then,
        as the league's are.
        """
        rows = self._injuries(first, last, derived=False)
        if "report_utc" not in rows or rows.empty:
            return pd.DataFrame(columns=list(_ABSENCE_COLUMNS))
        rows["said_at"] = pd.to_datetime(rows["report_utc"], utc=True)
        moments = rows[["game_id", "said_at"]].drop_duplicates().rename(columns={"said_at": "report_at"})
        rows = rows.merge(moments, on="game_id")
        rows = rows[rows["said_at"] <= rows["report_at"]].sort_values("said_at")
        rows = rows.drop_duplicates(["game_id", "player_lookup", "report_at"], keep="last")
        rows["availability_assumed"] = False
        return rows[list(_ABSENCE_COLUMNS)]

    def _injuries(self, first: date, last: date, derived: bool) -> pd.DataFrame:
        raw = self._read("injuries").rename(columns={"game_id": "nba_game_id", "team": "team_abbr"})
        raw = raw[raw["derived"].astype(bool) == derived]
        raw["game_date"] = pd.to_datetime(raw["game_date"]).dt.date
        rows = self._between(raw, first, last).merge(
            self.games[["nba_game_id", "game_id", "tip_at"]], on="nba_game_id", validate="many_to_one"
        )
        rows["player_lookup"] = rows["subject"] = rows["player_name"].map(player_lookup)
        rows["submitted"] = True
        return rows

    def line_rows(self, first: date, last: date) -> pd.DataFrame:
        """The points lines between two dates in the shape of nba_raw.odds_player_props."""
        raw = self._read("prop_lines").rename(
            columns={"game_id": "nba_game_id", "over_odds": "over_price", "under_odds": "under_price"}
        )
        raw["game_date"] = pd.to_datetime(raw["game_date"]).dt.date
        rows = self._between(raw[raw["market"] == "player_points"], first, last).merge(
            self.games[["nba_game_id", "game_id", "tip_at"]], on="nba_game_id", validate="many_to_one"
        )
        rows["commence_at"] = pd.to_datetime(rows["commence_utc"], utc=True)
        seen = pd.to_datetime(rows["snapshot_utc"], utc=True)
        rows["snapshot_assumed"] = seen.isna()
        # Books and league give starts that differ by minutes; an assumed time is before both.
        start = rows[["commence_at", "tip_at"]].min(axis=1)
        rows["snapshot_at"] = seen.fillna(start - _ASSUMED_SNAPSHOT_LEAD)
        names = rows["player_id"].map(self._names).fillna(rows["player_name"])
        rows["player_lookup"] = names.map(player_lookup)
        for side in ("over", "under"):
            price = rows[f"{side}_price"].astype(float)
            rows[f"{side}_price"] = price.astype("Int64")
            rows[f"{side}_price_decimal"] = 1 + (price / 100).where(price > 0, 100 / price.abs())
        rows["event_id"] = rows["nba_game_id"]
        rows = rows.sort_values(["game_id", "bookmaker", "player_lookup", "line", "snapshot_at"])
        return rows.drop_duplicates(
            ["game_id", "bookmaker", "player_lookup", "market", "line", "snapshot_at"], keep="last"
        )

    def game_line_rows(self, first: date, last: date) -> pd.DataFrame:
        """The closing spreads and totals between two dates in the shape of nba_raw.odds_game_lines.

        Neither their time nor their price is known, and the upstream server assumes the same ones.
        """
        games = self._between(self.games, first, last)
        spread, total = games["home_spread"].astype(float), games["total_line"].astype(float)
        # 0.0 - x: a pick'em is 0.0 for both, never -0.0
        sides = {
            ("spreads", "home"): spread,
            ("spreads", "away"): 0.0 - spread,
            ("totals", "over"): total,
            ("totals", "under"): total,
        }
        known = games[["game_date", "game_id", "nba_game_id", "tip_at"]]
        rows = pd.concat(
            [known.assign(market=market, side=side, line=line) for (market, side), line in sides.items()]
        ).dropna(subset="line")
        assumed = {"bookmaker": CONSENSUS, "price": GAME_LINE_PRICE, "snapshot_assumed": True}
        return rows.assign(
            **assumed,
            price_decimal=decimal_price(GAME_LINE_PRICE),
            event_id=rows["nba_game_id"],
            snapshot_at=rows["tip_at"] - _ASSUMED_SNAPSHOT_LEAD,
            commence_at=rows["tip_at"],
        )

    def roster_rows(self, first: date, last: date) -> pd.DataFrame:
        """Rosters between two dates in the shape of nba_raw.espn_rosters, each listed in the morning.

        An archive has none. Of a team's roster are: who is in its box score of that date, playing or not, and
        who was last in a box score for it, in one of its last 15 games. That a man is on the roster is
        announced in the morning; whether he plays is not said by it.
        """
        box = self._read("player_box").rename(columns={"game_id": "nba_game_id", "team": "team_abbr"})
        box["game_date"] = pd.to_datetime(box["game_date"]).dt.date
        box = box.sort_values("game_date")
        games = box[["team_abbr", "game_date"]].drop_duplicates().sort_values("game_date")
        games["number"] = games.groupby("team_abbr").cumcount()
        box = box.merge(games, on=["team_abbr", "game_date"])
        columns = ["team_abbr", "player_id", "player_name", "game_date", "number"]
        listed = box[columns].rename(columns={"game_date": "box_date"})
        listed["next_date"] = listed.groupby("player_id")["box_date"].shift(-1)
        later = [listed.assign(number=listed["number"] + back) for back in range(1, _ROSTER_GAMES + 1)]
        candidates = pd.concat([listed.assign(next_date=None), *later]).merge(
            games[(games["game_date"] >= first) & (games["game_date"] <= last)], on=["team_abbr", "number"]
        )
        own = candidates["box_date"] == candidates["game_date"]
        still = candidates["next_date"].isna() | (candidates["next_date"] >= candidates["game_date"])
        rows = candidates[own | still].sort_values(["game_date", "player_id", "box_date"])
        rows = rows.drop_duplicates(["game_date", "player_id"], keep="last").copy()
        rows["player_lookup"] = rows["player_name"].map(player_lookup)
        rows["espn_player_id"] = rows["player_id"]
        morning = {day: eastern_moment(day, time(9)) for day in set(rows["game_date"])}
        rows["listed_at"] = pd.to_datetime(rows["game_date"].map(morning), utc=True)
        return rows.drop(columns=["box_date", "next_date", "number"])

    @staticmethod
    def _between(frame: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
        return frame[(frame["game_date"] >= first) & (frame["game_date"] <= last)].copy()


def _line(error: Exception) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())


def _absence(comment: object) -> str:
    prefix = str(comment)[:3]
    return prefix if prefix in ("DND", "NWT") else "DNP"


def eastern_morning(day: date) -> datetime:
    """Ten o'clock in New York: what is known when the day begins."""
    return datetime.combine(day, time(MORNING_HOUR), EASTERN)


def next_morning(day: date) -> datetime:
    """Six o'clock in New York on the day after: every game is over."""
    return datetime.combine(day + timedelta(days=1), time(6), EASTERN)
