"""Form and features of one slate by hand: windows, season, spread, gaps, fallbacks and sources."""

from datetime import date, time, timedelta
from statistics import mean, stdev
from typing import Any

import pytest
import yaml

from shared.clock import eastern_moment
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
GAME = "20241203_MEM_DAL"
CACHE, STORE = "player_daily_cache", "ml_feature_store"
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
REPORTED_BEFORE = ("last_game_out_", "last_game_available_", "out_", "available_")
# Veteran's games: days before the slate, points, minutes. 400 days back counts, 401 does not.
VETERAN = [
    (401, 50, 40),
    (400, 41, 40),
    (300, 10, 20),
    (299, 12, 24),
    (40, 20, 30),
    (30, 22, 31),
    (20, 24, 32),
    (15, 30, 33),
    (12, 8, 10),
    (9, 16, 28),
    (6, 26, 35),
    (3, 28, 36),
]
PLAYERS = {
    "Long Veteran": VETERAN,
    "Short Rookie": [(3, 7, 12)],
    "Sudden Cameo": [(6, 0, 0), (3, 0, 0)],
    "Back Again": [(300, 10, 20), (299, 20, 20)],
}
REQUIRED = 27
NO_ZONES = {"shot_zone_mismatch_score", "pct_paint", "pct_mid_range", "pct_three"}
FORM = (
    "points_avg_last_5",
    "points_avg_last_10",
    "points_avg_season",
    "points_std_last_10",
    "minutes_avg_last_10",
    "ppm_avg_last_10",
    "usage_rate_last_10",
    "games_played_season",
)


def history(raw: Any) -> list[Any]:
    """A game of Dallas on each date on which one of the players played, with five who fill both teams."""
    rows = []
    for ago in sorted({ago for games in PLAYERS.values() for ago, _, _ in games}):
        game_id = f"{DAY - timedelta(days=ago):%Y%m%d}_MEM_DAL"
        rows.append(raw.game(game_id, status="FINAL"))
        for team, points in (("DAL", 20), ("MEM", 18)):
            line = {"fg_attempts": 15, "turnovers": 2}
            rows += [raw.box(game_id, team, f"{team} {n}", points, 40, **line) for n in range(5)]
        rows += [
            raw.box(game_id, "DAL", name, points, minutes)
            for name, games in PLAYERS.items()
            for when, points, minutes in games
            if when == ago
        ]
    return rows


@pytest.fixture(scope="module")
def made(warehouse: Warehouse, make_raw: Any, make_tables: Any) -> Any:
    raw, tables = make_raw(warehouse), make_tables(warehouse)
    rows = history(raw)
    raw.load(
        *rows,
        raw.game(GAME, season_type="playoffs"),
        raw.line(GAME, "Long Veteran", 20.5, 90),
        raw.line(GAME, "Long Veteran", 21.5, 90, bookmaker="fanduel"),
        raw.injury(GAME, "Short Rookie", "Questionable", 90, team_abbr="DAL"),
        raw.injury(GAME, "Sudden Cameo", "Out", 90, team_abbr="DAL"),
    )
    tables.make(SUMMARIES, *sorted({row["game_date"] for row in rows}))
    tables.make(PREGAME, DAY)
    return tables


@pytest.fixture(scope="module")
def cache(made: Any) -> dict[str, dict[str, Any]]:
    return {row["player_lookup"]: row for row in made.rows(CACHE)}


@pytest.fixture(scope="module")
def features(made: Any) -> dict[str, dict[str, Any]]:
    return {row["player_lookup"]: row for row in made.rows(STORE)}


def lost(row: dict[str, Any]) -> set[str]:
    """The required features that are missing beside those of the play-by-play, which this league lacks."""
    assert set(row["missing_features"]) >= NO_ZONES
    return set(row["missing_features"]) - NO_ZONES


def quality(missing: int, phase3: int = 0) -> Any:
    return pytest.approx(100 - (100 * (len(NO_ZONES) + missing) + 13 * phase3) / REQUIRED, abs=5e-3)


def test_the_last_games_cross_seasons(cache: Any) -> None:
    points = [points for _, points, _ in VETERAN]
    assert cache["longveteran"]["points_avg_last_5"] == pytest.approx(mean(points[-5:]))
    assert cache["longveteran"]["points_avg_last_10"] == pytest.approx(mean(points[-10:]))
    assert cache["longveteran"]["points_std_last_10"] == pytest.approx(stdev(points[-10:]), abs=5e-5)


