"""The body of stats.nba.com's scheduleleaguev2int."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, product
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local.upstream.archive import Archive, Game
from deploy.local.upstream.bodies import encode
from deploy.local.upstream.clock import EASTERN, iso_z
from deploy.local.upstream.names import split_name
from deploy.local.upstream.teams import TEAMS, Team

SCHEDULED, LIVE, FINAL = 1, 2, 3

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LABELS = {"Regular Season": "", "Pre Season": "Preseason"}
_BROADCASTERS = tuple(
    f"{scope}{medium}Broadcasters"
    for scope, medium in product(("national", "home", "away", "intl"), ("Tv", "Radio", "Ott"))
)
_KEPT_BODIES = 8


def game_status(game: Game, now: datetime) -> int:
    """SCHEDULED before tip-off, FINAL three hours after it, LIVE between."""
    if now >= game.final_at:
        return FINAL
    return LIVE if now >= game.tipoff else SCHEDULED


class ScheduleBook:
    """Schedules by season. A body is kept until a game of the season starts or ends."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._seasons = _by_season(archive.games)
        self._bodies: dict[tuple[str, int, int], bytes] = {}
        self._lock = threading.Lock()

    def league_schedule(self, season: str, now: datetime) -> bytes:
        """The JSON of `leagueSchedule` as of `now`; no gameDates for a season the archive lacks."""
        games = self._seasons.get(season, [])
        tipoffs = [game.tipoff for game in games]
        started = bisect_right(tipoffs, now)
        key = (season, started, bisect_right([game.final_at for game in games], now))
        with self._lock:
            if key not in self._bodies:
                while len(self._bodies) >= _KEPT_BODIES:
                    self._bodies.pop(next(iter(self._bodies)))
                self._bodies[key] = encode(self._build(season, games, now))
            return self._bodies[key]

    def _build(self, season: str, games: list[Game], now: datetime) -> dict[str, Any]:
        opening = _opening(games)
        records = _Records()
        entries: dict[date, list[dict[str, Any]]] = defaultdict(list)
        for game in games:
            status = game_status(game, now)
            leader = self._archive.top_scorers.get(game.game_id) if status == FINAL else None
            entries[game.game_date].append(
                _entry(game, status, len(entries[game.game_date]) + 1, opening, records, leader)
            )
        dates = [{"gameDate": f"{day:%m/%d/%Y} 00:00:00", "games": entries[day]} for day in sorted(entries)]
        weeks = _weeks(opening, max(entries)) if opening else []
        return {
            "seasonYear": season,
            "leagueId": "00",
            "gameDates": dates,
            "weeks": weeks,
            "broadcasterList": [],
        }


class _Records:
    """Wins and losses so far, by season type and team, fed in order of tip-off."""

    def __init__(self) -> None:
        self._wins: Counter[tuple[str, str]] = Counter()
        self._losses: Counter[tuple[str, str]] = Counter()

    def add(self, game: Game) -> None:
        home_won = game.home_points > game.away_points
        won, lost = (game.home_team, game.away_team) if home_won else (game.away_team, game.home_team)
        self._wins[game.season_type, won] += 1
        self._losses[game.season_type, lost] += 1

    def of(self, game: Game, tricode: str) -> dict[str, int]:
        key = (game.season_type, tricode)
        return {"wins": self._wins[key], "losses": self._losses[key]}


def _by_season(games: Iterable[Game]) -> dict[str, list[Game]]:
    ordered = sorted(games, key=lambda game: (game.season, game.tipoff, game.game_id))
    return {season: list(rows) for season, rows in groupby(ordered, key=lambda game: game.season)}


def _opening(games: list[Game]) -> date | None:
    """First day of the regular season, or of whatever the archive has."""
    regular = [game.game_date for game in games if game.season_type == "Regular Season"]
    return min(regular or [game.game_date for game in games], default=None)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(game: Game, opening: date) -> int:
    """Weeks run Monday to Sunday; the first begins on opening day. 0 before it."""
    if game.game_date < opening:
        return 0
    return (_monday(game.game_date) - _monday(opening)).days // 7 + 1


