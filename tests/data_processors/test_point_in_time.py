"""Phases 3 and 4 on ten dates of the real archive: against plain pandas, and against a corrupted future."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from deploy.replay.archive import ReplayArchive
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

FIRST, LAST = date(2022, 10, 18), date(2025, 1, 12)
DATES = [
    date(2023, 11, 22),
    date(2023, 12, 15),
    date(2024, 1, 19),
    date(2024, 2, 23),
    date(2024, 3, 22),
    date(2024, 10, 25),
    date(2024, 11, 15),
    date(2024, 12, 3),
    date(2024, 12, 25),
    date(2025, 1, 8),
]
DAY = date(2024, 12, 3)
SUMMARIES = (
    "team_offense_game_summary",
    "team_defense_game_summary",
    "player_game_summary",
    "team_rotation_game_summary",
)
PREGAME = (
    "upcoming_team_game_context",
    "upcoming_player_game_context",
    "team_defense_zone_analysis",
    "player_shot_zone_analysis",
    "player_composite_factors",
    "player_daily_cache",
    "player_form_analysis",
    "player_similar_games",
    "ml_feature_store",
)
STORE = "ml_feature_store"
MANIFEST = yaml.safe_load((spec_of(STORE).folder / "manifest.yaml").read_text())["features"]
LONGER_FORM = [f["name"] for f in MANIFEST if f["table"] == "player_form_analysis"]
OF_TODAY = {
    "alike_minutes_out",
    "alike_minutes_new_out",
    "alike_minutes_returning",
    "alike_minutes_available",
    "alike_minutes_above",
    "opponent_out_minutes",
    "opponent_available_points",
}
# Made of whole numbers: pandas has to agree to the last digits.
EXACT = [
    "points_avg_last_5",
    "points_avg_last_10",
    "points_avg_season",
    "points_std_last_10",
    "games_in_last_7_days",
    "rest_advantage",
    "recent_trend",
    "minutes_change",
    "home_away",
    "back_to_back",
    "pct_paint",
    "pct_mid_range",
    "pct_three",
    "pct_free_throw",
    "team_win_pct",
    "vegas_points_line",
    "has_vegas_line",
    "avg_points_vs_opponent",
    "games_vs_opponent",
    "minutes_avg_last_10",
    "ppm_avg_last_10",
    "days_rest",
    "games_played_season",
    "game_spread",
    "game_total",
]
# Made of figures that are stored with four or six decimals.
ROUNDED = [
    "usage_rate_last_10",
    "team_pace",
    "team_off_rating",
    "opponent_def_rating",
    "points_ewma_8",
    "minutes_ewma_20",
]


@pytest.fixture(scope="module")
def archive(real_archive: Path, read_archive: Callable[..., Any]) -> Any:
    return read_archive(real_archive, FIRST, LAST)


@pytest.fixture(scope="module")
def slate(warehouse: Warehouse, archive: Any, real_archive: Path, make_raw: Any, make_tables: Any) -> Any:
    """Everything computed from the archive: all summaries and ten slates, each table in one statement."""
    raw, source = make_raw(warehouse), ReplayArchive(real_archive)
    raw.load_archive(archive)
    raw.load_frame("nba_shots", source.shot_rows(FIRST, LAST))
    raw.load_frame("nba_injury_report", source.absence_rows(DATES[0], LAST))
    raw.load_frame("odds_game_lines", game_lines(archive))
    tables = make_tables(warehouse)
    tables.make(SUMMARIES, *sorted(set(archive.games.game_date)))
    tables.make(PREGAME, *DATES)
    return tables


def game_lines(archive: Any) -> pd.DataFrame:
    """The archive's spreads and totals as one book's, two hours before the tip."""
    games = archive.games.dropna(subset=["home_spread", "total_line"])
    sides = {
        ("spreads", "home"): games.home_spread,
        ("spreads", "away"): -games.home_spread,
        ("totals", "over"): games.total_line,
        ("totals", "under"): games.total_line,
    }
    rows = games[["game_date", "tip_at"]].assign(
        game_id=games.our_id,
        event_id=games.game_id,
        bookmaker="archive",
        price=-110,
        price_decimal=1.909,
        snapshot_at=games.tip_at - pd.Timedelta(hours=2),
        snapshot_assumed=True,
        commence_at=games.tip_at,
    )
    return pd.concat(rows.assign(market=m, side=s, line=line) for (m, s), line in sides.items())


def played(archive: Any) -> pd.DataFrame:
    """The rows of players who played, with seconds, and the minutes-weighted plays of their team."""
    box = archive.box[archive.box.status == "PLAYED"].copy()
    box["seconds"] = (box.minutes * 60).round()
    for name in ("points", "fga", "fgm", "fta", "ftm", "turnovers", "oreb", "dreb"):
        box[name] = box[name].astype(float)
    box["plays"] = box.fga + 0.44 * box.fta + box.turnovers
    team = box.groupby(["our_id", "team"])[["plays", "seconds"]].transform("sum")
    with np.errstate(divide="ignore", invalid="ignore"):
        box["usage"] = 100 * box.plays * (team.seconds / 5) / (box.seconds * team.plays)
    box.loc[(box.seconds == 0) | (box.usage > 100), "usage"] = np.nan
    return box.sort_values(["game_date", "our_id"])


def team_games(box: pd.DataFrame) -> pd.DataFrame:
    """Points, possessions and pace of each team in each game, and what it allowed."""
    columns = ["points", "fga", "fgm", "fta", "turnovers", "oreb", "dreb", "seconds"]
    teams = box.groupby(["our_id", "game_date", "season", "team", "opponent"])[columns].sum().reset_index()
    other = teams.drop(columns=["opponent", "game_date", "season"]).rename(columns={"team": "opponent"})
    both = teams.merge(other, on=["our_id", "opponent"], suffixes=("", "_faced"))

    def turns(own: str, faced: str) -> Any:
        rebounded = both["oreb" + own] / (both["oreb" + own] + both["dreb" + faced])
        missed = both["fga" + own] - both["fgm" + own]
        used = both["fga" + own] + 0.44 * both["fta" + own] + both["turnovers" + own]
        return used - 1.07 * rebounded * missed

    both["possessions"] = ((turns("", "_faced") + turns("_faced", "")) / 2).round(4)
    overtimes = ((both.seconds - 14400) / 1500).round()
    both["pace"] = 48 * both.possessions / (48 + 5 * overtimes)
    both["won"] = both.points > both.points_faced
    return both.rename(columns={"points_faced": "allowed"}).sort_values("game_date")


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


def off_even(over: float, under: float) -> float:
    """How far two prices are apart, or the one that there is from even."""
    chances = [implied(price) for price in (over, under) if not np.isnan(price)]
    return abs(chances[0] - chances[1]) if len(chances) == 2 else abs(2 * chances[0] - 1)


def median_main_line(lines: pd.DataFrame) -> float:
    """Of each book's newest lines the one priced nearest to even (ties: the middle, then lower); median."""
    mains = []
    for _, seen in lines.groupby("bookmaker"):
        book = seen[seen.commence_utc == seen.commence_utc.max()]
        off = [off_even(o, u) for o, u in zip(book.over_odds, book.under_odds, strict=True)]
        distance = (book.line - book.line.median()).abs()
        mains.append(min(zip(np.round(off, 9), distance, book.line, strict=True))[2])
    return float(np.median(mains))