def test_the_season_counts_from_its_first_game(cache: Any) -> None:
    season = [points for ago, points, _ in VETERAN if ago < 100]
    assert cache["longveteran"]["points_avg_season"] == pytest.approx(mean(season), abs=5e-5)
    assert cache["longveteran"]["games_played_season"] == len(season)


def test_minutes_and_points_per_minute_are_of_the_last_ten_together(cache: Any) -> None:
    ten = VETERAN[-10:]
    minutes = sum(minutes for _, _, minutes in ten)
    assert cache["longveteran"]["minutes_avg_last_10"] == pytest.approx(minutes / 10)
    expected = sum(points for _, points, _ in ten) / minutes
    assert cache["longveteran"]["ppm_avg_last_10"] == pytest.approx(expected, abs=5e-5)


def test_games_more_than_400_days_back_are_forgotten(cache: Any, made: Any, warehouse: Warehouse) -> None:
    """With only the two oldest games left, the one of 401 days ago does not count."""
    recent = (
        "DELETE FROM nba_analytics.player_game_summary WHERE player_lookup = @player AND game_date > @last"
    )
    warehouse.run(recent, player="longveteran", last=DAY - timedelta(days=400))
    made.make(PREGAME, DAY)
    row = made.row(CACHE, player_lookup="longveteran")
    made.make(["player_game_summary"], *(DAY - timedelta(days=ago) for ago, _, _ in VETERAN))
    made.make(PREGAME, DAY)
    assert (row["points_avg_last_10"], row["games_in_last_10"], row["games_played_season"]) == (41, 1, 0)
    assert made.row(CACHE, player_lookup="longveteran") == cache["longveteran"]


@pytest.mark.parametrize(
    ("player", "column", "reason"),
    [
        ("shortrookie", "points_std_last_10", "one game has no standard deviation"),
        ("suddencameo", "ppm_avg_last_10", "no minutes in the last games"),
        ("backagain", "points_avg_season", "no game this season"),
    ],
)
def test_what_cannot_be_known_is_null_with_a_reason(
    cache: Any, player: str, column: str, reason: str
) -> None:
    assert cache[player][column] is None
    assert reason in cache[player]["missing_reason"].split("; ")
    assert cache["longveteran"]["missing_reason"] is None


def test_a_goose_egg_is_a_game(cache: Any) -> None:
    assert cache["suddencameo"]["points_avg_last_5"] == 0
    assert cache["suddencameo"]["games_in_last_10"] == 2


def test_team_form_is_of_its_last_games(cache: Any, features: Any) -> None:
    """Dallas plays Memphis, which scores 90, in every game: one pace for both."""
    row = features["longveteran"]
    assert features["mem0"]["team_pace"] == row["team_pace"]
    assert features["mem0"]["opponent_def_rating"] < row["opponent_def_rating"]
    assert row["team_off_rating"] > 100 * 90 / row["team_pace"]
    assert row["opponent_points_allowed"] > 100, "what Dallas scored"
    assert row["team_off_rating"] == cache["longveteran"]["team_off_rating_last_10"]
    assert row["team_pace"] == cache["longveteran"]["team_pace_last_10"]


def test_a_row_says_what_it_lacks_and_that_nothing_stands_in(features: Any, cache: Any) -> None:
    row = features["longveteran"]
    assert (lost(row), row["quality_score"]) == (set(), quality(0))
    assert {name: row[name] for name in FORM} == {name: cache["longveteran"][name] for name in FORM}
    assert row["phase3_features"] == []
    # No report before today's: nothing is known of who was out in his earlier games.
    unreported = [name for name in row["missing_optional_features"] if name.startswith(REPORTED_BEFORE)]
    known = [name for name in row["missing_optional_features"] if name not in unreported]
    assert known == [
        "vegas_opening_line",
        "vegas_line_move",
        "player_age",
        "game_spread",
        "game_total",
        "implied_team_points",
        "close_game_minutes_ewma_8",
    ]


def test_the_games_own_facts_are_features(features: Any) -> None:
    home, away = features["longveteran"], features["mem0"]
    assert (home["home_away"], away["home_away"]) == (1, 0)
    assert (home["days_rest"], home["back_to_back"], home["playoff_game"]) == (2, 0, 1)
    assert (home["rest_advantage"], home["injury_risk"]) == (0, 0)
    assert home["fatigue_score"] == 100 - 8, "35.5 minutes a game in seven days"
    assert home["games_in_last_7_days"] == 2
    assert (home["vegas_points_line"], home["has_vegas_line"]) == (21, 1)
    assert (away["vegas_points_line"], away["has_vegas_line"]) == (None, 0)
    assert "vegas_points_line" in away["missing_optional_features"]


