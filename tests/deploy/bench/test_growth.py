"""How a cost curve grows along one axis while the other is held."""

import pytest

from deploy.bench.growth import FIGURES, Growth, cell, growth, growth_table
from deploy.bench.shown import POINTS as HEADER
from deploy.bench.shown import point_rows

HISTORY = (1, 2, 5, 10)
GAMES = (1, 5, 15)


def cost(seconds: float, processor: float | None = None) -> dict[str, float | None]:
    return {"seconds": seconds, "processor": processor, "jobs": 20, "megabytes": 4.0}


POINTS = [
    {
        "seasons": seasons,
        "games": games,
        "players": 30 * games,
        "history_rows": 1000 * seasons,
        "phases": {"raw": cost(2.0 * games), "slate": cost(3.0 * games**0.5, 1.0 * seasons)},
    }
    for seasons in HISTORY
    for games in GAMES
]


def found(along: str, fixed: str) -> dict[tuple[str, str], Growth]:
    return {(each.phase, each.figure): each for each in growth(POINTS, along, fixed)}


def test_what_does_not_grow_with_history_has_exponent_zero() -> None:
    slate = found("seasons", "games")["slate", "seconds"]
    assert (slate.times, slate.exponent) == (1.0, pytest.approx(0.0, abs=1e-9))
    assert found("seasons", "games")["slate", "processor"].exponent == pytest.approx(1.0)


def test_growth_over_games_is_of_the_longest_history() -> None:
    slate, raw = (found("games", "seasons")[phase, "seconds"] for phase in ("slate", "raw"))
    assert slate.exponent == pytest.approx(0.5)
    assert (raw.times, raw.exponent) == (pytest.approx(15), pytest.approx(1.0))
    assert found("games", "seasons")["slate", "jobs"].times == 1.0


def test_what_no_phase_has_a_figure_of_is_left_out() -> None:
    assert ("raw", "processor") not in found("seasons", "games")


def test_tables_show_every_point_and_figure() -> None:
    assert [len(row) for row in point_rows(POINTS)] == [len(HEADER)] * len(POINTS)
    assert growth_table(POINTS, "seasons", "games").row_count == 2 * len(FIGURES) - 1
    assert [cell(each) for each in (None, 1234, 1.234)] == ["-", "1,234", "1.23"]