def _weeks(opening: date, last: date) -> list[dict[str, Any]]:
    number, start, weeks = 1, opening, []
    while start <= last:
        end = _monday(start) + timedelta(days=6)
        weeks.append(
            {
                "weekNumber": number,
                "weekName": f"Week {number}",
                "startDate": f"{start}T00:00:00Z",
                "endDate": f"{end}T00:00:00Z",
            }
        )
        number, start = number + 1, end + timedelta(days=1)
    return weeks


def _wall(instant: datetime, zone: str) -> str:
    """Local wall-clock time with the Z that upstream wrongly adds."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S}Z"


def times(game: Game) -> dict[str, str]:
    """The tip-off in every form in which NBA.com gives it."""
    eastern = game.tipoff.astimezone(EASTERN)
    midnight = datetime.combine(game.game_date, time(), EASTERN).astimezone(UTC)
    return {
        "gameDateEst": f"{game.game_date}T00:00:00Z",
        "gameTimeEst": f"1900-01-01T{eastern:%H:%M:%S}Z",
        "gameDateTimeEst": f"{eastern:%Y-%m-%dT%H:%M:%S}Z",
        "gameDateUTC": iso_z(midnight),
        "gameTimeUTC": f"1900-01-01T{game.tipoff:%H:%M:%S}Z",
        "gameDateTimeUTC": iso_z(game.tipoff),
        "awayTeamTime": _wall(game.tipoff, TEAMS[game.away_team].zone),
        "homeTeamTime": _wall(game.tipoff, TEAMS[game.home_team].zone),
    }


def status_text(game: Game, status: int) -> str:
    """What a person reads: Final, In Progress or the Eastern time of the tip-off."""
    if status == FINAL:
        return "Final"
    if status == LIVE:
        return "In Progress"
    eastern = game.tipoff.astimezone(EASTERN)
    return f"{eastern.hour % 12 or 12}:{eastern.minute:02d} {'am' if eastern.hour < 12 else 'pm'} ET"


def _side(team: Team, record: dict[str, int], score: int) -> dict[str, Any]:
    return {
        "teamId": team.nba_id,
        "teamName": team.nickname,
        "teamCity": team.city,
        "teamTricode": team.tricode,
        "teamSlug": team.slug,
        **record,
        "score": score,
        "seed": 0,
    }


def _leader(row: dict[str, Any]) -> dict[str, Any]:
    team = TEAMS[row["team"]]
    first, family = split_name(row["player_name"])
    return {
        "personId": row["player_id"],
        "firstName": first,
        "lastName": family,
        "teamId": team.nba_id,
        "teamCity": team.city,
        "teamName": team.nickname,
        "teamTricode": team.tricode,
        "points": float(row["points"]),
    }


def _entry(
    game: Game,
    status: int,
    sequence: int,
    opening: date | None,
    records: _Records,
    leader: dict[str, Any] | None,
) -> dict[str, Any]:
    if status == FINAL:
        records.add(game)
    week = _week(game, opening) if opening else 0
    home, away = TEAMS[game.home_team], TEAMS[game.away_team]
    scores = (game.home_points, game.away_points) if status == FINAL else (0, 0)
    return {
        "gameId": game.game_id,
        "gameCode": f"{game.game_date:%Y%m%d}/{game.away_team}{game.home_team}",
        "gameStatus": status,
        "gameStatusText": status_text(game, status),
        "gameSequence": sequence,
        **times(game),
        "day": _DAYS[game.game_date.weekday()],
        "monthNum": game.game_date.month,
        "weekNumber": week,
        "weekName": f"Week {week}" if week else "",
        "ifNecessary": False,
        "seriesGameNumber": "",
        "gameLabel": _LABELS.get(game.season_type, game.season_type),
        "gameSubLabel": "",
        "seriesText": "Neutral Site" if game.neutral_site else "",
        "arenaName": "",
        "arenaState": "",
        "arenaCity": "" if game.neutral_site else home.city,
        "postponedStatus": "N",
        "branchLink": "",
        "gameSubtype": "",
        "isNeutral": game.neutral_site,
        "broadcasters": {name: [] for name in _BROADCASTERS},
        "homeTeam": _side(home, records.of(game, game.home_team), scores[0]),
        "awayTeam": _side(away, records.of(game, game.away_team), scores[1]),
        "pointsLeaders": [_leader(leader)] if leader else [],
        # not upstream's: the archive did not know the tip-off and 19:00 Eastern stands in
        "assumedTime": game.assumed_time,
    }
