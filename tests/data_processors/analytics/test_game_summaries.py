"""Team and player summaries of two games worked out by hand, one of them with an overtime."""

from datetime import date
from typing import Any

import pytest

from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
REGULAR, OVERTIME, PRESEASON = "20241203_MEM_DAL", "20241203_GSW_DEN", "20241203_BOS_NYK"
SUMMARIES = ("team_offense_game_summary", "team_defense_game_summary", "player_game_summary")
# Five alike make DAL 110 points on 80 shots, 30 free throws, 15 turnovers and 10 offensive rebounds.
DALLAS = {
    "fg_makes": 8,
    "fg_attempts": 16,
    "three_pt_makes": 2,
    "three_pt_attempts": 5,
    "ft_makes": 4,
    "ft_attempts": 6,
    "offensive_rebounds": 2,
    "defensive_rebounds": 6,
    "turnovers": 3,
}
# Of the misses a quarter was rebounded: of 40, and of Memphis's 55.
DALLAS_TURNS = 80 + 0.44 * 30 + 15 - 1.07 * 0.25 * 40
TURNS = (DALLAS_TURNS + 90 + 0.44 * 20 + 10 - 1.07 * 0.25 * 55) / 2
MEMPHIS = {**DALLAS, "fg_makes": 7, "fg_attempts": 18, "ft_attempts": 4, "turnovers": 2}


def five(raw: Any, game_id: str, team: str, points: int, minutes: float, line: dict[str, int]) -> list[Any]:
    names = [f"{team.title()} {word}" for word in ("One", "Two", "Three", "Four", "Five")]
    return [raw.box(game_id, team, name, points, minutes, **line) for name in names]


@pytest.fixture(scope="module")
def made(warehouse: Warehouse, make_raw: Any, make_tables: Any) -> Any:
    raw, tables = make_raw(warehouse), make_tables(warehouse)
    raw.load(
        raw.game(REGULAR, status="FINAL", home_points=110, away_points=100),
        raw.game(OVERTIME, status="LIVE"),
        *five(raw, REGULAR, "DAL", 22, 48, DALLAS),
        *five(raw, REGULAR, "MEM", 20, 48, MEMPHIS),
        raw.box(REGULAR, "DAL", "Dal Late", 0, 0),
        raw.box(REGULAR, "DAL", "Dal Resting", 0, 0, status="DNP"),
        *five(raw, OVERTIME, "DEN", 22, 53, DALLAS),
        *five(raw, OVERTIME, "GSW", 20, 53, MEMPHIS),
        *five(raw, PRESEASON, "NYK", 22, 48, DALLAS),
    )
    tables.make(SUMMARIES, DAY)
    return tables


def test_a_team_has_the_sums_of_its_players(made: Any) -> None:
    dallas = made.row("team_offense_game_summary", game_id=REGULAR, team_abbr="DAL")
    assert (dallas["points_scored"], dallas["fg_attempts"], dallas["ft_attempts"]) == (110, 80, 30)
    assert (dallas["season_year"], dallas["season_type"], dallas["is_home"]) == (2024, "regular", True)
    assert (dallas["opponent_team_abbr"], dallas["win_flag"], dallas["margin"]) == ("MEM", True, 10)
    assert (dallas["seconds_played"], dallas["overtime_periods"]) == (14400, 0)


def test_possessions_pace_and_ratings_follow_their_formulas(made: Any) -> None:
    dallas = made.row("team_offense_game_summary", game_id=REGULAR, team_abbr="DAL")
    possessions = 80 + 0.44 * 30 + 15 - 10
    assert dallas["possessions"] == pytest.approx(possessions)
    assert dallas["game_possessions"] == pytest.approx(TURNS, abs=6e-5)
    assert dallas["pace"] == pytest.approx(TURNS, abs=1e-4)
    assert dallas["offensive_rating"] == pytest.approx(100 * 110 / TURNS, abs=1e-4)
    assert dallas["ts_pct"] == pytest.approx(110 / (2 * (80 + 0.44 * 30)), abs=5e-5)


def test_pace_is_per_48_minutes_also_after_an_overtime(made: Any) -> None:
    denver = made.row("team_offense_game_summary", game_id=OVERTIME, team_abbr="DEN")
    assert denver["overtime_periods"] == 1
    assert denver["pace"] == pytest.approx(TURNS * 48 / 53, abs=1e-4)


def test_a_defense_is_its_opponents_offense(made: Any) -> None:
    dallas = made.row("team_defense_game_summary", game_id=REGULAR, team_abbr="DAL")
    memphis = made.row("team_offense_game_summary", game_id=REGULAR, team_abbr="MEM")
    assert dallas["points_allowed"] == memphis["points_scored"] == 100
    assert dallas["defensive_rating"] == memphis["offensive_rating"]
    assert dallas["opponent_possessions"] == memphis["game_possessions"]
    assert dallas["turnovers_forced"] == memphis["turnovers"] == 10
    assert (dallas["win_flag"], dallas["margin"], dallas["is_home"]) == (True, 10, True)


@pytest.mark.parametrize(("game_id", "player"), [(REGULAR, "dalone"), (OVERTIME, "denone")])
def test_one_of_five_alike_uses_a_fifth_also_after_an_overtime(made: Any, game_id: str, player: str) -> None:
    row = made.row("player_game_summary", game_id=game_id, player_lookup=player)
    assert row["usage_rate"] == pytest.approx(20)


def test_a_player_has_his_shooting_and_his_teams_result(made: Any) -> None:
    row = made.row("player_game_summary", player_lookup="dalone")
    assert (row["points"], row["minutes_played"], row["win_flag"], row["starter_flag"]) == (
        22,
        48,
        True,
        True,
    )
    assert row["ts_pct"] == pytest.approx(22 / (2 * (16 + 0.44 * 6)), abs=5e-5)
    assert row["efg_pct"] == pytest.approx((8 + 0.5 * 2) / 16, abs=5e-5)


def test_no_time_and_no_shot_give_null_and_not_zero(made: Any) -> None:
    row = made.row("player_game_summary", player_lookup="dallate")
    assert (row["points"], row["minutes_played"]) == (0, 0)
    assert (row["usage_rate"], row["ts_pct"], row["efg_pct"]) == (None, None, None)


def test_who_did_not_play_has_no_row(made: Any) -> None:
    players = {row["player_lookup"] for row in made.rows("player_game_summary")}
    assert "dallate" in players
    assert "dalresting" not in players


def test_a_box_score_outside_the_schedule_counts_for_nothing_and_is_reported(made: Any) -> None:
    assert PRESEASON not in {row["game_id"] for row in made.rows("team_offense_game_summary")}
    assert PRESEASON not in {row["game_id"] for row in made.rows("player_game_summary")}
    warnings = [v.check for v in made.broken("team_offense_game_summary", DAY)]
    assert warnings == ["every box score is of a game in the schedule"]


def test_a_score_that_the_players_do_not_add_up_to_is_a_failure(made: Any, warehouse: Warehouse) -> None:
    score = "UPDATE nba_raw.nba_schedule SET home_points = @points WHERE game_id = @game_id"
    warehouse.run(score, points=111, game_id=REGULAR)
    failures = [v.check for v in made.broken("team_offense_game_summary", DAY) if v.level == "fail"]
    warehouse.run(score, points=110, game_id=REGULAR)
    assert failures == ["players add up to the score"]
