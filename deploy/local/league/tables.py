"""Turns simulated arrays into the five tables of the archive format, version 1, and the oracle's table.

Arrays are (team-games, slots); row 2g is the home side of game g.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deploy.local.league import injuries as report
from deploy.local.league.games import Box
from deploy.local.league.injuries import Availability
from deploy.local.league.market import BOOKS
from deploy.local.league.names import plain
from deploy.local.league.night import Pregame
from deploy.local.league.oracle import QUANTILES, Truth
from deploy.local.league.players import Players
from deploy.local.league.schedule import TEAMS, Schedule

DRESSED, DRESSED_SHARES = (12, 13, 14, 15), (0.28, 0.26, 0.20, 0.26)  # listed a team, as in 2024-25
COACH = "DNP - Coach's Decision"
COMMENTS = {
    report.INJURY: "DND - Injury/Illness",
    report.ASSIGNED: "NWT - Not With Team",
    report.RESTED: "DND - Rest",
    report.ABSENT: "NWT - Personal",
}
LISTED_SHARE = 0.27  # of those ruled out who appear in the box score with a reason
ASCII_BOOKS = ("draftkings", "betmgm")
COUNTS = (
    "points", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta",
    "oreb", "dreb", "ast", "stl", "blk", "turnovers", "pf", "plus_minus",
)  # fmt: skip


@dataclass(frozen=True)
class Season:
    """One simulated season in arrays."""

    schedule: Schedule
    players: Players
    state: Pregame
    availability: Availability
    box: Box
    truth: Truth


def games_table(season: Season, spread: np.ndarray, total: np.ndarray) -> pd.DataFrame:
    """games.parquet."""
    schedule, points = season.schedule, season.box.team_points
    teams = np.array(TEAMS)
    return pd.DataFrame(
        {
            "game_id": schedule.game_id,
            "game_date": schedule.dates,
            "season": schedule.label,
            "season_type": "Regular Season",
            "tipoff_utc": schedule.tipoff,
            "neutral_site": False,
            "home_team": teams[schedule.home],
            "away_team": teams[schedule.away],
            "home_points": points[::2],
            "away_points": points[1::2],
            "home_spread": spread,
            "total_line": total,
        }
    )


def _keys(season: Season, row: np.ndarray, slot: np.ndarray) -> dict[str, np.ndarray]:
    """The columns that say which game, team and player each (row, slot) is."""
    schedule, player = season.schedule, season.state.player[row, slot]
    sides = np.array(TEAMS)[np.stack([schedule.home, schedule.away], axis=1)]
    game, side = row // 2, row % 2
    return {
        "game_id": np.array(schedule.game_id, dtype=object)[game],
        "game_date": np.array(schedule.dates, dtype=object)[game],
        "season": np.full(len(row), schedule.label, dtype=object),
        "team": sides[game, side].astype(object),
        "opponent": sides[game, 1 - side].astype(object),
        "is_home": side == 0,
        "player_id": season.players.player_id[player],
        "player_name": season.players.name[player],
    }


def box_table(rng: np.random.Generator, season: Season) -> pd.DataFrame:
    """player_box.parquet: who played, then who dressed or is listed with a reason and did not."""
    box = season.box
    row, slot = _listed(rng, season)
    played = box.plays[row, slot]
    keys = _keys(season, row, slot)
    frame = pd.DataFrame({**keys, "season_type": "Regular Season"})
    frame["status"] = np.where(played, "PLAYED", "DID_NOT_PLAY")
    frame["comment"] = _comments(season, row, slot)
    frame["starter"] = pd.array(box.starter[row, slot], dtype="boolean")
    frame["position"] = box.position[row, slot]
    frame["minutes"] = box.seconds[row, slot] / 60
    for name in COUNTS:
        frame[name] = pd.array(box.counts[name][row, slot], dtype="Int64")
        frame.loc[~played, name] = pd.NA
    return frame


def _listed(rng: np.random.Generator, season: Season) -> tuple[np.ndarray, np.ndarray]:
    """(row, slot) in the order of a box score: by team, starters, then by minutes."""
    box, able = season.box, season.availability.able
    shown = rng.random(able.shape) < LISTED_SHARE
    announced = season.availability.status == report.OUT
    inactive = ~box.plays & (able | ~announced | shown)
    rank = 1000.0 * box.starter + box.seconds / 60 + 100 * box.plays + 0.01 * season.state.plan
    order = np.argsort(-np.where(box.plays | inactive, rank, -np.inf), axis=1, kind="stable")
    row = np.repeat(np.arange(len(order)), order.shape[1])
    slot = order.ravel()
    room = rng.choice(DRESSED, len(order), p=DRESSED_SHARES)[:, None] > np.arange(order.shape[1])
    kept = box.plays[row, slot] | (inactive[row, slot] & room.ravel())
    return row[kept], slot[kept]


def _comments(season: Season, row: np.ndarray, slot: np.ndarray) -> np.ndarray:
    """Why he did not play; None for who did."""
    cause, able = season.availability.cause[row, slot], season.availability.able[row, slot]
    reason = np.array([COMMENTS[code] for code in sorted(COMMENTS)], dtype=object)[cause]
    reason[able] = COACH
    reason[season.box.plays[row, slot]] = None
    return np.asarray(reason)


def injuries_table(season: Season) -> pd.DataFrame:
    """injuries.parquet: the last report before tip, one row a player and game."""
    availability = season.availability
    row, slot = np.nonzero(availability.status > report.NONE)
    keys = _keys(season, row, slot)
    before = pd.to_timedelta((availability.hours_before[row, slot] * 3600).round(), unit="s")
    return pd.DataFrame(
        {
            **{name: keys[name] for name in ("game_date", "game_id", "team", "player_id", "player_name")},
            "status": np.array(report.STATUSES, dtype=object)[availability.status[row, slot]],
            "reason": _reasons(availability, row, slot),
            "derived": False,
            "report_utc": season.schedule.tipoff[row // 2] - before,
        }
    )


def _reasons(availability: Availability, row: np.ndarray, slot: np.ndarray) -> np.ndarray:
    part = np.array(report.PARTS, dtype=object)[availability.part[row, slot]]
    cause = availability.cause[row, slot]
    texts = np.array(["", "G League - Two-Way", "Rest", "Personal Reasons"], dtype=object)[cause]
    return np.asarray(np.where(cause == report.INJURY, "Injury/Illness - " + part, texts))


def props_table(season: Season, props: pd.DataFrame) -> pd.DataFrame:
    """prop_lines.parquet from market.draw_props; some bookmakers spell names in ASCII."""
    keys = _keys(season, props["row"].to_numpy(), props["slot"].to_numpy())
    spelling = {name: plain(name) for name in season.players.name}
    ascii_book = props["bookmaker"].isin(ASCII_BOOKS).to_numpy()
    names = pd.Series(keys["player_name"], dtype=object)
    frame = pd.DataFrame({name: keys[name] for name in ("game_id", "game_date", "season", "player_id")})
    frame["player_name"] = names.where(~ascii_book, names.map(spelling)).to_numpy()
    frame["team"], frame["opponent"] = keys["team"], keys["opponent"]
    frame["bookmaker"], frame["market"] = props["bookmaker"], "player_points"
    for name in ("line", "over_odds", "under_odds", "snapshot_utc"):
        frame[name] = props[name]
    frame["commence_utc"] = season.schedule.tipoff[props["row"].to_numpy() // 2]
    book = props["bookmaker"].map({b.key: i for i, b in enumerate(BOOKS)}).to_numpy()
    game = props["row"].to_numpy() // 2
    order = np.lexsort((frame["line"], book, frame["player_id"], frame["snapshot_utc"], game))
    return frame.iloc[order].reset_index(drop=True)


def oracle_table(season: Season) -> pd.DataFrame:
    """oracle.parquet: the truth before tip about each player-game that was played."""
    row, slot = np.nonzero(season.box.plays)
    keys, truth = _keys(season, row, slot), season.truth
    frame = pd.DataFrame(
        {name: keys[name] for name in ("game_id", "game_date", "season", "team", "player_id")}
    )
    for name in ("mean", "sd", "median", "expected_minutes"):
        frame[name] = getattr(truth, name)[row, slot]
    for i, level in enumerate(QUANTILES):
        frame[f"q{round(100 * level):02d}"] = truth.quantiles[row, slot, i]
    return frame
