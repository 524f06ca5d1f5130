"""Phases 3 and 4 on 2024-12-03 of the real archive, against the same figures worked out in plain pandas."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
FIRST, LAST = date(2023, 10, 24), date(2024, 12, 5)
SPAN = [date(2024, 11, 20) + timedelta(days=n) for n in range(14)]
SUMMARIES = ("team_offense_game_summary", "team_defense_game_summary", "player_game_summary")
PREGAME = (
    "upcoming_team_game_context",
    "upcoming_player_game_context",
    "team_defense_zone_analysis",
    "player_shot_zone_analysis",
    "player_composite_factors",
    "player_daily_cache",
    "ml_feature_store",
)
FEATURES = [
    "points_avg_last_5",
    "points_avg_last_10",
    "points_avg_season",
    "points_std_last_10",
    "games_in_last_7_days",
    "home_away",
    "back_to_back",
    "days_rest",
    "playoff_game",
    "minutes_avg_last_10",
    "ppm_avg_last_10",
    "usage_rate_last_10",
    "team_pace",
    "team_off_rating",
    "opponent_pace",
    "opponent_def_rating",
    "vegas_points_line",
    "has_vegas_line",
    "games_played_season",
]
# Figures are stored with four decimals, usage as the mean of ten of them.
STORED_SCALE = 1.1e-4


@pytest.fixture(scope="module")
def archive(real_archive: Path, read_archive: Callable[..., Any]) -> Any:
    return read_archive(real_archive, FIRST, LAST)


@pytest.fixture(scope="module")
def slate(warehouse: Warehouse, archive: Any, make_raw: Any, make_tables: Any) -> Any:
    """Everything computed from the archive: the summaries to the last day, the rest for one slate."""
    make_raw(warehouse).load_archive(archive)
    tables = make_tables(warehouse)
    tables.make(SUMMARIES, *sorted(set(archive.games.game_date)))
    tables.make(PREGAME, DAY)
    return tables


@pytest.fixture(scope="module")
def wanted(archive: Any) -> pd.DataFrame:
    """Every feature of the day, worked out in pandas."""
    return expected(archive, DAY)[FEATURES]


def played(archive: Any) -> pd.DataFrame:
    """The rows of players who played, with seconds, and the minutes-weighted plays of their team."""
    box = archive.box[archive.box.status == "PLAYED"].copy()
    box["seconds"] = (box.minutes * 60).round()
    for name in ("points", "fga", "fta", "turnovers", "oreb"):
        box[name] = box[name].astype(float)
    box["plays"] = box.fga + 0.44 * box.fta + box.turnovers
    team = box.groupby(["our_id", "team"])[["plays", "seconds"]].transform("sum")
    with np.errstate(divide="ignore", invalid="ignore"):
        box["usage"] = 100 * box.plays * (team.seconds / 5) / (box.seconds * team.plays)
    box.loc[box.seconds == 0, "usage"] = np.nan
    return box.sort_values(["game_date", "our_id"])


def team_games(box: pd.DataFrame) -> pd.DataFrame:
    """Points, possessions and pace of each team in each game, and of its opponent."""
    columns = ["points", "fga", "fta", "turnovers", "oreb", "seconds"]
    teams = box.groupby(["our_id", "game_date", "team", "opponent"])[columns].sum().reset_index()
    teams["possessions"] = teams.fga + 0.44 * teams.fta + teams.turnovers - teams.oreb
    overtimes = ((teams.seconds - 14400) / 1500).round()
    teams["pace"] = 48 * teams.possessions / (48 + 5 * overtimes)
    faced = teams[["our_id", "team", "points", "possessions"]]
    renamed = {"team": "opponent", "points": "allowed", "possessions": "faced"}
    return teams.merge(faced.rename(columns=renamed), on=["our_id", "opponent"]).sort_values("game_date")


def before(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    return frame[(frame.game_date < day) & (frame.game_date >= day - timedelta(days=400))]


def who_may_play(box: pd.DataFrame, team: str, day: date) -> list[str]:
    """Players of the team's last fifteen games whose latest game anywhere was for it."""
    past = before(box, day)
    last_games = past[past.team == team].drop_duplicates("our_id").tail(15).our_id
    seen = past[past.our_id.isin(last_games) & (past.team == team)].player_lookup.unique()
    latest = past[past.player_lookup.isin(seen)].groupby("player_lookup").team.last()
    return sorted(latest[latest == team].index)