def trend(points: list[float]) -> float:
    """Newest first."""
    if len(points) < 5:
        return np.nan
    change = np.mean(points[:2]) - np.mean(points[2:5])
    return float(np.select([change >= 5, change >= 2, change <= -5, change <= -2], [2, 1, -2, -1], 0))


def minutes_change(ten: pd.DataFrame, season: pd.DataFrame) -> float:
    if season.seconds.sum() == 0 or ten.seconds.sum() == 0:
        return np.nan
    change = ten.seconds.mean() / season.seconds.mean() - 1
    steps = [change >= 0.2 - 1e-12, change >= 0.1 - 1e-12, change <= -0.2 + 1e-12, change <= -0.1 + 1e-12]
    return float(np.select(steps, [2, 1, -2, -1], 0))


def ewma(values: pd.Series, half_life: float) -> float:
    last = values.tail(40).to_numpy()[::-1]
    weights = 0.5 ** (np.arange(len(last)) / half_life)
    return float((last * weights).sum() / weights.sum())


def expected_of(games: pd.DataFrame, side: dict[str, Any], offered: pd.DataFrame) -> dict[str, Any]:
    """A player's features from his games within 400 days, oldest first."""
    day = side["day"]
    ten, season = games.tail(10), games[games.season == side["season"]]
    placed = games[games.has_zones & ((games.seconds > 0) | (games.fga > 0))].tail(10)
    versus = games[games.opponent == side["opponent"]]
    rest = (day - games.game_date.iloc[-1]).days - 1
    points, shots = ten.points.sum(), placed.fga.sum()
    return {
        "player_lookup": games.player_lookup.iloc[-1],
        "points_avg_last_5": games.tail(5).points.mean(),
        "points_avg_last_10": ten.points.mean(),
        "points_avg_season": season.points.mean(),
        "points_std_last_10": ten.points.std(ddof=1),
        "games_in_last_7_days": int((games.game_date > day - timedelta(days=7)).sum()),
        "rest_advantage": np.clip(rest - side["opponent_rest"], -2, 2),
        "recent_trend": trend(list(games.points.tail(5))[::-1]),
        "minutes_change": minutes_change(ten, season),
        "home_away": int(side["is_home"]),
        "back_to_back": int(rest == 0),
        "pct_paint": placed.paint.sum() / shots if shots else np.nan,
        "pct_mid_range": placed.mid_range.sum() / shots if shots else np.nan,
        "pct_three": placed.fg3a.sum() / shots if shots else np.nan,
        "pct_free_throw": min(ten.ftm.sum() / points, 0.5) if len(ten) >= 5 and points else np.nan,
        "vegas_points_line": median_main_line(offered) if len(offered) else np.nan,
        "has_vegas_line": int(len(offered) > 0),
        "avg_points_vs_opponent": versus.points.mean(),
        "games_vs_opponent": len(versus),
        "minutes_avg_last_10": ten.seconds.mean() / 60,
        "ppm_avg_last_10": 60 * points / ten.seconds.sum() if ten.seconds.sum() else np.nan,
        "days_rest": rest,
        "games_played_season": len(season),
        "usage_rate_last_10": ten.usage.mean(),
        "points_ewma_8": ewma(games.points, 8),
        "minutes_ewma_20": ewma(games.seconds / 60, 20),
        **side["team_features"],
    }


