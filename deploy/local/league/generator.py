"""Generates a league from a seed: `generate` into a folder, `cached` once per parameters."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deploy.local.league import games, injuries, market, night, oracle, tables
from deploy.local.league import players as people
from deploy.local.league.schedule import SEASON_DAYS, TEAMS, LeagueError, Schedule, draw_schedule
from deploy.local.league.shots import draw_shots
from deploy.local.league.tables import Season
from deploy.local.league.writer import SCHEMAS, LeagueFiles, refuse_foreign, write_league

VERSION = 2  # raise whenever the same seed would give other tables: caches go by it
MOST_SEASONS = 10


class _Streams:
    """Independent random streams by name, so that more draws in one stage leave the others alone."""

    NAMES = (
        "league",
        "teams",
        "form",
        "schedule",
        "rosters",
        "injuries",
        "games",
        "box",
        "shots",
        "oracle",
        "market",
    )

    def __init__(self, seed: int, season: int) -> None:
        self._root = (seed, season)

    def __getitem__(self, name: str) -> np.random.Generator:
        return np.random.default_rng([*self._root, self.NAMES.index(name)])


def generate(
    seed: int, out: Path, seasons: int = 1, days: int | None = None, first_season: int = 2024
) -> LeagueFiles:
    """Write a league into `out` (see LeagueFiles); nothing is done where the very same league lies already.

    `days` keeps the first so many calendar days of each season. Raises LeagueError naming a parameter out of
    bounds, FileExistsError when `out` holds something that is not a league.
    """
    out = Path(out)
    parameters = _checked(seed, seasons, days, first_season)
    refuse_foreign(out)
    if LeagueFiles(out).parameters() == parameters:
        return LeagueFiles(out)
    frames, truth = _simulate(seed, seasons, days, first_season)
    information = {**oracle.INFORMATION, "quantiles": "qNN, whole points", "seed": seed}
    return write_league(out, frames, truth, information, parameters)


def cached(
    seed: int, folder: Path, seasons: int = 1, days: int | None = None, first_season: int = 2024
) -> LeagueFiles:
    """As `generate`, in a subfolder of `folder` named by the parameters and the generator's version."""
    name = f"league-v{VERSION}-seed{seed}-{first_season}x{seasons}-{days or 'all'}days"
    return generate(seed, Path(folder) / name, seasons, days, first_season)


def _checked(seed: int, seasons: int, days: int | None, first_season: int) -> dict[str, Any]:
    bounds = {
        "seed": (seed, 0, 2**63 - 1),
        "seasons": (seasons, 1, MOST_SEASONS),
        "days": (SEASON_DAYS if days is None else days, 1, SEASON_DAYS),
        "first_season": (first_season, 1996, 2090),
    }
    for name, (value, least, most) in bounds.items():
        if not least <= value <= most:
            raise LeagueError(f"{name} is {value}; give a number from {least} to {most}")
    given = {"seed": seed, "seasons": seasons, "days": days, "first_season": first_season}
    return {"format_version": 1, "generator_version": VERSION, **given}


def _simulate(
    seed: int, seasons: int, days: int | None, first_season: int
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    taken: set[str] = set()
    players, rosters = people.draw_league(_Streams(seed, 0)["league"], taken), people.opening_rosters()
    parts: list[dict[str, pd.DataFrame]] = []
    for number in range(seasons):
        streams = _Streams(seed, number)
        if number:
            players = people.next_season(streams["league"], players, taken)
        frames, rosters = _season(streams, players, rosters, first_season + number, days)
        parts.append(frames)
    whole = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    return {name: whole[name] for name in SCHEMAS}, whole["oracle"]


def _season(
    streams: _Streams, players: people.Players, opening: people.Ints, year: int, days: int | None
) -> tuple[dict[str, pd.DataFrame], people.Ints]:
    schedule = draw_schedule(streams["schedule"], year, days)
    # Drawn for the whole season also when only its first days are kept: they come out the same.
    daily = people.draw_rosters(streams["rosters"], players, opening, SEASON_DAYS)
    season, listed = _played(streams, players, daily, schedule)
    return _frames(streams, season, listed), daily[-1]


def _played(
    streams: _Streams, players: people.Players, daily: people.Ints, schedule: Schedule
) -> tuple[Season, np.ndarray]:
    team = np.stack([schedule.home, schedule.away], axis=1).ravel()
    day = np.repeat(schedule.day, 2)
    second_night = _second_nights(team, day)
    slot_player = daily[day, team]
    form = people.draw_form(streams["form"], players, SEASON_DAYS)
    availability = injuries.draw_availability(
        streams["injuries"], players, SEASON_DAYS, day, slot_player, second_night
    )
    teams = people.draw_teams(streams["teams"])
    state = night.prepare(players, teams, form, availability, slot_player, day, team, second_night)
    box = games.play(streams["games"], state, players, availability.able)
    listed = market.listed(state, availability)
    truth = oracle.foresee(streams["oracle"], state, box.plays | listed)
    return Season(schedule, players, state, availability, box, truth), listed


def _second_nights(team: np.ndarray, day: np.ndarray) -> np.ndarray:
    played = np.zeros((len(TEAMS), SEASON_DAYS + 1), bool)
    played[team, day + 1] = True
    return np.asarray(played[team, day])


def _frames(streams: _Streams, season: Season, listed: np.ndarray) -> dict[str, pd.DataFrame]:
    box = tables.box_table(streams["box"], season)
    played = box[box["status"] == "PLAYED"]
    overtimes = dict(zip(season.schedule.game_id, season.box.overtimes[::2], strict=True))
    rng = streams["market"]
    spread, total = market.draw_closing(rng, season.state)
    props = market.draw_props(rng, season.truth, listed, season.schedule.tipoff.repeat(2))
    return {
        "games": tables.games_table(season, spread, total),
        "player_box": box,
        "prop_lines": tables.props_table(season, props),
        "shots": draw_shots(streams["shots"], played, played["game_id"].map(overtimes).to_numpy()),
        "injuries": tables.injuries_table(season),
        "oracle": tables.oracle_table(season),
    }