def test_the_report_says_how_likely_a_player_is_to_miss_the_game(features: Any) -> None:
    assert (features["shortrookie"]["injury_risk"], features["suddencameo"]["injury_risk"]) == (2, 3)
    assert features["longveteran"]["teammates_out"] == 1
    assert features["suddencameo"]["teammates_out"] == 0


def test_a_missing_required_feature_is_named_and_costs_its_share(features: Any) -> None:
    rookie, back = features["shortrookie"], features["backagain"]
    assert lost(rookie) == {"points_std_last_10", "recent_trend", "pct_free_throw"}
    assert rookie["quality_score"] == quality(3)
    assert lost(back) == {"points_avg_season", "recent_trend", "pct_free_throw", "minutes_change"}
    assert back["quality_score"] == quality(4)


def test_a_missing_optional_feature_costs_nothing(features: Any) -> None:
    assert features["mem0"]["vegas_points_line"] is None
    assert features["mem0"]["quality_score"] == features["longveteran"]["quality_score"]


def test_without_phase_4_phase_3_stands_in_and_is_named(
    made: Any, features: Any, warehouse: Warehouse
) -> None:
    for table in PREGAME[2:-1]:
        warehouse.run(" ".join(("DELETE FROM", spec_of(table).table, "WHERE TRUE")))
    made.make([STORE], DAY)
    fallen_back = {row["player_lookup"]: row for row in made.rows(STORE)}
    made.make(PREGAME, DAY)
    contract = yaml.safe_load((spec_of(STORE).folder / "manifest.yaml").read_text())["features"]
    behind = [f["name"] for f in contract if f["fallback"]]
    row = fallen_back["longveteran"]
    assert set(row["phase3_features"]) == {name for name in behind if row[name] is not None}
    required = [f["name"] for f in contract if f["required"] and f["name"] in row["phase3_features"]]
    assert row["quality_score"] == quality(0, phase3=len(required))
    same = [f["name"] for f in contract if f["fallback"] or f["source"] == "calculated"]
    assert {p: [r[n] for n in same] for p, r in fallen_back.items()} == {
        p: [r[n] for n in same] for p, r in features.items()
    }


def test_an_early_cutoff_ignores_the_box_scores_in_between(
    made: Any, features: Any, warehouse: Warehouse
) -> None:
    """At noon three days before, that evening's game is not known: with the cache and without."""
    as_of = eastern_moment(DAY - timedelta(days=3), time(12))
    made.make(PREGAME, DAY, as_of=as_of)
    cached = {row["player_lookup"]: row for row in made.rows(STORE)}
    warehouse.run("DELETE FROM nba_precompute.player_daily_cache WHERE TRUE")
    made.make([STORE], DAY, as_of=as_of)
    fallen_back = made.row(STORE, player_lookup="longveteran")
    made.make(PREGAME, DAY)
    season = [points for ago, points, _ in VETERAN if 3 < ago < 100]
    for row in (cached["longveteran"], fallen_back):
        assert row["points_avg_last_5"] == pytest.approx(mean(season[-5:]))
        assert row["games_played_season"] == len(season)
        assert row["games_in_last_7_days"] is None, "a game before it is still to be played"
    assert "shortrookie" not in cached
    assert {"points_std_last_10", "ppm_avg_last_10"} <= lost(cached["suddencameo"])
    assert made.row(STORE, player_lookup="longveteran") == features["longveteran"]


def test_rows_of_phase_4_that_know_more_than_the_store_are_not_used(made: Any, features: Any) -> None:
    """As of the day before, with the other tables as of an hour before the tip."""
    made.make(PREGAME[:2], DAY, lead_minutes=1440)
    made.make([STORE], DAY, lead_minutes=1440)
    alone = made.row(STORE, player_lookup="longveteran")
    made.make(PREGAME, DAY, lead_minutes=1440)
    whole = made.row(STORE, player_lookup="longveteran")
    made.make(PREGAME, DAY)
    assert features["longveteran"]["points_ewma_30"] is not None
    assert alone["points_ewma_30"] is None
    assert set(FORM) <= set(alone["phase3_features"]), "phase 3 stands in"
    assert whole["points_ewma_30"] is not None
    assert {name: alone[name] for name in FORM} == {name: whole[name] for name in FORM}