def team_features(form: pd.DataFrame, team: str, opponent: str, season: str) -> dict[str, float]:
    """From both teams' games within 400 days, oldest first."""
    own, other = form[form.team == team], form[form.team == opponent].tail(15)
    ten, this_season = own.tail(10), own[own.season == season]
    return {
        "opponent_def_rating": 100 * other.allowed.sum() / other.possessions.sum(),
        "team_off_rating": 100 * ten.points.sum() / ten.possessions.sum(),
        "team_pace": ten.pace.mean(),
        "team_win_pct": this_season.won.mean() if len(this_season) >= 5 else np.nan,
    }


def with_zones(box: pd.DataFrame, shots: pd.DataFrame) -> pd.DataFrame:
    """Box scores with each player's shots by zone; has_zones where his team's shots are all there."""
    near = (~shots.is_three) & (shots.shot_distance <= 8)
    counted = shots.assign(
        taken=1, paint=near.astype(int), mid_range=((~shots.is_three) & (shots.shot_distance > 8)).astype(int)
    )
    counted["three_made"] = counted.is_three & counted.made
    box_names = {"taken": "fga", "made": "fgm", "is_three": "fg3a", "three_made": "fg3m"}
    own = counted.groupby(["game_id", "player_id"])[[*box_names, "paint", "mid_range"]].sum()
    joined = box.merge(own, how="left", left_on=["our_id", "player_id"], right_index=True)
    joined[[*own.columns]] = joined[[*own.columns]].fillna(0)
    team_shots = counted.groupby(["game_id", "team_abbr"])[[*box_names]].sum()
    seen = joined[["our_id", "team"]].merge(
        team_shots, how="left", left_on=["our_id", "team"], right_index=True
    )
    teams = joined.groupby(["our_id", "team"])[[*box_names.values()]].transform("sum")
    agree = [seen[shot] == teams[stat] for shot, stat in box_names.items()]
    agree += [joined[shot] == joined[stat] for shot, stat in box_names.items()]
    joined["has_zones"] = np.logical_and.reduce(agree)
    return joined