def implied(price: float) -> float:
    return -price / (100 - price) if price < 0 else 100 / (100 + price)


def median_main_line(lines: pd.DataFrame) -> float:
    """Each book's line priced nearest to even (ties: nearest its middle, then lower); their median."""
    mains = []
    for _, book in lines.groupby("bookmaker"):
        off = [abs(implied(o) - implied(u)) for o, u in zip(book.over_odds, book.under_odds, strict=True)]
        distance = (book.line - book.line.median()).abs()
        mains.append(min(zip(np.round(off, 9), distance, book.line, strict=True))[2])
    return float(np.median(mains))


def expected_of(
    player: str, side: dict[str, Any], box: pd.DataFrame, form: pd.DataFrame, lines: pd.DataFrame
) -> dict[str, Any]:
    day = side["day"]
    games = before(box[box.player_lookup == player], day)
    ten, season = games.tail(10), games[games.season == side["season"]]
    rest = (day - games.game_date.iloc[-1]).days - 1
    offered = lines[(lines.player_lookup == player) & (lines.game_date == day)]
    own, other = form.loc[side["team"]], form.loc[side["opponent"]]
    return {
        "player_lookup": player,
        "points_avg_last_5": games.tail(5).points.mean(),
        "points_avg_last_10": ten.points.mean(),
        "points_avg_season": season.points.mean(),
        "points_std_last_10": ten.points.std(ddof=1),
        "games_in_last_7_days": int((games.game_date > day - timedelta(days=7)).sum()),
        "home_away": int(side["is_home"]),
        "back_to_back": int(rest == 0),
        "days_rest": rest,
        "playoff_game": 0,
        "minutes_avg_last_10": ten.seconds.mean() / 60,
        "ppm_avg_last_10": 60 * ten.points.sum() / ten.seconds.sum() if ten.seconds.sum() else np.nan,
        "usage_rate_last_10": ten.usage.mean(),
        "team_pace": own.pace,
        "team_off_rating": own.off_rating,
        "opponent_pace": other.pace,
        "opponent_def_rating": other.def_rating,
        "vegas_points_line": median_main_line(offered) if len(offered) else np.nan,
        "has_vegas_line": int(len(offered) > 0),
        "games_played_season": len(season),
    }


def expected(archive: Any, day: date) -> pd.DataFrame:
    """Every feature of every player who may play on a day, from the archive alone."""
    box = played(archive)
    last = before(team_games(box), day).groupby("team").tail(10)
    sums = last.groupby("team")[["points", "possessions", "allowed", "faced"]].sum()
    form = pd.DataFrame(
        {
            "pace": last.groupby("team").pace.mean(),
            "off_rating": 100 * sums.points / sums.possessions,
            "def_rating": 100 * sums.allowed / sums.faced,
        }
    )
    rows = []
    for game in archive.games[archive.games.game_date == day].itertuples():
        for team, opponent in ((game.home_team, game.away_team), (game.away_team, game.home_team)):
            side = {"day": day, "season": game.season, "team": team, "opponent": opponent}
            side["is_home"] = team == game.home_team
            rows += [
                expected_of(player, side, box, form, archive.lines) for player in who_may_play(box, team, day)
            ]
    return pd.DataFrame(rows).set_index("player_lookup").sort_index().astype(float)


def stored_features(slate: Any, day: date) -> pd.DataFrame:
    frame = pd.DataFrame(slate.rows("ml_feature_store", day)).set_index("player_lookup")
    return frame[FEATURES].astype(float).sort_index()


