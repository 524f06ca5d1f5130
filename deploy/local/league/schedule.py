"""The schedule: 82 games a team in about 174 days, 1 to 15 a day, nobody twice a day or on three running."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DIVISIONS = (
    ("BOS", "BKN", "NYK", "PHI", "TOR"),
    ("CHI", "CLE", "DET", "IND", "MIL"),
    ("ATL", "CHA", "MIA", "ORL", "WAS"),
    ("DEN", "MIN", "OKC", "POR", "UTA"),
    ("GSW", "LAC", "LAL", "PHX", "SAC"),
    ("DAL", "HOU", "MEM", "NOP", "SAS"),
)
TEAMS = tuple(sorted(team for division in DIVISIONS for team in division))
SEASON_DAYS = 174
ALL_STAR_DAYS = range(115, 120)
WEEKDAY_GAMES = (8.3, 6.1, 9.2, 5.6, 9.4, 7.6, 7.6)  # Monday first, as in 2024-25
BACK_TO_BACK_PENALTY = 0.85
WEST_OF_CENTRAL = {"DEN": 21.0, "UTA": 21.0, "PHX": 21.0}
PACIFIC = ("GSW", "LAC", "LAL", "POR", "SAC")
CENTRAL = ("CHI", "DAL", "HOU", "MEM", "MIL", "MIN", "NOP", "OKC", "SAS")


class LeagueError(ValueError):
    """No league comes of what was asked; the message names the parameter and what it may be."""


@dataclass(frozen=True)
class Schedule:
    """Games by date and tip-off; `day` counts from the first day of the season, teams index TEAMS."""

    label: str
    start: dt.date
    day: NDArray[np.int64]
    home: NDArray[np.int64]
    away: NDArray[np.int64]
    tipoff: pd.DatetimeIndex
    game_id: list[str]

    @property
    def dates(self) -> list[dt.date]:
        """The US Eastern date of each game."""
        return [self.start + dt.timedelta(days=int(d)) for d in self.day]


def season_label(year: int) -> str:
    """2024 → '2024-25'."""
    return f"{year}-{(year + 1) % 100:02d}"


def opening_day(year: int) -> dt.date:
    """The first Tuesday on or after 21 October: 2024-10-22."""
    first = dt.date(year, 10, 21)
    return first + dt.timedelta(days=(1 - first.weekday()) % 7)


def draw_schedule(rng: np.random.Generator, year: int, days: int | None = None) -> Schedule:
    """A season's schedule; with `days`, only its games of the first `days` calendar days."""
    start = opening_day(year)
    pairs = _matchups(rng)
    day = _assign_days(rng, pairs, _playing_days(start), start)
    hours = _tip_hours(rng, pairs[:, 0], day, start)
    order = np.lexsort((pairs[:, 0], hours, day))
    ids = [f"002{year % 100:02d}{number:05d}" for number in range(1, len(order) + 1)]
    kept = order if days is None else order[day[order] < days]
    return Schedule(
        label=season_label(year),
        start=start,
        day=day[kept],
        home=pairs[kept, 0],
        away=pairs[kept, 1],
        tipoff=_utc(start, day[kept], hours[kept]),
        game_id=ids[: len(kept)],
    )


def _matchups(rng: np.random.Generator) -> NDArray[np.int64]:
    """(1230, 2) home and away: 4 games in the division, 3 or 4 in the conference, 2 across."""
    divisions = [[TEAMS.index(t) for t in rng.permutation(division)] for division in DIVISIONS]
    games: list[tuple[int, int]] = []
    for i, own in enumerate(divisions):
        games += [(a, b) for a in own for b in own if a != b for _ in range(2)]
        for j, other in enumerate(divisions):
            if i // 3 == j // 3 and i < j:
                games += _conference(own, other)
            elif i // 3 != j // 3:
                games += [(a, b) for a in own for b in other]
    return np.array(games)


def _conference(own: list[int], other: list[int]) -> list[tuple[int, int]]:
    games = []
    for i, a in enumerate(own):
        for j, b in enumerate(other):
            hosts = 1 if j == (i + 1) % 5 else 2
            visits = 1 if j == i else 2
            games += [(a, b)] * hosts + [(b, a)] * visits
    return games


def _playing_days(start: dt.date) -> list[int]:
    return [d for d in range(SEASON_DAYS) if d not in ALL_STAR_DAYS and not _holiday(start, d)]