def expected(archive: Any, box: pd.DataFrame, teams: pd.DataFrame, day: date) -> pd.DataFrame:
    """Every feature of every player who may play on a day, from the archive alone."""
    past, form = before(box, day), before(teams, day)
    careers = dict(tuple(past.groupby("player_lookup")))
    last_played = form.groupby("team").game_date.max()
    tips = archive.games.set_index("our_id").tip_at
    lines = archive.lines[archive.lines.game_date == day]
    # A line is seen an hour before the start that its book expects, which is not always the tip-off.
    lines = lines[lines.commence_utc <= lines.our_id.map(tips)]
    rows = []
    for game in archive.games[archive.games.game_date == day].itertuples():
        for team, opponent in ((game.home_team, game.away_team), (game.away_team, game.home_team)):
            side = {"day": day, "season": game.season, "team": team, "opponent": opponent}
            side["is_home"] = team == game.home_team
            side["opponent_rest"] = (day - last_played[opponent]).days - 1
            market = {
                "game_spread": game.home_spread if team == game.home_team else -game.home_spread,
                "game_total": game.total_line,
            }
            if np.isnan(game.home_spread) or np.isnan(game.total_line):
                market = dict.fromkeys(market, np.nan)
            side["team_features"] = market | team_features(form, team, opponent, game.season)
            rows += [
                expected_of(careers[player], side, lines[lines.player_lookup == player])
                for player in who_may_play(past, team, day)
            ]
    return pd.DataFrame(rows).set_index("player_lookup").sort_index().astype(float)