def test_each_phase_has_the_rows_that_the_archive_says(slate: Any, archive: Any) -> None:
    box = played(archive)
    games = archive.games[archive.games.game_date == DAY]
    lines = archive.lines[archive.lines.game_date == DAY]
    may_play = sum(len(who_may_play(box, team, DAY)) for team in (*games.home_team, *games.away_team))
    assert len(games) == 11
    assert len(slate.rows("team_offense_game_summary", DAY)) == 22
    assert len(slate.rows("team_defense_game_summary", DAY)) == 22
    assert len(slate.rows("player_game_summary", DAY)) == 242
    for table in PREGAME:
        assert len(slate.rows(table, DAY)) == may_play
    assert (len(lines), lines.player_lookup.nunique()) == (210, 123)


def test_every_line_of_a_player_who_may_play_is_in_his_context(slate: Any, archive: Any) -> None:
    context = {row["player_lookup"]: row for row in slate.rows("upcoming_player_game_context", DAY)}
    lines = archive.lines[archive.lines.game_date == DAY]
    known = lines[lines.player_lookup.isin(context)]
    assert sum(len(row["lines"]) for row in context.values()) == len(known)
    assert len(lines) - len(known) <= 5, "players whom no recent game has shown"
    for lookup, offered in known.groupby("player_lookup"):
        found = sorted((o["bookmaker"], o["line"]) for o in context[lookup]["lines"])
        assert found == sorted(zip(offered.bookmaker, offered.line, strict=True))
        assert context[lookup]["bookmaker_count"] == offered.bookmaker.nunique()


@pytest.mark.parametrize("player", ["lukadoncic", "nikolajokic"])
def test_a_star_has_the_features_that_his_box_scores_give(
    slate: Any, wanted: pd.DataFrame, player: str
) -> None:
    stored = stored_features(slate, DAY).loc[player]
    assert stored.to_dict() == pytest.approx(wanted.loc[player].to_dict(), abs=STORED_SCALE)


def test_doncic_and_jokic_have_the_figures_of_their_published_game_logs(slate: Any) -> None:
    """Points of the last five games, and the season's total and games, before 3 December 2024."""
    doncic = slate.row("ml_feature_store", DAY, player_lookup="lukadoncic")
    jokic = slate.row("ml_feature_store", DAY, player_lookup="nikolajokic")
    assert doncic["points_avg_last_5"] == pytest.approx((31 + 37 + 16 + 26 + 36) / 5)
    assert jokic["points_avg_last_5"] == pytest.approx((33 + 34 + 22 + 30 + 28) / 5)
    assert doncic["points_avg_season"] == pytest.approx(429 / 15)
    assert jokic["points_avg_season"] == pytest.approx(444 / 15)


def test_every_player_has_the_features_that_pandas_gives(slate: Any, wanted: pd.DataFrame) -> None:
    assert len(wanted) > 300
    pd.testing.assert_frame_equal(stored_features(slate, DAY), wanted, atol=STORED_SCALE, rtol=0)


def test_summaries_agree_with_the_archive(slate: Any, archive: Any) -> None:
    box = played(archive)
    box = box[box.game_date.isin(SPAN)]
    summaries = pd.DataFrame(slate.rows("player_game_summary", *SPAN))
    assert len(summaries) == len(box)
    both = summaries.merge(box, left_on=["game_id", "player_lookup"], right_on=["our_id", "player_lookup"])
    assert len(both) == len(box)
    np.testing.assert_allclose(both.usage_rate.astype(float), both.usage, atol=STORED_SCALE)
    assert (both.points_x == both.points_y).all()
    teams = pd.DataFrame(slate.rows("team_offense_game_summary", *SPAN))
    games = archive.games[archive.games.game_date.isin(SPAN)].set_index("our_id")
    home = teams[teams.is_home].set_index("game_id").points_scored
    assert home.to_dict() == games.home_points.to_dict()
    assert teams.groupby("game_id").win_flag.sum().eq(1).all()


@contextmanager
def changed(warehouse: Warehouse, change: str, undo: str, **values: Any) -> Iterator[None]:
    warehouse.run(change, **values)
    try:
        yield
    finally:
        warehouse.run(undo, **values)


