"""A date's rows are near what the table itself had for each game of the thirty days before."""

from datetime import date, timedelta

import pytest

from shared.warehouse.checks import violations
from shared.warehouse.specs import spec_of
from shared.warehouse.warehouse import Warehouse

SPEC = spec_of("player_game_summary")
DAY = date(2024, 12, 3)


def days_before(number: int) -> date:
    return DAY - timedelta(days=number)


@pytest.fixture
def stored(warehouse: Warehouse):
    """Stores a date's games, each with so many rows, in an empty table."""
    warehouse.run(f"DELETE FROM {SPEC.table} WHERE TRUE")

    def store(day: date, *rows_of_games: int) -> None:
        warehouse.load(
            SPEC.name,
            [
                {"game_date": day, "game_id": f"{day:%Y%m%d}_{game}", "player_lookup": f"p{number}"}
                for game, rows in enumerate(rows_of_games)
                for number in range(rows)
            ],
        )

    return store


def unusual_dates(warehouse: Warehouse, first: date = DAY, last: date = DAY) -> int:
    found = [v for v in violations(warehouse, SPEC, first, last) if v.check.startswith("rows per game_id")]
    assert all(v.level == "warn" for v in found)
    return sum(v.violations for v in found)


@pytest.mark.parametrize(
    ("games", "unusual"),
    [
        ((20, 22, 24), 0),
        ((10,), 0),
        ((30,), 0),
        ((9,), 1),
        ((31,), 1),
        ((20, 20, 2, 2, 2), 1),
    ],
)
def test_a_game_has_about_as_many_rows_as_usual(
    warehouse: Warehouse, stored, games: tuple[int, ...], unusual: int
) -> None:
    stored(days_before(1), 20, 18)
    stored(days_before(4), 22)
    stored(DAY, *games)
    assert unusual_dates(warehouse) == unusual


def test_more_games_than_usual_are_no_more_rows_a_game(warehouse: Warehouse, stored) -> None:
    stored(days_before(1), 20)
    stored(DAY, *[20] * 12)
    assert unusual_dates(warehouse) == 0


@pytest.mark.parametrize("distance", [31, 200])
def test_without_history_nothing_is_unusual(warehouse: Warehouse, stored, distance: int) -> None:
    stored(days_before(distance), 20)
    stored(DAY, 2)
    assert unusual_dates(warehouse) == 0


def test_thirty_days_are_history_and_what_follows_is_not(warehouse: Warehouse, stored) -> None:
    stored(days_before(30), 20)
    stored(DAY, 2)
    stored(days_before(-1), 2)
    assert unusual_dates(warehouse) == 1


def test_each_date_of_a_range_has_its_own_history(warehouse: Warehouse, stored) -> None:
    """A backfill's first date has none; one thin date is found among the others, and counts once."""
    for number in (6, 5, 4, 2, 1, 0):
        stored(days_before(number), 20, 20)
    stored(days_before(3), 3, 3)
    assert unusual_dates(warehouse, days_before(6), DAY) == 1
    assert unusual_dates(warehouse, days_before(2), DAY) == 0
