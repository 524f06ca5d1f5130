"""Who belongs to a team at an instant, as far as box scores tell."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pyarrow.parquet as pq

from deploy.local.upstream.archive import Archive, Game

RECENT_GAMES = 15
"""Of the team, in which a player must have been listed to be on its roster."""


@dataclass(frozen=True)
class RosterPlayer:
    """`position` is the newest known by then, as the box score abbreviates it."""

    player_id: int
    name: str
    position: str | None


@dataclass
class _Career:
    """A player's box-score rows in order of time."""

    listed_at: list[datetime]
    final_at: list[datetime]
    teams: list[str]
    positions: list[str | None]


class Rosters:
    """Rosters of an archive.

    That a box score has a row of a player, playing or not, is known from the morning of its game, as a club
    announces whom it has signed; what the row says is known once the game is final.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def next_game(self, team: str, now: datetime) -> Game | None:
        """The game to come, or the one that is being played."""
        return next((game for game in self._games.get(team, []) if game.final_at > now), None)

    def roster(self, team: str, now: datetime) -> list[RosterPlayer]:
        """By family name. Before the team's first game of a season: who was listed for that one."""
        games = self._games.get(team, [])
        if not games:
            return []
        season = (self.next_game(team, now) or games[-1]).season
        listed = [game for game in games if game.season == season and game.listed_at <= now]
        if not listed:
            opener = next(game for game in games if game.season == season)
            return self._players(team, [opener], now)
        ahead = sum(game.final_at > now for game in listed)
        recent = self._players(team, listed[-RECENT_GAMES - ahead :], now)
        return [player for player in recent if self._team(player.player_id, now) == team]

    def of_season(self, team: str, season: str, now: datetime) -> list[RosterPlayer]:
        """Everybody who was listed for the team in the season and has not been for another since.

        Before its first game of the season: who was listed for that one. None when it has no games in it.
        """
        games = [game for game in self._games.get(team, []) if game.season == season]
        known = [game for game in games if game.listed_at <= now]
        if not known:
            return self._players(team, games[:1], now)
        listed = self._players(team, known, now)
        return [player for player in listed if self._team(player.player_id, now) == team]

    def position(self, player_id: int, now: datetime) -> str | None:
        """The newest that a final box score gave him."""
        career = self._careers.get(player_id)
        if career is None:
            return None
        known = career.positions[: bisect_right(career.final_at, now)]
        return next((position for position in reversed(known) if position), None)

    def _team(self, player_id: int, now: datetime) -> str | None:
        career = self._careers[player_id]
        rows = bisect_right(career.listed_at, now)
        return career.teams[rows - 1] if rows else None

    def _players(self, team: str, games: list[Game], now: datetime) -> list[RosterPlayer]:
        names = {
            row["player_id"]: row["player_name"]
            for game in games
            for row in self._archive.player_box[game.game_id]
            if row["team"] == team
        }
        players = [RosterPlayer(key, name, self.position(key, now)) for key, name in names.items()]
        return sorted(players, key=lambda player: (player.name.partition(" ")[::-1], player.player_id))

    @cached_property
    def _games(self) -> dict[str, list[Game]]:
        """By team, in order of tip-off."""
        games: dict[str, list[Game]] = defaultdict(list)
        for game in self._archive.games:
            games[game.home_team].append(game)
            games[game.away_team].append(game)
        return dict(games)

    @cached_property
    def _careers(self) -> dict[int, _Career]:
        columns = ["game_id", "player_id", "team", "position"]
        table = pq.read_table(self._archive.folder / "player_box.parquet", columns=columns)
        games = {game.game_id: game for game in self._archive.games}
        rows = zip(*(table[name].to_pylist() for name in columns), strict=True)
        known = [(games[game_id], *row) for game_id, *row in rows if game_id in games]
        careers: dict[int, _Career] = defaultdict(lambda: _Career([], [], [], []))
        for game, player_id, team, position in sorted(known, key=lambda row: row[0].final_at):
            career = careers[player_id]
            career.listed_at.append(game.listed_at)
            career.final_at.append(game.final_at)
            career.teams.append(team)
            career.positions.append(position or None)
        return dict(careers)