MORE_POINTS = """
UPDATE nba_raw.nba_player_boxscores
SET points = points + 3, ft_makes = ft_makes + 3, ft_attempts = ft_attempts + 3, turnovers = turnovers + 2
WHERE status = 'PLAYED' AND game_date BETWEEN @first AND @last
"""
LESS_POINTS = MORE_POINTS.replace("+", "-")
MORE_SCORE = """
UPDATE nba_raw.nba_schedule SET status = 'LIVE' WHERE game_date BETWEEN @first AND @last
"""
LATE_LINES = """
INSERT INTO nba_raw.odds_player_props
  (game_date, game_id, event_id, bookmaker, player_lookup, player_id, player_name, market, line,
   over_price, under_price, snapshot_at, snapshot_assumed, commence_at, generation, run_id, written_at)
SELECT game_date, game_id, event_id, bookmaker, player_lookup, player_id, player_name, market, line + 5,
  100, 100, TIMESTAMP_ADD(snapshot_at, INTERVAL 1 MINUTE), FALSE, commence_at, generation, 'late', written_at
FROM nba_raw.odds_player_props
WHERE game_date BETWEEN @first AND @last
"""
NO_LATE_LINES = """
DELETE FROM nba_raw.odds_player_props WHERE run_id = 'late' AND game_date BETWEEN @first AND @last
"""


def recomputed(slate: Any, *days: date) -> dict[str, list[dict[str, Any]]]:
    """The pre-game tables of the day, after the summaries of some days were made again."""
    slate.make(SUMMARIES, *days)
    slate.make(PREGAME, DAY)
    return {table: slate.rows(table, DAY) for table in PREGAME}


def scores_open(warehouse: Warehouse, first: date, last: date) -> Any:
    """Takes the final scores out of the schedule, so that changed box scores contradict nothing."""
    done = MORE_SCORE.replace("LIVE", "FINAL")
    return changed(warehouse, MORE_SCORE, done, first=first, last=last)


def test_nothing_that_happens_on_or_after_the_date_changes_a_feature(
    slate: Any, warehouse: Warehouse
) -> None:
    known = {table: slate.rows(table, DAY) for table in PREGAME}
    later = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    span = {"first": DAY, "last": LAST}
    games = slate.rows("player_game_summary", *later)
    with scores_open(warehouse, **span):
        with (
            changed(warehouse, MORE_POINTS, LESS_POINTS, **span),
            changed(warehouse, LATE_LINES, NO_LATE_LINES, **span),
        ):
            again = recomputed(slate, *later)
            assert slate.rows("player_game_summary", *later) != games, "the change has reached the summaries"
        slate.make(SUMMARIES, *later)
    assert again == known


def test_a_changed_game_of_the_day_before_does_change_the_features(slate: Any, warehouse: Warehouse) -> None:
    known = {table: slate.rows(table, DAY) for table in PREGAME}
    day_before = DAY - timedelta(days=2)
    span = {"first": day_before, "last": day_before}
    with scores_open(warehouse, **span):
        with changed(warehouse, MORE_POINTS, LESS_POINTS, **span):
            again = recomputed(slate, day_before)
        assert recomputed(slate, day_before) == known
    assert again["ml_feature_store"] != known["ml_feature_store"]
    assert again["upcoming_player_game_context"] == known["upcoming_player_game_context"]


def test_a_span_in_one_statement_equals_its_days_one_by_one(slate: Any) -> None:
    """Four of the fourteen days: the first, the last, and those around Thanksgiving, 28 teams and 20."""
    slate.make(PREGAME, *SPAN)
    days = [SPAN[0], SPAN[7], SPAN[9], SPAN[-1]]
    together = {table: slate.rows(table, *days) for table in PREGAME}
    for day in days:
        slate.make(PREGAME, day)
    assert {row["game_date"] for row in together["ml_feature_store"]} == set(days)
    assert {table: slate.rows(table, *days) for table in PREGAME} == together


def test_a_rerun_changes_nothing(slate: Any) -> None:
    days = SPAN[-2:]
    slate.make(PREGAME, *days)
    first = {table: slate.rows(table, *days) for table in (*SUMMARIES, *PREGAME)}
    slate.make((*SUMMARIES, *PREGAME), *days)
    assert {table: slate.rows(table, *days) for table in (*SUMMARIES, *PREGAME)} == first