def _holiday(start: dt.date, day: int) -> bool:
    date = start + dt.timedelta(days=day)
    thanksgiving = date.month == 11 and date.weekday() == 3 and 22 <= date.day <= 28
    return thanksgiving or (date.month, date.day) == (12, 24)


def _assign_days(
    rng: np.random.Generator, pairs: NDArray[np.int64], days: list[int], start: dt.date
) -> NDArray[np.int64]:
    """Day by day, the games of the teams furthest behind; what is left over goes where there is room."""
    played = np.zeros((len(TEAMS), SEASON_DAYS + 4), bool)  # shifted by 2 so that looking back needs no guard
    assigned = np.full(len(pairs), -1)
    left = np.full(len(TEAMS), 82.0)
    for i, day in enumerate(days):
        quota = _quota(rng, start, day, first=i == 0)
        tired = played[:, day + 1]
        barred = tired & played[:, day]
        need = left / (len(days) - i) * 2 - BACK_TO_BACK_PENALTY * tired
        score = need[pairs].sum(1) + rng.normal(0, 0.25, len(pairs))
        score[(assigned >= 0) | barred[pairs].any(1)] = -np.inf
        for game in _pick(pairs, score, quota):
            assigned[game] = day
            played[pairs[game], day + 2] = True
            left[pairs[game]] -= 1
    return _place_rest(rng, pairs, assigned, played, days)


def _quota(rng: np.random.Generator, start: dt.date, day: int, first: bool) -> int:
    mean = WEEKDAY_GAMES[(start.weekday() + day) % 7] * 0.985
    return 2 if first else int(np.clip(np.rint(rng.normal(mean, 2.3)), 1, 15))


def _pick(pairs: NDArray[np.int64], score: NDArray[np.float64], quota: int) -> list[int]:
    busy = np.zeros(len(TEAMS), bool)
    picked: list[int] = []
    for game in np.argsort(-score, kind="stable"):
        if len(picked) == quota or score[game] == -np.inf:
            break
        if not busy[pairs[game]].any():
            busy[pairs[game]] = True
            picked.append(int(game))
    return picked


def _place_rest(
    rng: np.random.Generator,
    pairs: NDArray[np.int64],
    assigned: NDArray[np.int64],
    played: NDArray[np.bool_],
    days: list[int],
) -> NDArray[np.int64]:
    for game in np.flatnonzero(assigned < 0):
        day = min(rng.permutation(days), key=lambda d: _crowding(played[pairs[game]], d))
        if _crowding(played[pairs[game]], day) >= 100:
            raise LeagueError("the schedule has no free day left for a game; choose another seed")
        assigned[game] = day
        played[pairs[game], day + 2] = True
    return assigned


def _crowding(own: NDArray[np.bool_], day: int) -> int:
    """Cost of one more game that day for two teams (2, days): 100 when impossible, else new back-to-backs."""
    week = own[:, day : day + 5].astype(int)
    three_running = ((week[:, 0] & week[:, 1]) | (week[:, 1] & week[:, 3]) | (week[:, 3] & week[:, 4])).any()
    return 100 if week[:, 2].any() or three_running else int(week[:, [1, 3]].sum())


def _tip_hours(
    rng: np.random.Generator, home: NDArray[np.int64], day: NDArray[np.int64], start: dt.date
) -> NDArray[np.float64]:
    """Eastern tip-off as a decimal hour, later in the west, with matinees at weekends."""
    usual = np.array([_evening(team) for team in TEAMS])[home]
    hours = np.minimum(usual + rng.choice([0.0, 0.5], len(home), p=[0.6, 0.4]), 22.5)
    weekday = (start.weekday() + day) % 7
    share = np.select([weekday == 6, weekday == 5], [0.35, 0.12], 0.01)
    matinee = rng.random(len(home)) < share
    return np.where(matinee, rng.choice([13.0, 15.0, 15.5, 17.0, 18.0], len(home)), hours)


def _evening(team: str) -> float:
    if team in PACIFIC:
        return 22.0
    return WEST_OF_CENTRAL.get(team, 20.0 if team in CENTRAL else 19.0)


def _utc(start: dt.date, day: NDArray[np.int64], hours: NDArray[np.float64]) -> pd.DatetimeIndex:
    local = pd.Timestamp(start) + pd.to_timedelta(day * 1440 + (hours * 60).astype(int), unit="min")
    return pd.DatetimeIndex(local).tz_localize("America/New_York").tz_convert("UTC")