@pytest.fixture(scope="module")
def history(archive: Any, real_archive: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Box scores with zones and team games, in pandas."""
    box = played(archive)
    return with_zones(box, ReplayArchive(real_archive).shot_rows(FIRST, LAST)), team_games(box)


@pytest.mark.parametrize(
    "day",
    [*DATES[-4:], *(pytest.param(day, marks=pytest.mark.slow) for day in DATES[:-4])],
    ids=str,
)
def test_every_player_has_the_features_that_pandas_gives(
    slate: Any, archive: Any, history: Any, day: date
) -> None:
    wanted = expected(archive, *history, day)
    stored = pd.DataFrame(slate.rows(STORE, day)).set_index("player_lookup").sort_index()
    assert len(EXACT) >= 12
    assert len(wanted) > 100
    pd.testing.assert_frame_equal(
        stored[EXACT].astype(float), wanted[EXACT], check_exact=False, atol=1e-9, rtol=0
    )
    pd.testing.assert_frame_equal(
        stored[ROUNDED].astype(float), wanted[ROUNDED], check_exact=False, atol=1.1e-4, rtol=0
    )


def test_doncic_and_jokic_have_the_figures_of_their_published_game_logs(slate: Any) -> None:
    """Points of the last five games, and the season's total and games, before 3 December 2024."""
    doncic = slate.row(STORE, DAY, player_lookup="lukadoncic")
    jokic = slate.row(STORE, DAY, player_lookup="nikolajokic")
    assert doncic["points_avg_last_5"] == pytest.approx((31 + 37 + 16 + 26 + 36) / 5)
    assert jokic["points_avg_last_5"] == pytest.approx((33 + 34 + 22 + 30 + 28) / 5)
    assert doncic["points_avg_season"] == pytest.approx(429 / 15)
    assert jokic["points_avg_season"] == pytest.approx(444 / 15)


def test_most_rows_lack_nothing_that_is_required(slate: Any) -> None:
    rows = slate.rows(STORE, *DATES)
    full = [row for row in rows if not row["missing_features"]]
    assert len(full) > 0.7 * len(rows)
    assert {row["quality_score"] for row in full} == {100}
    assert all(row["phase3_features"] == [] for row in rows)


def test_the_season_of_2023_24_has_its_published_figures(slate: Any, warehouse: Warehouse) -> None:
    """Doncic: 2,370 points in 70 games. The league by Basketball-Reference: pace 98.5, rating 115.3."""
    (season,) = warehouse.rows(
        """
        SELECT AVG(pace) AS pace, 100 * SUM(points_scored) / SUM(game_possessions) AS rating
        FROM nba_analytics.team_offense_game_summary
        WHERE season_year = 2023 AND game_date <= '2024-04-14'
        """
    )
    assert season["pace"] == pytest.approx(98.5, abs=0.5)
    assert season["rating"] == pytest.approx(115.3, abs=0.5)
    (defense,) = warehouse.rows(
        """
        SELECT AVG(defensive_rating) AS rating
        FROM nba_analytics.team_defense_game_summary
        WHERE season_year = 2023 AND game_date <= '2024-04-14'
        """
    )
    assert defense["rating"] == pytest.approx(115.3, abs=0.5)
    (doncic,) = warehouse.rows(
        """
        SELECT SUM(points) AS points, COUNT(*) AS games
        FROM nba_analytics.player_game_summary
        WHERE season_year = 2023 AND game_date <= '2024-04-14' AND player_lookup = 'lukadoncic'
        """
    )
    assert doncic == {"points": 2370, "games": 70}


def test_back_to_backs_are_15_to_20_percent_of_team_games(slate: Any, warehouse: Warehouse) -> None:
    (found,) = warehouse.rows(
        """
        SELECT AVG(IF(rest = 1, 1, 0)) AS share FROM (
          SELECT DATE_DIFF(
            game_date, LAG(game_date) OVER (PARTITION BY team_abbr ORDER BY game_date), DAY
          ) AS rest
          FROM nba_analytics.team_offense_game_summary
          WHERE season_year = 2023 AND game_date <= '2024-04-14'
        ) AS g
        """
    )
    assert 0.15 <= found["share"] <= 0.20
    contexts = slate.rows("upcoming_team_game_context", *DATES)
    assert sum(row["back_to_back"] for row in contexts) > 0


def test_who_did_not_play_enters_no_average_and_a_scoreless_game_does(slate: Any, archive: Any) -> None:
    games = pd.DataFrame(slate.rows("player_game_summary", *DATES))
    box = archive.box[archive.box.game_date.isin(DATES)]
    assert (box.status == "DID_NOT_PLAY").sum() > 100
    assert len(games) == (box.status == "PLAYED").sum()
    assert ((games.points == 0) & (games.seconds_played > 0)).sum() > 50


CORRUPTIONS = (
    # The box scores, whatever they say; the schedule's result; shots.
    """
    UPDATE nba_raw.nba_player_boxscores
    SET points = points + 30, ft_makes = ft_makes + 30, ft_attempts = ft_attempts + 31,
      turnovers = turnovers + 7, fg_attempts = fg_attempts + 9,
      offensive_rebounds = offensive_rebounds + 5, is_starter = NOT is_starter,
      defensive_rebounds = 0, seconds_played = seconds_played + 60, blocks = blocks + 9
    WHERE game_date >= @day AND status = 'PLAYED'
    """,
    """
    UPDATE nba_raw.nba_schedule SET status = 'LIVE', home_points = 1, away_points = 2, neutral_site = TRUE
    WHERE game_date >= @day
    """,
    """
    UPDATE nba_raw.nba_shots SET made = NOT made, shot_distance = 30, is_three = NOT is_three
    WHERE game_date >= @day
    """,
    # Every later date's lines and reports, and what was seen after this date's tips.
    "UPDATE nba_raw.odds_player_props SET line = line + 9 WHERE game_date > @day",
    "UPDATE nba_raw.odds_game_lines SET line = 99 WHERE game_date > @day",
    "UPDATE nba_raw.nba_injury_report SET status = 'Probable', reason = 'x' WHERE game_date > @day",
    """
    INSERT INTO nba_raw.odds_player_props
      (game_date, game_id, event_id, bookmaker, player_lookup, player_id, player_name, market, line,
      over_price,
       under_price, snapshot_at, snapshot_assumed, commence_at, generation, run_id, written_at)
    SELECT o.game_date, o.game_id, o.event_id, o.bookmaker, o.player_lookup, o.player_id, o.player_name,
    o.market,
      o.line + 5, 100, 100, TIMESTAMP_ADD(s.tip_at, INTERVAL 1 MINUTE), FALSE, o.commence_at, o.generation,
      'late',
      o.written_at
    FROM nba_raw.odds_player_props AS o JOIN nba_raw.nba_schedule AS s ON s.game_id = o.game_id
    WHERE o.game_date = @day
    """,
    """
    INSERT INTO nba_raw.odds_game_lines
      (game_date, game_id, event_id, bookmaker, market, side, line, price, price_decimal, snapshot_at,
       snapshot_assumed, commence_at, generation, run_id, written_at)
    SELECT o.game_date, o.game_id, o.event_id, o.bookmaker, o.market, o.side, 50, o.price, o.price_decimal,
      TIMESTAMP_ADD(s.tip_at, INTERVAL 1 MINUTE), FALSE, o.commence_at, o.generation, 'late', o.written_at
    FROM nba_raw.odds_game_lines AS o JOIN nba_raw.nba_schedule AS s ON s.game_id = o.game_id
    WHERE o.game_date = @day
    """,
    """
    INSERT INTO nba_raw.nba_injury_report
      (game_date, game_id, team_abbr, subject, submitted, player_id, player_lookup, player_name, status,
      reason,
       report_at, availability_assumed, generation, run_id, written_at)
    SELECT b.game_date, b.game_id, b.team_abbr, b.player_lookup, TRUE, b.player_id, b.player_lookup,
    b.player_name,
      'Out', 'late', TIMESTAMP_ADD(s.tip_at, INTERVAL 1 MINUTE), FALSE, b.generation, 'late', b.written_at
    FROM nba_raw.nba_player_boxscores AS b JOIN nba_raw.nba_schedule AS s ON s.game_id = b.game_id
    WHERE b.game_date = @day
    """,
    """
    INSERT INTO nba_raw.espn_rosters
      (game_date, team_abbr, espn_player_id, player_id, player_lookup, player_name, listed_at, generation,
      run_id,
       written_at)
    SELECT b.game_date, b.opponent_team_abbr, b.player_id, b.player_id, b.player_lookup, b.player_name,
      TIMESTAMP_ADD(s.tip_at, INTERVAL 1 MINUTE), b.generation, 'late', b.written_at
    FROM nba_raw.nba_player_boxscores AS b JOIN nba_raw.nba_schedule AS s ON s.game_id = b.game_id
    WHERE b.game_date = @day
    """,
    """
    INSERT INTO nba_raw.bp_player_props
      (game_date, game_id, bp_event_id, bp_offer_id, bp_player_id, bookmaker, book_id, player_lookup,
      player_id,
       player_name, line, over_price, under_price, snapshot_at, listed_at, tip_at, generation, run_id,
       written_at)
    SELECT b.game_date, b.game_id, 1, b.player_id, b.player_id, 'late_book', 1, b.player_lookup, b.player_id,
      b.player_name, 99.5, 100, 100, TIMESTAMP_ADD(s.tip_at, INTERVAL 1 MINUTE),
      TIMESTAMP_ADD(s.tip_at, INTERVAL 1 MINUTE), s.tip_at, b.generation, 'late', b.written_at
    FROM nba_raw.nba_player_boxscores AS b JOIN nba_raw.nba_schedule AS s ON s.game_id = b.game_id
    WHERE b.game_date = @day
    """,
)


@dataclass
class SimilarGames:
    """A player's similar games as the table's description has them, from stored summaries and with loops."""

    played: pd.DataFrame
    defenses: pd.DataFrame

    def of(self, context: dict[str, Any], opponent_rating: float | None) -> list[tuple[int, date, int]]:
        """Score, date and points of each, the best first."""
        day, ended = context["game_date"], context["history_end"]
        history = self.played[self.played.player_lookup == context["player_lookup"]]
        history = history[history.game_date < ended]
        now = (
            None if opponent_rating is None else self.tier(opponent_rating, day),
            context["days_rest"],
            context["is_home"],
            self.form(before(history, day), context["season_year"]),
        )
        found = []
        for number, game in enumerate(history.itertuples()):
            earlier = history.iloc[:number]
            gap = (game.game_date - earlier.game_date.iloc[-1]).days if number else 401
            then = (
                self.tier_before(game.opponent_team_abbr, game.game_date),
                gap - 1 if gap <= 400 else None,
                game.is_home,
                self.form(earlier, game.season_year),
            )
            score = alike(now, then)
            if game.game_date >= day - timedelta(days=400) and score >= 70:
                found.append((score, game.game_date, game.points))
        return sorted(found, key=lambda each: (-each[0], -each[1].toordinal()))[:20]

    def tier(self, rating: float, day: date) -> int:
        average = rate(before(self.defenses, day))
        return int(rating >= average - 2.5) + int(rating >= average + 2.5)

    def tier_before(self, team: str, day: date) -> int | None:
        games = self.defenses[(self.defenses.team_abbr == team) & (self.defenses.game_date < day)].tail(15)
        games = before(games, day)
        return None if games.empty else self.tier(rate(games), day)

    @staticmethod
    def form(history: pd.DataFrame, season: int) -> int | None:
        points = history[history.season_year == season].points
        gain = points.tail(5).mean() - points.mean()
        return None if points.empty else int(gain >= 3 - 1e-9) - int(gain <= -3 + 1e-9)


def rate(games: pd.DataFrame) -> float:
    return 100 * games.points_allowed.sum() / games.opponent_possessions.sum()


def alike(now: tuple[Any, ...], then: tuple[Any, ...]) -> int:
    tier, rest = (
        0 if None in (a, b) else most * (2 - min(abs(min(a, 3) - min(b, 3)), 2)) // 2
        for a, b, most in zip(now[:2], then[:2], (40, 30), strict=True)
    )
    same_form = now[3] is not None and now[3] == then[3]
    return tier + rest + 15 * (now[2] == then[2]) + (15 if same_form else 5)


@pytest.mark.slow
def test_similar_games_are_those_that_plain_pandas_finds(slate: Any, warehouse: Warehouse) -> None:
    games, defenses = (
        pd.DataFrame(warehouse.rows(f"SELECT * FROM nba_analytics.{table} ORDER BY game_date, game_id"))
        for table in ("player_game_summary", "team_defense_game_summary")
    )
    plain = SimilarGames(games, defenses)
    rows = keyed(slate.rows("player_similar_games", DAY))
    opponents = {
        (row["game_id"], row["team_abbr"]): row["defensive_rating_last_15"]
        for row in slate.rows("team_defense_zone_analysis", DAY)
    }
    for context in slate.rows("upcoming_player_game_context", DAY)[::9]:
        row = rows[context["player_lookup"]]
        found = plain.of(context, opponents[context["game_id"], context["opponent_team_abbr"]])
        assert row["similar_games"] == len(found)
        if len(found) >= 5:
            scores, _, points = zip(*found, strict=True)
            assert row["similarity_score_avg"] == pytest.approx(np.mean(scores))
            assert row["similarity_baseline"] == pytest.approx(np.average(points, weights=scores))
            assert row["similarity_points_std"] == pytest.approx(np.std(points, ddof=1))
        else:
            assert row["similarity_baseline"] is None
    assert sum(row["similar_games"] >= 5 for row in rows.values()) > len(rows) / 2


REMOVED = {
    "odds_player_props": {"vegas_points_line"},
    "odds_game_lines": {"game_spread", "game_total", "implied_team_points"},
    "nba_injury_report": {
        "injury_risk",
        "usage_spike_score",
        "projected_usage_rate",
        "teammates_out",
        "teammates_out_usage",
        "new_teammates_out_usage",
        *(name for name in LONGER_FORM if name.endswith("_today") or name in OF_TODAY),
    },
    "nba_shots": {"shot_zone_mismatch_score", "pct_paint", "pct_mid_range", "pct_three"},
}


@pytest.mark.slow
@pytest.mark.parametrize("source", REMOVED)
def test_a_removed_source_leaves_null_and_named_features_and_nothing_else(
    slate: Any, warehouse: Warehouse, source: str
) -> None:
    """The date's rows of a source, of shots those of the whole history, put aside and back again."""
    first = DAY - timedelta(days=400) if source == "nba_shots" else DAY
    span = {"first": first, "last": DAY}
    move = (
        "UPDATE {} SET game_date = DATE_ADD(game_date, INTERVAL @years YEAR) "
        "WHERE game_date BETWEEN @first AND @last"
    )
    before_it = keyed(slate.rows(STORE, DAY))
    warehouse.run(move.format(spec_of(source).table), years=-20, **span)
    # Only shots are history; of the other sources the summaries hold nothing before the date.
    summarised = [first, DAY - timedelta(days=1)] if source == "nba_shots" else []
    remake(slate, warehouse, *summarised)
    without = keyed(slate.rows(STORE, DAY))
    back = {"first": first.replace(year=first.year - 20), "last": DAY.replace(year=DAY.year - 20)}
    warehouse.run(move.format(spec_of(source).table), years=20, **back)
    remake(slate, warehouse, *summarised)
    assert keyed(slate.rows(STORE, DAY)) == before_it
    check_only_lost(before_it, without, REMOVED[source])


@pytest.mark.slow
def test_a_removed_roster_leaves_only_the_ages_unknown(
    slate: Any, warehouse: Warehouse, make_raw: Any
) -> None:
    """The archive has no rosters: one that lists exactly who played lately is stored, then removed."""
    before_it = keyed(slate.rows(STORE, DAY))
    listed = pd.DataFrame(slate.rows("upcoming_player_game_context", DAY))
    columns = ["game_date", "team_abbr", "player_id", "player_lookup", "player_name"]
    moment = pd.Timestamp(DAY, tz="US/Eastern") + pd.Timedelta(hours=9)
    roster = listed[columns].assign(
        espn_player_id=listed.player_id, birth_date=date(2000, 1, 1), listed_at=moment
    )
    make_raw(warehouse).load_frame("espn_rosters", roster)
    remake(slate, warehouse)
    with_it = keyed(slate.rows(STORE, DAY))
    warehouse.run("DELETE FROM nba_raw.espn_rosters WHERE game_date = @day", day=DAY)
    remake(slate, warehouse)
    without = keyed(slate.rows(STORE, DAY))
    assert without == before_it
    check_only_lost(with_it, without, {"player_age"})


@pytest.mark.slow
def test_a_removed_bettingpros_leaves_only_its_own_lines_unknown(
    slate: Any, warehouse: Warehouse, make_raw: Any
) -> None:
    """Lines of a book that the Odds API does not have, on players on whom it has none at all."""
    before_it = keyed(slate.rows(STORE, DAY))
    unlined = sorted(name for name, row in before_it.items() if row["vegas_points_line"] is None)[:20]
    listed = pd.DataFrame([before_it[name] for name in unlined])
    columns = ["game_date", "game_id", "player_lookup", "player_id", "player_name", "tip_at"]
    seen = listed.tip_at - pd.Timedelta(hours=2)
    ids = {"bp_event_id": 1, "bp_offer_id": range(20), "bp_player_id": range(20), "book_id": 1}
    prices = {"line": 10.5, "over_price": -110, "under_price": -110}
    lines = listed[columns].assign(bookmaker="fanatics", listed_at=seen, snapshot_at=seen, **ids, **prices)
    make_raw(warehouse).load_frame("bp_player_props", lines)
    remake(slate, warehouse)
    with_it = keyed(slate.rows(STORE, DAY))
    warehouse.run("DELETE FROM nba_raw.bp_player_props WHERE game_date = @day", day=DAY)
    remake(slate, warehouse)
    without = keyed(slate.rows(STORE, DAY))
    assert without == before_it
    others = set(before_it) - set(unlined)
    assert {name: with_it[name] for name in others} == {name: without[name] for name in others}
    check_only_lost(
        {name: with_it[name] for name in unlined},
        {name: without[name] for name in unlined},
        {"vegas_points_line"},
    )


def remake(slate: Any, warehouse: Warehouse, *span: date) -> None:
    """The date's pre-game tables, after the summaries of a span of dates."""
    if span:
        games = warehouse.rows(
            "SELECT DISTINCT game_date FROM nba_raw.nba_schedule WHERE game_date BETWEEN @first AND @last",
            first=span[0],
            last=span[1],
        )
        slate.make(SUMMARIES, *(row["game_date"] for row in games))
    slate.make(PREGAME, DAY)


def keyed(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["player_lookup"]: row for row in rows}


def check_only_lost(before_it: Any, without: Any, lost: set[str]) -> None:
    assert set(without) == set(before_it)
    about = {
        "quality_score",
        "missing_features",
        "missing_optional_features",
        "has_injury_report",
        "injury_status",
    }
    required = [feature["name"] for feature in MANIFEST if feature["required"]]
    for player, row in without.items():
        known = before_it[player]
        gone = {name for name in lost if known[name] is not None}
        assert all(row[name] is None for name in lost)
        assert gone <= {*row["missing_features"], *row["missing_optional_features"]}
        same = set(row) - lost - about - {"availability_assumed", "has_vegas_line"}
        assert {name: row[name] for name in same} == {name: known[name] for name in same}
        missing = [name for name in required if row[name] is None]
        assert row["missing_features"] == missing
        assert row["quality_score"] == pytest.approx(100 * (1 - len(missing) / len(required)), abs=0.006)
    assert any(known[name] is not None for known in before_it.values() for name in lost)


@pytest.mark.slow
def test_a_span_in_one_statement_equals_its_days_one_by_one(slate: Any) -> None:
    together = {table: slate.rows(table, *DATES) for table in PREGAME}
    for day in (DATES[0], DATES[5]):
        slate.make(PREGAME, day)
    assert {table: slate.rows(table, *DATES) for table in PREGAME} == together


# The latest first: what is corrupted stays so, and is the past of later dates.
@pytest.mark.parametrize(
    "days", [DATES[-3:], pytest.param(DATES[:-3], marks=pytest.mark.slow)], ids=["the last", "the others"]
)
def test_a_feature_is_never_later_than_the_game_it_is_about(
    slate: Any, warehouse: Warehouse, days: list[date]
) -> None:
    """Everything on and after a date is corrupted, the latest date first, and the date computed again."""
    known = {day: {table: slate.rows(table, day) for table in PREGAME} for day in days}
    games = slate.rows("player_game_summary", *days)
    for day in reversed(days):
        for corruption in CORRUPTIONS:
            warehouse.run(corruption, day=day)
        later = [other for other in (day, day + timedelta(days=1)) if other <= LAST]
        slate.make_unchecked(SUMMARIES, *later)
        slate.make(PREGAME, day)
        assert {table: slate.rows(table, day) for table in PREGAME} == known[day], day
    changed = slate.rows("player_game_summary", *days)
    assert all(row["points"] == was["points"] + 30 for row, was in zip(changed, games, strict=True))
