"""Who may play, how rested, at what lines: one team's autumn by hand, and one slate at several moments."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from shared.clock import eastern_moment
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
GAME, LATE_GAME, POSTPONED = "20241203_MEM_DAL", "20241203_GSW_DEN", "20241203_BOS_NYK"
TIP = datetime(2024, 12, 4, 0, tzinfo=UTC)
SUMMARIES = ("team_offense_game_summary", "team_defense_game_summary", "player_game_summary")
CONTEXT = "upcoming_player_game_context"
CONTEXTS = ("upcoming_team_game_context", CONTEXT)
# Sixteen games of Dallas before the day; the first is the sixteenth from the end.
AUTUMN = [
    *(date(2024, 10, day) for day in (22, 24)),
    *(date(2024, 11, day) for day in (1, 3, 5, 7, 9, 11, 13, 18, 19, 25, 26, 29)),
    *(date(2024, 12, day) for day in (1, 2)),
]
SECONDS = 60


def autumn_id(day: date) -> str:
    return f"{day:%Y%m%d}_UTA_DAL"


def autumn(raw: Any) -> list[Any]:
    """Each game of Dallas with the five who always play, and the others on their dates."""
    on: dict[str, list[date]] = {
        "Old Timer": AUTUMN[:1],
        "Fifteenth Back": AUTUMN[1:2],
        "Steady Star": [d for d in AUTUMN if d.month == 11 and d.day in (18, 19, 25, 26, 29)],
        "Traded Away": [date(2024, 11, 19)],
        "Rested Veteran": [date(2024, 12, 1)],
    }
    rows = []
    for day in AUTUMN:
        game_id = autumn_id(day)
        names = [f"Dal {n}" for n in range(5)] + [name for name, days in on.items() if day in days]
        rows += [raw.game(game_id, status="FINAL"), *(raw.box(game_id, "DAL", n, 20, 30) for n in names)]
        rows += [raw.box(game_id, "UTA", f"Uta {n}", 20, 30) for n in range(5)]
    return rows


def lines(raw: Any) -> list[Any]:
    star = "Steady Star"
    return [
        raw.line(GAME, star, 20.5, 90),
        raw.line(GAME, star, 21.5, 61),
        raw.line(GAME, star, 99.5, 30),
        raw.line(GAME, star, 18.5, 65, bookmaker="fanduel", over_price=150, under_price=-200),
        raw.line(GAME, star, 22.5, 65, bookmaker="fanduel"),
        raw.line(GAME, star, 25.5, 65, bookmaker="fanduel", over_price=200, under_price=-300),
        raw.line(GAME, star, 21.5, 65, bookmaker="tied"),
        raw.line(GAME, star, 20.5, 65, bookmaker="tied"),
        raw.line(GAME, star, 5.5, 65, market="player_rebounds"),
        raw.line(GAME, "Rested Veteran", 9.5, 80, bookmaker="single", over_price=-150, under_price=None),
        raw.line(GAME, "Rested Veteran", 10.5, 80, bookmaker="single", over_price=-105, under_price=None),
    ]


@pytest.fixture(scope="module")
def made(warehouse: Warehouse, make_raw: Any, make_tables: Any) -> Any:
    raw, tables = make_raw(warehouse), make_tables(warehouse)
    moved = "20241201_MEM_NYK"
    raw.load(
        *autumn(raw),
        raw.game(moved, status="FINAL"),
        *(raw.box(moved, "MEM", name, 20, 30) for name in ("Traded Away", *(f"Mem {n}" for n in range(5)))),
        *(raw.box(moved, "NYK", f"Nyk {n}", 20, 30) for n in range(5)),
        raw.game(GAME),
        raw.game(LATE_GAME, tip_at=TIP + timedelta(hours=3)),
        raw.game(POSTPONED, status="POSTPONED"),
        *lines(raw),
        raw.injury(GAME, "Steady Star", "Questionable", 120),
        raw.injury(GAME, "Dal 2", "Out", 120),
        raw.injury(GAME, "Steady Star", "Probable", 70),
        raw.injury(GAME, "Steady Star", "Out", 10),
    )
    tables.make(SUMMARIES, *AUTUMN)
    tables.make(CONTEXTS, DAY, lead_minutes=SECONDS)
    return tables


@pytest.fixture(scope="module")
def context(made: Any) -> dict[str, dict[str, Any]]:
    return {row["player_lookup"]: row for row in made.rows(CONTEXT)}


def team_of(context: dict[str, dict[str, Any]], player: str) -> str | None:
    return context[player]["team_abbr"] if player in context else None


def test_the_last_fifteen_games_say_who_may_play(context: Any) -> None:
    assert team_of(context, "fifteenthback") == "DAL"
    assert team_of(context, "oldtimer") is None


def test_a_traded_player_belongs_to_his_latest_team(context: Any) -> None:
    assert team_of(context, "tradedaway") == "MEM"
    assert context["tradedaway"]["opponent_team_abbr"] == "DAL"
    assert context["tradedaway"]["is_home"] is False


def test_a_team_without_games_has_nobody_and_a_postponed_game_is_none(context: Any) -> None:
    assert {row["game_id"] for row in context.values()} == {GAME}


def test_days_rest_are_the_whole_days_between(context: Any) -> None:
    assert (context["dal0"]["days_rest"], context["dal0"]["back_to_back"]) == (0, True)
    assert (context["restedveteran"]["days_rest"], context["restedveteran"]["back_to_back"]) == (1, False)
    assert context["steadystar"]["last_game_date"] == date(2024, 11, 29)
    assert context["steadystar"]["days_rest"] == 3


def test_seven_days_end_with_the_game(context: Any) -> None:
    """The seven begin on 27 November, the fourteen on the 20th; he played on 18, 19, 25, 26 and 29."""
    star = context["steadystar"]
    assert (star["games_in_last_7_days"], star["games_in_last_14_days"]) == (1, 3)
    assert (star["minutes_in_last_7_days"], star["minutes_in_last_14_days"]) == (30, 90)
    assert context["fifteenthback"]["games_in_last_14_days"] == 0
    assert context["fifteenthback"]["minutes_in_last_14_days"] == 0


def test_each_book_counts_with_its_newest_snapshot_before_the_cutoff(context: Any) -> None:
    offered = [(o["bookmaker"], o["line"]) for o in context["steadystar"]["lines"]]
    assert offered == [
        ("draftkings", 21.5),
        ("fanduel", 18.5),
        ("fanduel", 22.5),
        ("fanduel", 25.5),
        ("tied", 20.5),
        ("tied", 21.5),
    ]


def test_the_main_line_is_priced_nearest_to_even_and_a_tie_goes_to_the_lower(context: Any) -> None:
    star = context["steadystar"]
    mains = {o["bookmaker"]: o["line"] for o in star["lines"] if o["is_main"]}
    assert mains == {"draftkings": 21.5, "fanduel": 22.5, "tied": 20.5}
    assert (star["bookmaker_count"], star["points_line"]) == (3, 21.5)


def test_a_price_on_one_side_is_measured_from_even(context: Any) -> None:
    assert context["restedveteran"]["points_line"] == 10.5


def test_no_line_is_null_and_never_a_guess(context: Any) -> None:
    assert (context["dal0"]["lines"], context["dal0"]["points_line"]) == ([], None)
    assert context["dal0"]["bookmaker_count"] == 0


def test_the_newest_report_before_the_cutoff_says_who_is_hurt(context: Any) -> None:
    star = context["steadystar"]
    assert (star["injury_status"], star["injury_reason"]) == ("Probable", "Knee")
    assert context["dal0"]["injury_status"] is None
    assert not any(row["availability_assumed"] for row in context.values())


def test_who_is_no_longer_on_the_newest_report_may_play(context: Any) -> None:
    assert context["dal2"]["injury_status"] is None


def test_a_derived_report_marks_everybody_in_its_game(made: Any, make_raw: Any, warehouse: Warehouse) -> None:
    """Not being on a list that was made from the box score is knowledge from the box score too."""
    raw = make_raw(warehouse)
    raw.load(raw.injury(GAME, "Dal 1", "Out", 60, availability_assumed=True))
    made.make(CONTEXTS, DAY)
    assert {row["availability_assumed"] for row in made.rows(CONTEXT)} == {True}
    assert made.row(CONTEXT, player_lookup="dal1")["injury_status"] == "Out"
    warehouse.run("DELETE FROM nba_raw.nba_injury_report WHERE availability_assumed")


def test_a_context_knows_only_its_moment_and_is_frozen_at_the_tip(
    made: Any, make_raw: Any, warehouse: Warehouse
) -> None:
    made.make(CONTEXTS, DAY, as_of=eastern_moment(DAY, time(17, 40)))
    early = made.row(CONTEXT, player_lookup="steadystar")
    assert (early["points_line"], early["injury_status"]) == (20.5, "Questionable")
    made.make(CONTEXTS, DAY, as_of=TIP - timedelta(seconds=1))
    last = made.rows(CONTEXT)
    assert made.row(CONTEXT, player_lookup="steadystar")["points_line"] == 22.5
    make_raw(warehouse).load(make_raw(warehouse).line(GAME, "Steady Star", 55.5, 0, bookmaker="fanduel"))
    made.make(CONTEXTS, DAY, as_of=TIP)
    assert made.rows(CONTEXT) == last


def test_an_early_cutoff_ignores_the_box_scores_in_between(made: Any) -> None:
    """Three days before, that of 29 November is the last game known; the team has two more to play."""
    made.make(CONTEXTS, DAY, as_of=eastern_moment(DAY - timedelta(days=3), time(12)))
    early = {row["player_lookup"]: row for row in made.rows(CONTEXT)}
    assert max(row["last_game_date"] for row in early.values()) == date(2024, 11, 29)
    assert (early["dal0"]["games_in_last_7_days"], early["dal0"]["days_rest"]) == (None, None)
    assert early["dal0"]["rest_missing_reason"] == f"no summary yet of the game of {AUTUMN[-1]}"
    assert team_of(early, "restedveteran") is None
    assert team_of(early, "tradedaway") == "DAL"


def test_a_game_whose_box_score_is_late_leaves_no_rest_to_be_told(
    made: Any, make_raw: Any, warehouse: Warehouse
) -> None:
    """Dallas played on the evening before; without its summary two days of rest would be told."""
    for table in SUMMARIES:
        warehouse.run(f"DELETE FROM nba_analytics.{table} WHERE game_date = @day", day=AUTUMN[-1])
    made.make(CONTEXTS, DAY)
    late = made.row(CONTEXT, player_lookup="dal0")
    rival = made.row(CONTEXT, player_lookup="mem0")
    made.make(SUMMARIES, AUTUMN[-1])
    made.make(CONTEXTS, DAY)
    reason = "no summary yet of the game of 2024-12-02"
    assert (late["days_rest"], late["back_to_back"], late["rest_missing_reason"]) == (None, None, reason)
    assert (late["games_in_last_7_days"], late["minutes_in_last_14_days"]) == (None, None)
    assert (rival["days_rest"], rival["opponent_days_rest"], rival["rest_missing_reason"]) == (1, None, None)
    told = made.row(CONTEXT, player_lookup="dal0")
    assert (told["days_rest"], told["rest_missing_reason"]) == (0, None)


def test_a_game_that_may_still_be_in_play_after_midnight_is_no_history(made: Any) -> None:
    """Dallas tipped off on the evening before: at one in the morning that is known, its result is not."""
    made.make(CONTEXTS, DAY, as_of=eastern_moment(DAY, time(1)))
    night = made.row(CONTEXT, player_lookup="dal0")
    made.make(CONTEXTS, DAY, as_of=eastern_moment(DAY, time(4)))
    morning = made.row(CONTEXT, player_lookup="dal0")
    assert (night["history_end"], night["last_game_date"]) == (AUTUMN[-1], AUTUMN[-2])
    assert (night["days_rest"], night["rest_missing_reason"]) == (
        None,
        "no summary yet of the game of 2024-12-02",
    )
    assert (morning["history_end"], morning["days_rest"]) == (DAY, 0)
    made.make(CONTEXTS, DAY)


@pytest.mark.parametrize(
    ("hour", "cutoff"),
    [(10, time(10)), (17, time(17)), (23, time(18)), (None, time(18))],
)
def test_nothing_counts_as_known_after_the_hour_of_the_game_date(
    made: Any, warehouse: Warehouse, hour: int | None, cutoff: time
) -> None:
    """The earlier of an hour before the tip (19:00 Eastern) and the hour asked for."""
    made.make(CONTEXTS, DAY, lead_minutes=60, latest_hour=hour)
    for table in CONTEXTS:
        sql = f"SELECT DISTINCT cutoff FROM nba_analytics.{table} WHERE game_id = @game"
        assert [row["cutoff"] for row in warehouse.rows(sql, game=GAME)] == [eastern_moment(DAY, cutoff)]


def test_as_of_the_morning_there_are_only_the_lines_of_the_morning(made: Any) -> None:
    made.make(CONTEXTS, DAY, lead_minutes=60, latest_hour=10)
    assert {row["bookmaker_count"] for row in made.rows(CONTEXT)} == {0}
