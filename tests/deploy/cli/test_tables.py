"""What `nba-props run` shows can be read at any usual width, and counts what it says that it counts."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from deploy.cli.tables import (
    accuracy_table,
    one_a_player,
    slate_counts,
    slate_table,
    stored_table,
    verdict,
)
from shared.warehouse.specs import all_specs
from shared.warehouse.warehouse import Warehouse

DAY = date(2024, 12, 3)
TIP = datetime(2024, 12, 4, 0, 30, tzinfo=UTC)
STAMPS = {"tip_at": TIP, "cutoff": TIP, "batch_id": "20241203-1", "predicted_at": TIP}


def prediction(player: str, system: str, **changes: Any) -> dict[str, Any]:
    """A row of somebody with a line; `changes` replaces columns of it."""
    return {
        "game_date": DAY,
        "game_id": "20241203_MEM_DAL",
        **STAMPS,
        "player_lookup": player,
        "player_name": player.title(),
        "system_id": system,
        "status": "PREDICTED",
        "predicted_points": 21.0,
        "bookmaker": "fanduel",
        "line": 20.5,
        "is_main_line": True,
        "p_over": 0.012,
        "believed_p_over": 0.456,
        "ev_over": -0.1,
        "ev_under": 0.05,
        "recommendation": "UNDER",
        "quality_score": 100.0,
        **changes,
    }


def nobody(player: str, system: str, status: str) -> dict[str, Any]:
    """A row of somebody whom a system has not predicted."""
    kept = ("game_date", "game_id", *STAMPS, "player_lookup", "player_name", "system_id")
    row = prediction(player, system)
    return {**{name: row[name] for name in kept}, "status": status, "reason": "for a test"}


@pytest.fixture(scope="module")
def slate(warehouse: Warehouse) -> Warehouse:
    """Four players: by every system; by one alone; without a line; by nobody."""
    rows = [
        prediction("doncic", "moving_average", ev_under=0.9),
        prediction("doncic", "ensemble", ev_under=0.03, pooled_p_over=0.444),
        prediction("doncic", "ensemble", ev_under=0.02, bookmaker="draftkings"),
        prediction(
            "doncic", "ensemble", ev_under=0.99, bookmaker="draftkings", line=30.5, is_main_line=False
        ),
        nobody("doncic", "zone_matchup", "UNPREDICTABLE"),
        prediction("irving", "similarity", ev_over=None, ev_under=0.07),
        nobody("irving", "ensemble", "UNPREDICTABLE"),
        prediction(
            "morant", "ensemble", bookmaker=None, line=None, is_main_line=None, recommendation="NO_LINE"
        ),
        nobody("bane", "none", "SKIPPED"),
    ]
    warehouse.load("player_prop_predictions", rows)
    return warehouse


def printed(table: Table, width: int) -> list[str]:
    """The lines of a table as a terminal of that width has them."""
    console = Console(width=width, file=io.StringIO())
    with console.capture() as capture:
        console.print(table)
    return capture.get().splitlines()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_players_are_counted_and_not_their_systems(slate: Warehouse) -> None:
    assert slate_counts(slate, DAY, DAY) == {
        "players": 4,
        "predicted": 3,
        "lined": 2,
        "unpredicted": 1,
        "predictions": 9,
    }
    caption = " ".join(str(slate_table(slate, DAY, 1).caption).split())
    assert "9 rows of 4 players: 3 predicted by some system, 2 of them with a line, and 1 by none" in caption
    assert "Shown: 1 of 2 players with a line" in caption


def test_a_date_without_predictions_has_none_of_anything(slate: Warehouse) -> None:
    assert set(slate_counts(slate, date(2024, 1, 1), date(2024, 1, 1)).values()) == {0}


def test_a_player_is_one_row_of_the_ensemble_or_of_the_system_that_predicts_him(slate: Warehouse) -> None:
    rows = [cells(line) for line in printed(slate_table(slate, DAY, 25), 150) if line.startswith("│")]
    game = "MEM @ DAL"
    assert rows == [
        ["Irving", game, "20.5", "fanduel", "similarity", "21.0", "0.012", "0.456", "+0.070", "UNDER", "100"],
        ["Doncic", game, "20.5", "fanduel", "ensemble", "21.0", "0.012", "0.444", "+0.030", "UNDER", "100"],
    ]


def test_the_longest_names_fit_into_150_columns(slate: Warehouse) -> None:
    table = slate_table(slate, DAY, 0)
    row = ("Kentavious Caldwell-Pope", "MEM @ DAL", "20.5", "williamhill_us", "learned_with_line", "21.0")
    table.add_row(*row, "0.012", "0.456", "+0.030", "UNDER", "100")
    assert [*row, "0.012", "0.456", "+0.030", "UNDER", "100"] in map(cells, printed(table, 150))


@pytest.mark.parametrize(
    ("systems", "chosen"),
    [
        (["moving_average", "learned", "ensemble"], "ensemble"),
        (["learned", "learned_with_line", "similarity"], "learned_with_line"),
        (["of_long_ago", "moving_average"], "moving_average"),
        (["of_long_ago"], "of_long_ago"),
    ],
)
def test_the_system_to_go_by_is_the_one_that_knows_most_of_the_others(
    systems: list[str], chosen: str
) -> None:
    rows = [{"player_lookup": "doncic", "system_id": system} for system in systems]
    assert [row["system_id"] for row in one_a_player(rows)] == [chosen]


@pytest.mark.parametrize("width", [80, 120, 150])
def test_every_table_is_named_with_its_rows_however_narrow_it_is(
    monkeypatch: pytest.MonkeyPatch, slate: Warehouse, width: int
) -> None:
    specs = [spec for spec in all_specs().values() if spec.kind != "view"]
    monkeypatch.setattr("deploy.cli.tables.row_counts", lambda _: {spec.table: 1_234_567 for spec in specs})
    shown = [cells(line) for line in printed(stored_table(slate), width) if line.startswith("│")]
    assert {(cell[0], cell[1]) for cell in shown} - {("", "")} == {(s.table, "1,234,567") for s in specs}
    described = " ".join(" ".join(cell[2] for cell in shown).split())
    assert all(spec.row.split()[-1] in described for spec in specs)


def test_a_narrow_terminal_folds_what_it_shows_of_a_player_and_cuts_nothing(slate: Warehouse) -> None:
    assert "…" not in "".join(printed(slate_table(slate, DAY, 25), 80))


@pytest.mark.parametrize(("priced", "told"), [(0, "say nothing of profit"), (50, "+1.5 units on 2 bets")])
def test_of_prices_that_say_nothing_no_profit_is_shown(priced: int, told: str) -> None:
    graded = {"system_id": "ensemble", "group": "all", "games": 11, "players_lined": 123}
    graded |= {"mae_minus_line": -0.01, "mae_minus_line_se": 0.03, "priced_rows": priced}
    graded |= {"bets": 2, "roi": 0.73, "profit": 1.46}
    assert told in verdict([graded])
    measures = {cells(line)[0] for line in printed(accuracy_table([graded]), 120) if line.startswith("│")}
    assert measures.isdisjoint({"bets", "roi", "profit"}) == (priced == 0)
