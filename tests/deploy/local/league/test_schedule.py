"""A season's schedule has the shape of an NBA season."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from deploy.local.league.schedule import Schedule, draw_schedule, opening_day


@pytest.fixture(scope="module", params=[0, 1, 2])
def schedule(request: pytest.FixtureRequest) -> Schedule:
    return draw_schedule(np.random.default_rng(request.param), 2024)


def _team_days(schedule: Schedule) -> pd.DataFrame:
    sides = [pd.DataFrame({"team": t, "day": schedule.day}) for t in (schedule.home, schedule.away)]
    return pd.concat(sides).sort_values(["team", "day"])


def test_every_team_plays_82_games_41_at_home(schedule: Schedule) -> None:
    assert len(schedule.game_id) == 1230
    assert (np.bincount(schedule.home) == 41).all()
    assert (np.bincount(schedule.away) == 41).all()


def test_no_team_plays_twice_a_day_or_three_days_running(schedule: Schedule) -> None:
    days = _team_days(schedule)
    gap = days.groupby("team")["day"].diff()
    assert (gap.dropna() > 0).all()
    assert (days.groupby("team")["day"].diff(2).dropna() > 2).all()
    assert 0.14 < (gap == 1).mean() < 0.21


def test_a_day_has_one_to_fifteen_games(schedule: Schedule) -> None:
    games = pd.Series(schedule.day).value_counts()
    assert games.between(1, 15).all()
    assert schedule.dates[0] == dt.date(2024, 10, 22)
    assert 160 <= (schedule.dates[-1] - schedule.dates[0]).days <= 175


def test_the_all_star_break_is_free(schedule: Schedule) -> None:
    assert not set(schedule.dates) & {dt.date(2025, 2, day) for day in range(14, 19)}


def test_tip_off_is_on_the_eastern_date_between_noon_and_22_30(schedule: Schedule) -> None:
    eastern = schedule.tipoff.tz_convert("America/New_York")
    assert [t.date() for t in eastern] == schedule.dates
    hour = eastern.hour + eastern.minute / 60
    assert hour.min() >= 12
    assert hour.max() <= 22.5
    assert (hour < 18.5).any()


def test_clocks_go_back_in_november_and_forward_in_march(schedule: Schedule) -> None:
    eastern = schedule.tipoff.tz_convert("America/New_York")
    behind = pd.Series([t.utcoffset() for t in eastern], index=schedule.dates)
    assert (behind[dt.date(2024, 11, 3) : dt.date(2025, 3, 8)] == dt.timedelta(hours=-5)).all()
    assert (behind[: dt.date(2024, 11, 2)] == dt.timedelta(hours=-4)).all()


def test_game_ids_count_through_the_season(schedule: Schedule) -> None:
    assert schedule.game_id[0] == "0022400001"
    assert schedule.game_id[-1] == "0022401230"


@pytest.mark.parametrize(("year", "day"), [(2023, 24), (2024, 22), (2025, 21)])
def test_seasons_open_on_the_tuesday_they_did(year: int, day: int) -> None:
    assert opening_day(year) == dt.date(year, 10, day)
